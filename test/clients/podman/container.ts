import type { Check } from '../support/checks.ts';
import { documentedCommands } from '../support/documentation.ts';

const SLEEPER = 'podman run -d --name one $image sleep 60 > /dev/null';

/** What is done to a container that exists. */
export const container: readonly Check[] = [
  {
    name: 'create, init, start',
    command: `
podman create --name one $image sleep 60 > /dev/null; podman init one > /dev/null; status one
podman start one > /dev/null; status one`,
    stdout: /^(created|initialized)\nrunning$/,
  },
  { name: 'start again', command: 'podman run --name one $image echo made; podman start -a one', stdout: 'made\nmade' },
  { name: 'exec', command: `${SLEEPER}; podman exec one echo from exec`, stdout: 'from exec' },
  { name: 'the exit status of exec', command: `${SLEEPER}; podman exec one sh -c "exit 9"`, status: 9 },
  { name: 'exec --interactive', command: `${SLEEPER}; echo typed | podman exec -i one cat`, stdout: 'typed' },
  { name: 'exec --tty', command: `${SLEEPER}; podman exec -t one tty`, stdout: /\/dev\/pts\/0/ },
  {
    name: 'exec --user --workdir --env',
    command: `${SLEEPER}; podman exec -u user -w /tmp -e A=b one sh -c 'id -u; pwd; echo $A'`,
    stdout: '1000\n/tmp\nb',
  },
  {
    name: 'exec --detach',
    command: `${SLEEPER}; podman exec -d one touch /tmp/made > /dev/null; await 'podman exec one ls /tmp/made'`,
  },
  {
    name: 'exec --preserve-fds',
    command: `${SLEEPER}; echo passed > /tmp/three; podman exec --preserve-fds 1 one cat /proc/self/fd/3 3< /tmp/three`,
    stdout: 'passed',
  },
  {
    name: 'cp, out and in',
    command: `
${SLEEPER}
echo outside > /tmp/f; podman cp /tmp/f one:/tmp/g; podman exec one cat /tmp/g
podman cp one:/etc/passwd /tmp/p; head -n1 /tmp/p`,
    stdout: 'outside\nroot:x:0:0:root:/root:/bin/sh',
  },
  { name: 'top', command: `${SLEEPER}; podman top one pid comm`, stdout: /^PID +COMMAND\n1 +sleep$/ },
  {
    name: 'pause and unpause',
    command: `
${SLEEPER}
podman pause one > /dev/null; status one; podman unpause one > /dev/null; podman exec one echo again`,
    stdout: 'paused\nagain',
  },
  {
    name: 'logs',
    command: 'podman run --name one $image sh -c "echo a; echo b" > /dev/null; podman logs one',
    stdout: 'a\nb',
  },
  {
    name: 'logs of --log-driver json-file',
    command: 'podman run --log-driver json-file --name one $image echo a > /dev/null; podman logs one',
    stdout: 'a',
  },
  {
    name: 'attach',
    command: `
podman run -d --name one $image sh -c 'sleep 1; echo late; exit 6' > /dev/null
podman attach one; podman wait one`,
    stdout: /^late\n+6$/,
  },
  {
    name: 'kill',
    command: `${SLEEPER}; podman kill one > /dev/null; podman wait one`,
    stdout: '137',
  },
  {
    name: 'kill --signal',
    command: `
podman run -d --name one $image sh -c 'trap "exit 3" USR1; while :; do sleep 0.1; done' > /dev/null
sleep 0.5; podman kill -s USR1 one > /dev/null; podman wait one`,
    stdout: '3',
  },
  {
    name: 'stop: SIGTERM',
    command: `
podman run -d --name one $image sh -c 'trap "exit 4" TERM; while :; do sleep 0.1; done' > /dev/null
sleep 0.5; podman stop one > /dev/null; podman inspect --format '{{.State.ExitCode}}' one`,
    stdout: '4',
  },
  {
    name: 'stop: SIGKILL after its time',
    command: `${SLEEPER}; podman stop -t 1 one > /dev/null 2>&1; podman inspect --format '{{.State.ExitCode}}' one`,
    stdout: '137',
  },
  { name: 'restart', command: `${SLEEPER}; podman restart -t 0 one > /dev/null; status one`, stdout: 'running' },
  {
    name: '--restart on-failure',
    command: `
podman run -d --name one --restart on-failure:2 $image sh -c 'exit 1' > /dev/null
await 'test "$(podman inspect --format "{{.RestartCount}} {{.State.Status}}" one)" = "2 exited"'`,
  },
  {
    name: 'a healthcheck',
    command: `
podman run -d --name one --health-interval disable --health-cmd 'test -e /tmp/well' $image sleep 60 > /dev/null
podman healthcheck run one; echo $?; podman exec one touch /tmp/well; podman healthcheck run one; echo $?`,
    stdout: /1\n0$/,
  },
  {
    name: 'inspect names the runtime and the process',
    command: `
${SLEEPER}
podman inspect --format '{{.OCIRuntime}}' one
await 'podman top one comm | grep sleep'; tr '\\0' ' ' < /proc/$(podman inspect --format '{{.State.Pid}}' one)/cmdline`,
    stdout: 'tested\nsleep 60 ',
  },
  { name: 'rm of a running one is refused', command: `${SLEEPER}; podman rm one`, status: 2, stderr: /running/ },
  {
    name: 'rm --force',
    command: `${SLEEPER}; podman rm -f -t 0 one > /dev/null; podman ps -aq; find /sys/fs/cgroup -name 'libpod-[0-9a-f]*'`,
    stdout: '',
  },
  {
    name: 'the configuration of packaging/',
    command: `
export CONTAINERS_CONF=/run/world/tsrunc.conf
podman info --format '{{.Host.OCIRuntime.Name}}'
podman --cgroup-manager cgroupfs run --rm --pids-limit -1 $image no-such-command`,
    status: 127,
    stdout: 'tsrunc',
    says: /Error: tsrunc: tsrunc create failed: /,
  },
  { name: 'what docs/clients.md says', command: documentedCommands('podman'), stdout: 'hello' },
  {
    name: 'info shows the version of the runtime',
    command: 'podman info --format "{{.Host.OCIRuntime.Name}}: {{.Host.OCIRuntime.Version}}"',
    stdout: /^tested: (tsrunc|runc) version \d/,
  },
];
