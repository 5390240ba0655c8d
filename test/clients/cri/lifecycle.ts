import { type Check, runs, said } from './check.ts';
import { type Kubelet, parseLog, refusal } from './kubelet.ts';
import { ListContainers, ReopenContainerLog } from './messages.ts';

const SLEEP = { command: ['sleep', '600'] };
const STUBBORN = { command: ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'] };
const POLITE = { command: ['sh', '-c', 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'] };

/** From CreateContainer to RemoveContainer, and what the kubelet is told on the way. */
export const lifecycle: readonly Check[] = [
  {
    name: 'created, running, gone',
    async does(kubelet) {
      const container = await (await kubelet.pod()).create(SLEEP);
      const created = (await container.status()).state;
      await container.start();
      const running = (await container.status()).state;
      await container.remove();
      return [created, running, await refusal(container.status())];
    },
    gives: ['CREATED', 'RUNNING', expect.stringMatching(/not found/)],
  },
  runs('the exit code is the program’s', 'exit 7', { exitCode: 7, reason: 'Error' }),
  runs('a program that ends well', 'exit 0', { exitCode: 0, reason: 'Completed' }),
  {
    name: 'the same container once more: another attempt in the same pod',
    async does(kubelet) {
      const pod = await kubelet.pod();
      const codes = [];
      for (const attempt of [0, 1, 2]) {
        const config = { metadata: { name: 'again', attempt }, log_path: `${attempt}.log` };
        codes.push((await pod.run({ command: ['sh', '-c', `exit ${attempt}`], ...config })).exitCode);
      }
      const { containers = [] } = await kubelet.call(ListContainers, { filter: { pod_sandbox_id: pod.id } });
      return [...codes, containers.length];
    },
    gives: [0, 1, 2, 3],
  },
  {
    name: 'StopContainer with grace: it ends by itself',
    does: (kubelet) => stopped(kubelet, POLITE, 10),
    gives: { exitCode: 3, stdout: 'ready' },
  },
  {
    name: 'StopContainer with grace that is over',
    does: (kubelet) => stopped(kubelet, STUBBORN, 1),
    gives: { exitCode: 137, reason: 'Error' },
  },
  {
    name: 'StopContainer without grace',
    does: (kubelet) => stopped(kubelet, POLITE, 0),
    gives: { exitCode: 137, reason: 'Error' },
  },
  {
    name: 'StopContainer of what has ended',
    async does(kubelet) {
      const container = await (await kubelet.pod()).start({ command: ['true'] });
      await container.wait();
      await container.stop(5);
      return container.status();
    },
    gives: { state: 'EXITED', exitCode: 0 },
  },
  {
    name: 'it is killed from outside',
    async does(kubelet) {
      const container = await (await kubelet.pod()).start({ command: ['sleep', '606'] });
      await kubelet.shell(`await 'pkill -KILL -fx "sleep 606"'`);
      return container.wait();
    },
    gives: { exitCode: 137, reason: 'Error' },
  },
  {
    name: 'one container ends, the other one runs on',
    async does(kubelet) {
      const pod = await kubelet.pod();
      const one = await pod.start(SLEEP);
      await pod.run({ command: ['true'] });
      return [(await one.status()).state, await pod.state()];
    },
    gives: ['RUNNING', 'READY'],
  },
  {
    name: 'the log: a line that is too long is cut, and marked',
    async does(kubelet) {
      const container = await (await kubelet.pod()).start({
        command: ['sh', '-c', `head -c 20000 /dev/zero | tr '\\0' x; echo; echo short`],
      });
      await container.wait();
      return parseLog(container.log()).map(({ text }) => text.length);
    },
    gives: [16384, 20001 - 16384, 'short\n'.length],
  },
  {
    name: 'the log: a last line without an end',
    async does(kubelet) {
      const container = await (await kubelet.pod()).start({ command: ['printf', 'no end'] });
      await container.wait();
      return parseLog(container.log());
    },
    gives: [{ stream: 'stdout', text: 'no end' }],
  },
  {
    name: 'ReopenContainerLog: a log that was moved away is begun anew',
    async does(kubelet) {
      const pod = await kubelet.pod();
      const container = await pod.start({
        command: ['sh', '-c', 'echo first; until test -e /tmp/go; do sleep 0.05; done; echo second'],
      });
      const log = `${pod.config.log_directory}/container-1.log`;
      await kubelet.shell(`await 'grep first ${log}'; mv ${log} ${log}.1`);
      await kubelet.call(ReopenContainerLog, { container_id: container.id });
      await container.exec(['touch', '/tmp/go']);
      return (await container.wait()).stdout;
    },
    gives: 'second',
  },
  cannotStart('a program that does not exist', ['no-such-command'], {
    own: /exec: "no-such-command": executable file not found in \$PATH/,
    common: /executable file not found in \$PATH/,
  }),
  cannotStart('a path that does not exist', ['/no/such/file'], {
    own: /"\/no\/such\/file".*no such file or directory/,
    common: /no such file or directory/,
  }),
  cannotStart('a file that is not executable', ['/bin/not-executable'], {
    own: /permission denied/,
    common: /permission denied/,
  }),
  {
    name: 'a pod in which a container could not be started takes the next one',
    async does(kubelet) {
      const pod = await kubelet.pod();
      await refusal(pod.start({ command: ['no-such-command'] }));
      return (await pod.run({ command: ['echo', 'next'] })).stdout;
    },
    gives: 'next',
  },
];

async function stopped(kubelet: Kubelet, config: { command: string[] }, grace: number) {
  const pod = await kubelet.pod();
  const container = await pod.start(config);
  await kubelet.shell(`await 'grep ready ${pod.config.log_directory}/container-1.log'`);
  await container.stop(grace);
  return container.wait(1);
}

/** StartContainer fails, and the container's status says why. */
function cannotStart(name: string, command: string[], { own, common }: { own: RegExp; common: RegExp }): Check {
  return {
    name: `StartError: ${name}`,
    async does(kubelet) {
      const container = await (await kubelet.pod()).create({ command });
      const refused = await refusal(container.start());
      return { refused, ...(await container.status()) };
    },
    gives: {
      refused: said(own, common),
      state: 'EXITED',
      exitCode: 128,
      reason: 'StartError',
      message: said(own, common),
    },
  };
}
