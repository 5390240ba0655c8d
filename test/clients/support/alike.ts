import type { Check } from './checks.ts';

/** What docker and podman do alike when they are typed alike. */
export function alike(engine: 'docker' | 'podman'): Record<'run' | 'container', readonly Check[]> {
  return { run: run(engine), container: container(engine) };
}

/** `run`: what the flags make of the container. */
const run = (engine: string): readonly Check[] => [
  { name: 'what the program writes is written', command: `${engine} run --rm $image echo hello`, stdout: 'hello' },
  {
    name: 'standard error is another stream',
    command: `${engine} run --rm $image sh -c "echo out; echo err >&2"`,
    stdout: 'out',
    stderr: 'err',
  },
  { name: 'the exit status is the program’s', command: `${engine} run --rm $image sh -c "exit 7"`, status: 7 },
  { name: '--interactive', command: `echo typed | ${engine} run --rm -i $image cat`, stdout: 'typed' },
  {
    name: '--interactive, a megabyte',
    command: `head -c 1000000 /dev/zero | ${engine} run --rm -i $image wc -c`,
    stdout: '1000000',
  },
  { name: '--tty', command: `${engine} run --rm -t $image tty`, stdout: '/dev/pts/0' },
  { name: '--detach', command: `id=$(${engine} run -d $image sleep 60); status $id`, stdout: 'running' },
  {
    name: '--volume',
    command: `mkdir -p /tmp/v; ${engine} run --rm -v /tmp/v:/v $image sh -c "echo written > /v/f"; cat /tmp/v/f`,
    stdout: 'written',
  },
  {
    name: '--volume, read-only',
    command: `${engine} run --rm -v /tmp:/v:ro $image touch /v/f`,
    status: 1,
    stderr: /Read-only file system/,
  },
  {
    name: '--volume with a name',
    command: `${engine} run --rm -v data:/v $image touch /v/f; ${engine} run --rm -v data:/v $image ls /v`,
    stdout: 'f',
  },
  {
    name: '--tmpfs',
    command: `${engine} run --rm --tmpfs /t:size=64k,mode=700 $image sh -c "stat -c %a /t; df -k /t | tail -n1"`,
    stdout: /^700\ntmpfs +64 /,
  },
  {
    name: '--read-only',
    command: `${engine} run --rm --read-only $image touch /file`,
    status: 1,
    stderr: /Read-only file system/,
  },
  {
    name: '--cap-drop ALL',
    command: `${engine} run --rm --cap-drop ALL $image grep CapBnd /proc/self/status`,
    stdout: /0{16}$/,
  },
  {
    name: '--cap-add',
    command: `${engine} run --rm --cap-add SYS_ADMIN $image sh -c "mount -t tmpfs none /tmp && echo mounted"`,
    stdout: 'mounted',
  },
  {
    name: '--privileged',
    runcNeeds: 'CAP_SYS_RESOURCE',
    command: `${engine} run --rm --privileged $image sh -c "mount -t tmpfs none /tmp && ls /dev/fuse"`,
    stdout: '/dev/fuse',
  },
  { name: '--user', command: `${engine} run --rm --user 1000:2000 $image id`, stdout: /uid=1000\(user\) gid=2000/ },
  { name: '--env', command: `${engine} run --rm -e A=b $image sh -c "echo \\$A"`, stdout: 'b' },
  { name: '--workdir', command: `${engine} run --rm -w /tmp $image pwd`, stdout: '/tmp' },
  {
    name: '--device',
    command: `${engine} run --rm --device /dev/fuse:/dev/mine $image stat -c %t:%T /dev/mine`,
    stdout: 'a:e5',
  },
  {
    name: '--ulimit',
    command: `${engine} run --rm --ulimit nproc=100 --ulimit nofile=100:200 $image sh -c "ulimit -Sn; ulimit -Hn"`,
    stdout: '100\n200',
  },
  { name: '--hostname', command: `${engine} run --rm --hostname me $image hostname`, stdout: 'me' },
  {
    name: '--security-opt no-new-privileges',
    command: `${engine} run --rm --security-opt no-new-privileges $image grep NoNewPrivs /proc/self/status`,
    stdout: /1$/,
  },
  {
    name: '--network host',
    command: `test "$(${engine} run --rm --network host $image readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)"`,
  },
  {
    name: '--network none',
    command: `${engine} run --rm --network none $image ls /sys/class/net`,
    stdout: 'lo',
  },
  {
    name: '--pid host',
    command: `${engine} run --rm --pid host $image cat /proc/1/comm`,
    stdout: 'world.sh',
  },
];

/** What is done to a container that exists. */
function container(engine: string): readonly Check[] {
  const sleeper = `${engine} run -d --name one $image sleep 60 > /dev/null`;
  return [
    {
      name: 'start again',
      command: `${engine} run --name one $image echo made; ${engine} start -a one`,
      stdout: 'made\nmade',
    },
    { name: 'exec', command: `${sleeper}; ${engine} exec one echo from exec`, stdout: 'from exec' },
    { name: 'the exit status of exec', command: `${sleeper}; ${engine} exec one sh -c "exit 9"`, status: 9 },
    { name: 'exec --interactive', command: `${sleeper}; echo typed | ${engine} exec -i one cat`, stdout: 'typed' },
    { name: 'exec --tty', command: `${sleeper}; ${engine} exec -t one tty`, stdout: /\/dev\/pts\/0/ },
    {
      name: 'exec --user --workdir --env',
      command: `${sleeper}; ${engine} exec -u user -w /tmp -e A=b one sh -c 'id -u; pwd; echo $A'`,
      stdout: '1000\n/tmp\nb',
    },
    {
      name: 'exec --detach',
      command: `${sleeper}; ${engine} exec -d one touch /tmp/made > /dev/null; await '${engine} exec one ls /tmp/made'`,
    },
    {
      name: 'logs',
      command: `${engine} run --name one $image sh -c "echo a; echo b" > /dev/null; ${engine} logs one`,
      stdout: 'a\nb',
    },
    {
      name: 'kill',
      command: `${sleeper}; ${engine} kill one > /dev/null; ${engine} wait one`,
      stdout: '137',
    },
    {
      name: 'kill --signal',
      command: `
${engine} run -d --name one $image sh -c 'trap "exit 3" USR1; while :; do sleep 0.1; done' > /dev/null
sleep 0.5; ${engine} kill -s USR1 one > /dev/null; ${engine} wait one`,
      stdout: '3',
    },
    {
      name: 'stop: SIGTERM',
      command: `
${engine} run -d --name one $image sh -c 'trap "exit 4" TERM; while :; do sleep 0.1; done' > /dev/null
sleep 0.5; ${engine} stop one > /dev/null; ${engine} inspect --format '{{.State.ExitCode}}' one`,
      stdout: '4',
    },
    {
      name: 'stop: SIGKILL after its time',
      command: `${sleeper}; ${engine} stop -t 1 one > /dev/null 2>&1; ${engine} inspect --format '{{.State.ExitCode}}' one`,
      stdout: '137',
    },
    { name: 'restart', command: `${sleeper}; ${engine} restart -t 0 one > /dev/null; status one`, stdout: 'running' },
    {
      name: '--restart on-failure',
      command: `
${engine} run -d --name one --restart on-failure:2 $image sh -c 'exit 1' > /dev/null
await 'test "$(${engine} inspect --format "{{.RestartCount}} {{.State.Status}}" one)" = "2 exited"'`,
    },
  ];
}
