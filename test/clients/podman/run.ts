import type { Check } from '../support/checks.ts';

/** `podman run`: what the flags make of the container. */
export const run: readonly Check[] = [
  { name: 'what the program writes is written', command: 'podman run --rm $image echo hello', stdout: 'hello' },
  {
    name: 'standard error is another stream',
    command: 'podman run --rm $image sh -c "echo out; echo err >&2"',
    stdout: 'out',
    stderr: 'err',
  },
  { name: 'the exit status is the program’s', command: 'podman run --rm $image sh -c "exit 7"', status: 7 },
  { name: '--interactive', command: 'echo typed | podman run --rm -i $image cat', stdout: 'typed' },
  {
    name: '--interactive, a megabyte',
    command: 'head -c 1000000 /dev/zero | podman run --rm -i $image wc -c',
    stdout: '1000000',
  },
  { name: '--tty', command: 'podman run --rm -t $image tty', stdout: '/dev/pts/0' },
  { name: '--tty at a terminal', command: 'terminal podman run --rm -it $image tty', stdout: /\/dev\/pts\/0/ },
  { name: '--detach', command: 'id=$(podman run -d $image sleep 60); status $id', stdout: 'running' },
  {
    name: '--volume',
    command: 'mkdir -p /tmp/v; podman run --rm -v /tmp/v:/v $image sh -c "echo written > /v/f"; cat /tmp/v/f',
    stdout: 'written',
  },
  {
    name: '--volume, read-only',
    command: 'podman run --rm -v /tmp:/v:ro $image touch /v/f',
    status: 1,
    stderr: /Read-only file system/,
  },
  {
    name: '--volume with a name',
    command: 'podman run --rm -v data:/v $image touch /v/f; podman run --rm -v data:/v $image ls /v',
    stdout: 'f',
  },
  {
    name: '--tmpfs',
    command: 'podman run --rm --tmpfs /t:size=64k,mode=700 $image sh -c "stat -c %a /t; df -k /t | tail -n1"',
    stdout: /^700\ntmpfs +64 /,
  },
  {
    name: '--read-only',
    command: 'podman run --rm --read-only $image touch /file',
    status: 1,
    stderr: /Read-only file system/,
  },
  {
    name: '--cap-drop ALL',
    command: 'podman run --rm --cap-drop ALL $image grep CapBnd /proc/self/status',
    stdout: /0{16}$/,
  },
  {
    name: '--cap-add',
    command: 'podman run --rm --cap-add SYS_ADMIN $image sh -c "mount -t tmpfs none /tmp && echo mounted"',
    stdout: 'mounted',
  },
  {
    name: '--privileged',
    runcNeeds: 'CAP_SYS_RESOURCE',
    command: 'podman run --rm --privileged $image sh -c "mount -t tmpfs none /tmp && ls /dev/fuse"',
    stdout: '/dev/fuse',
  },
  { name: '--user', command: 'podman run --rm --user 1000:2000 $image id', stdout: /uid=1000\(user\) gid=2000/ },
  { name: '--workdir', command: 'podman run --rm -w /tmp $image pwd', stdout: '/tmp' },
  { name: '--env', command: 'podman run --rm -e A=b $image sh -c "echo \\$A"', stdout: 'b' },
  { name: '--hostname', command: 'podman run --rm --hostname me $image hostname', stdout: 'me' },
  { name: '--init', command: 'podman run --rm --init $image cat /proc/1/comm', stdout: /^(podman-init|catatonit)$/ },
  {
    name: '--device',
    command: 'podman run --rm --device /dev/fuse:/dev/mine $image stat -c %t:%T /dev/mine',
    stdout: 'a:e5',
  },
  {
    name: '--ulimit',
    command: 'podman run --rm --ulimit nproc=100 --ulimit nofile=100:200 $image sh -c "ulimit -Sn; ulimit -Hn"',
    stdout: '100\n200',
  },
  {
    name: '--sysctl',
    command: 'podman run --rm --network none --sysctl net.ipv4.ip_forward=1 $image cat /proc/sys/net/ipv4/ip_forward',
    stdout: '1',
  },
  {
    name: '--security-opt no-new-privileges',
    command: 'podman run --rm --security-opt no-new-privileges $image grep NoNewPrivs /proc/self/status',
    stdout: /1$/,
  },
  {
    name: 'the seccomp profile',
    command: 'podman run --rm $image sh -c "grep Seccomp: /proc/self/status; unshare -n true"',
    status: 1,
    stdout: /2$/,
  },
  {
    name: '--security-opt unmask=ALL',
    command: 'podman run --rm --security-opt unmask=ALL $image grep -c " /proc/sys" /proc/self/mounts',
    status: 1,
    stdout: '0',
  },
  {
    name: '--userns with a map',
    command: 'podman run --rm --uidmap 0:100000:5000 --gidmap 0:100000:5000 $image cat /proc/self/uid_map',
    stdout: /0 +100000 +5000/,
  },
  {
    name: '--userns auto',
    command:
      'echo containers:300000:200000 >> /etc/subuid; podman run --rm --userns auto $image cat /proc/self/uid_map',
    stdout: /0 +\d+ +\d+/,
  },
  {
    name: '--pid host',
    command: 'podman run --rm --pid host $image cat /proc/1/comm',
    stdout: 'world.sh',
  },
  {
    name: '--network host',
    command:
      'test "$(podman run --rm --network host $image readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)"',
  },
  {
    name: '--network none',
    command: 'podman run --rm --network none $image ls /sys/class/net',
    stdout: 'lo',
  },
  {
    name: '--pids-limit -1 is no limit, where there is no controller either',
    command: 'podman run --rm --pids-limit -1 $image sh -c "echo several | cat | cat"',
    stdout: 'several',
  },
  {
    name: '--cgroupns host',
    command: 'podman run --rm --cgroupns host $image cat /proc/self/cgroup',
    stdout: /0::\/.*libpod/,
  },
  {
    name: '--preserve-fds',
    command: 'echo passed > /tmp/three; podman run --rm --preserve-fds 1 $image cat /proc/self/fd/3 3< /tmp/three',
    stdout: 'passed',
  },
  {
    name: '--annotation that another runtime would know',
    command: 'podman run --rm --annotation run.oci.handler=none $image echo ignored',
    stdout: 'ignored',
  },
  {
    name: '--group-add keep-groups',
    command: 'podman run --rm --group-add 3000 --user user $image id -G',
    stdout: /\b3000\b/,
  },
  {
    name: 'of a runtime whose log is not read',
    command: 'podman --runtime plain run --rm $image echo plain',
    stdout: 'plain',
  },
  {
    name: '--runtime with a path',
    command: 'podman --runtime "$RUNTIME" run --rm $image echo path',
    stdout: 'path',
  },
  {
    name: '--rm leaves nothing',
    command: `
podman run --rm $image true
podman ps -aq; ls /run/tsrunc /run/runc 2> /dev/null | grep -v : | grep .; find /sys/fs/cgroup -name 'libpod-[0-9a-f]*'`,
    stdout: '',
  },
  {
    name: 'ten at once',
    command: `
for i in $(seq 10); do podman run --rm $image echo $i & done | sort -n | tr '\\n' ' '
wait; podman ps -aq`,
    stdout: '1 2 3 4 5 6 7 8 9 10 ',
  },
];
