import { alike } from '../support/alike.ts';
import type { Check } from '../support/checks.ts';
import { documentedCommands } from '../support/documentation.ts';

const SLEEPER = 'podman run -d --name one $image sleep 60 > /dev/null';

/** What is done to a container that exists. */
export const container: readonly Check[] = [
  ...alike('podman').container,
  {
    name: 'create, init, start',
    command: `
podman create --name one $image sleep 60 > /dev/null; podman init one > /dev/null; status one
podman start one > /dev/null; status one`,
    stdout: /^(created|initialized)\nrunning$/,
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
