import { alike } from '../support/alike.ts';
import type { Check } from '../support/checks.ts';

const SLEEPER = 'docker run -d --name one $image sleep 60 > /dev/null';

/** runc's start returns a moment before. */
const EXECUTED = `await 'docker top one -o pid,comm | grep sleep'`;

/** What is done to a container that exists. */
export const container: readonly Check[] = [
  ...alike('docker').container,
  {
    name: 'create, then start',
    command: 'docker create --name one $image echo made > /dev/null; docker start -a one',
    stdout: 'made',
  },
  {
    name: 'exec --privileged',
    runcNeeds: 'CAP_SYS_RESOURCE',
    command: `${SLEEPER}; docker exec --privileged one grep CapBnd /proc/self/status`,
    stdout: /0[1-9a-f][0-9a-f]*f{6}$/,
  },
  {
    name: 'cp, out and in',
    command: `
${SLEEPER}
echo outside > /tmp/f; docker cp -q /tmp/f one:/tmp/g; docker exec one cat /tmp/g
docker cp -q one:/etc/passwd /tmp/p; head -n1 /tmp/p`,
    stdout: 'outside\nroot:x:0:0:root:/root:/bin/sh',
  },
  { name: 'top', command: `${SLEEPER}; ${EXECUTED}; docker top one`, stdout: /CMD\n.*sleep 60/ },
  {
    name: 'top with options of ps',
    command: `${SLEEPER}; ${EXECUTED}; docker top one -o pid,comm`,
    stdout: /^PID +COMMAND\n\d+ +sleep$/,
  },
  { name: 'stats', command: `${SLEEPER}; docker stats --no-stream --format '{{.Name}}' one`, stdout: 'one' },
  {
    name: 'pause and unpause',
    command: `
${SLEEPER}
docker pause one > /dev/null; status one
docker exec one true 2>&1 | grep -o 'is paused'
docker unpause one > /dev/null; docker exec one echo again`,
    stdout: 'paused\nis paused\nagain',
  },
  {
    name: 'stop of a paused one',
    command: `${SLEEPER}; docker pause one > /dev/null; docker stop -t 1 one; status one`,
    stdout: 'one\nexited',
  },
  {
    name: 'update --restart',
    command: `
${SLEEPER}
docker update --restart always one
docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' one`,
    stdout: 'one\nalways',
  },
  {
    name: 'logs --follow',
    command: 'docker run -d --name one $image sh -c "echo a; sleep 1; echo b" > /dev/null; docker logs -f one',
    stdout: 'a\nb',
  },
  {
    name: 'attach',
    command: `
docker run -d --name one $image sh -c 'sleep 1; echo late; exit 6' > /dev/null
docker attach one`,
    status: 6,
    stdout: 'late',
  },
  {
    name: 'wait',
    command: 'docker run -d --name one $image sh -c "sleep 1; exit 5" > /dev/null; docker wait one',
    stdout: '5',
  },
  {
    name: 'inspect',
    command: `${SLEEPER}; docker inspect --format '{{.State.Running}} {{.HostConfig.Runtime}} {{.State.ExitCode}}' one`,
    stdout: 'true tsrunc 0',
  },
  {
    name: 'its process is the one that inspect names',
    command: `${SLEEPER}; ${EXECUTED}; tr '\\0' ' ' < /proc/$(docker inspect --format '{{.State.Pid}}' one)/cmdline`,
    stdout: 'sleep 60 ',
  },
  {
    name: '--health-cmd',
    command: `
docker run -d --name one --health-interval 1s --health-cmd 'test -e /tmp/well' $image sh -c 'touch /tmp/well; sleep 60' > /dev/null
await 'test "$(docker inspect --format "{{.State.Health.Status}}" one)" = healthy'`,
  },
  {
    name: '--health-cmd that fails',
    command: `
docker run -d --name one --health-interval 1s --health-retries 1 --health-cmd 'no-such-check' $image sleep 60 > /dev/null
await 'test "$(docker inspect --format "{{.State.Health.Status}}" one)" = unhealthy'`,
  },
  { name: 'rm of a running one is refused', command: `${SLEEPER}; docker rm one`, status: 1, stderr: /running/ },
  { name: 'rm --force', command: `${SLEEPER}; docker rm -f one; docker ps -aq`, stdout: 'one' },
  { name: 'diff', command: 'docker run --name one $image touch /new; docker diff one', stdout: 'A /new' },
  {
    name: 'commit',
    command: `
docker run --name one $image touch /new; docker commit one made:now > /dev/null
docker run --rm made:now ls /new; docker rmi -f made:now > /dev/null`,
    stdout: '/new',
  },
  { name: 'export', command: `${SLEEPER}; docker export one | tar -t | grep ^etc/passwd`, stdout: 'etc/passwd' },
];
