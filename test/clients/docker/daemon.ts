import type { Check } from '../support/checks.ts';
import { documentedCommands } from '../support/documentation.ts';

/** What the daemon knows of the runtime, builds with it, and finds again after a restart. */
export const daemon: readonly Check[] = [
  {
    name: 'info names the runtime',
    command: 'docker info --format "{{.DefaultRuntime}} {{(index .Runtimes \\"tsrunc\\").Path}}"',
    stdout: /^tsrunc \/run\/world\/bin\/[\w-]+$/,
  },
  {
    name: 'version tells the version and the commit of the runtime',
    command: `
docker version --format '{{range .Server.Components}}{{println .Name .Version (index .Details "GitCommit")}}{{end}}' |
  grep ^tsrunc`,
    stdout: /^tsrunc \d+\.\d+\.\d+\S* \S+$/,
  },
  {
    name: 'what docs/clients.md says',
    command: documentedCommands('Docker'),
    stdout: /^hello\n\{.*"tsrunc":\{"path":"\/run\/world\/bin\/\w+"/,
  },
  {
    name: 'build, two steps',
    command: `
mkdir -p /tmp/build; cd /tmp/build
printf 'FROM %s\\nRUN echo built > /file\\nCMD ["cat", "/file"]\\n' $image > Dockerfile
DOCKER_BUILDKIT=0 docker build -q -t built . > /dev/null 2>&1
docker run --rm built; docker rmi -f built > /dev/null`,
    stdout: 'built',
  },
  {
    name: 'build, a step that fails',
    command: `
mkdir -p /tmp/build2; cd /tmp/build2
printf 'FROM %s\\nRUN exit 3\\n' $image > Dockerfile
DOCKER_BUILDKIT=0 docker build -q .`,
    status: 3,
    stderr: /returned a non-zero code: 3/,
  },
  {
    name: 'live restore: a container runs on, and is controlled again',
    command: `
docker run -d --name one $image sleep 60 > /dev/null
pid=$(docker inspect --format '{{.State.Pid}}' one)
stop_daemon; kill -0 $pid && echo alive; start_daemon
status one; docker exec one echo again; docker kill one`,
    stdout: 'alive\nrunning\nagain\none',
  },
  {
    name: 'live restore: an end that came meanwhile',
    command: `
docker run -d --name one $image sh -c 'sleep 2; exit 8' > /dev/null
pid=$(docker inspect --format '{{.State.Pid}}' one)
stop_daemon; await "! test -e /proc/$pid/exe"; start_daemon
await 'test "$(status one)" = exited'; docker wait one`,
    stdout: '8',
  },
  {
    name: 'ten at once',
    command: `
for i in $(seq 10); do docker run --rm $image echo $i & done | sort -n | tr '\\n' ' '
wait; docker ps -aq`,
    stdout: '1 2 3 4 5 6 7 8 9 10 ',
  },
];
