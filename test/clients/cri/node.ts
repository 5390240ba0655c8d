import { type Check, said } from './check.ts';
import { type Kubelet, refusal } from './kubelet.ts';
import { ContainerStats, ListContainerStats, ListContainers, Namespace, RemoveContainer } from './messages.ts';

const SLEEP = { command: ['sleep', '600'] };
/** What a machine has of its pods, and should have no longer. */
const INVENTORY = `
runtime=/run/containerd/io.containerd.runtime.v2.task/k8s.io cri=/var/lib/containerd/io.containerd.grpc.v1.cri
find /run/containerd/runc/k8s.io $runtime $cri/* /run/containerd/io.containerd.grpc.v1.cri/sandboxes \\
  -mindepth 1 -maxdepth 1 2> /dev/null
find /sys/fs/cgroup -mindepth 1 -type d
awk '{ print $5 }' /proc/self/mountinfo | grep -v '^/run/netns$'
find /run/netns -type f 2> /dev/null
ip -o link | grep -o 'veth[^@]*'
ps -eo args= | grep -E '^([^ ]*/)?(sleep [0-9]{3,}|containerd-shim|tsrunc|runc)'; true`;

/** The machine that pods run on: what it counts, how it comes through trouble, what remains. */
export const node: readonly Check[] = [
  {
    name: 'ContainerStats, ListContainerStats',
    async does(kubelet) {
      const pod = await kubelet.pod();
      const { id } = await pod.start(SLEEP);
      const { stats } = await kubelet.call(ContainerStats, { container_id: id });
      const { stats: all } = await kubelet.call(ListContainerStats, { filter: { pod_sandbox_id: pod.id } });
      return { stats, all: all?.map(({ attributes }) => attributes?.id === id) };
    },
    gives: { stats: { attributes: {}, cpu: { timestamp: expect.any(Number) } }, all: [true] },
  },
  {
    name: 'UpdateContainerResources: a limit whose controller is missing is refused',
    async does(kubelet) {
      const container = await (await kubelet.pod()).start(SLEEP);
      return refusal(container.update({ memory_limit_in_bytes: 1 << 26 }));
    },
    gives: said(/memory\.max cannot be set: the memory controller is not available/, /memory\.max/),
  },
  {
    name: 'containerd is restarted: pods and containers run on, and are controlled again',
    async does(kubelet) {
      const pod = await kubelet.pod();
      const container = await pod.start(SLEEP);
      await restart(kubelet);
      const found = [await pod.state(), (await container.status()).state];
      const { stdout } = await container.exec(['echo', 'again']);
      const next = await pod.run({ command: ['echo', 'next'] });
      await container.stop();
      return [...found, stdout, next.stdout, (await container.status()).exitCode];
    },
    gives: ['READY', 'RUNNING', 'again\n', 'next', 137],
  },
  {
    name: 'containerd is restarted: an end that came meanwhile',
    async does(kubelet) {
      const container = await (await kubelet.pod()).start({ command: ['sh', '-c', 'sleep 1; exit 4'] });
      await restart(kubelet, `await '! pgrep -fx "sleep 1"'`);
      return container.wait();
    },
    gives: { exitCode: 4, reason: 'Error' },
  },
  {
    name: 'the shim of a pod is killed: the pod is lost, its processes are ended, the next pod comes',
    async does(kubelet) {
      const pod = await kubelet.pod();
      await pod.start({ command: ['sleep', '605'] });
      await kubelet.shell(`pkill -KILL -f 'containerd-shim[-]runc-v2 .*${pod.id}'; await '! pgrep -fx "sleep 605"'`);
      const next = await (await kubelet.pod()).run({ command: ['echo', 'next'] });
      return [await pod.state(), next.stdout];
    },
    gives: ['NOTREADY', 'next'],
  },
  {
    name: 'after the life of a pod nothing remains',
    needs: 'cni',
    async does(kubelet) {
      const before = await kubelet.shell(INVENTORY);
      const pod = await kubelet.pod({ namespaces: { network: Namespace.POD } });
      const container = await pod.start(SLEEP);
      await container.exec(['true']);
      await pod.run({ command: ['false'] });
      await container.stop();
      await container.remove();
      await pod.stop();
      await pod.remove();
      return difference(before, await kubelet.shell(INVENTORY));
    },
    gives: [],
  },
  {
    name: 'after what could not be started nothing remains',
    async does(kubelet) {
      const pod = await kubelet.pod();
      const before = await kubelet.shell(INVENTORY);
      const container = await pod.create({ command: ['no-such-command'] });
      await refusal(container.start());
      await container.remove();
      await refusal(pod.start({ command: ['true'], mounts: [{ host_path: '/dev/null', container_path: '/tmp' }] }));
      const { containers = [] } = await kubelet.call(ListContainers, { filter: { pod_sandbox_id: pod.id } });
      for (const { id = '' } of containers) await kubelet.call(RemoveContainer, { container_id: id });
      return difference(before, await kubelet.shell(INVENTORY));
    },
    gives: [],
  },
  {
    name: 'five pods at once, of two containers each, and nothing remains',
    async does(kubelet) {
      const before = await kubelet.shell(INVENTORY);
      const texts = await Promise.all(
        [0, 1, 2, 3, 4].map(async (number) => {
          const pod = await kubelet.pod();
          await pod.start(SLEEP);
          const { stdout } = await pod.run({ command: ['echo', String(number)] });
          await pod.stop();
          await pod.remove();
          return stdout;
        }),
      );
      return [...texts, ...difference(before, await kubelet.shell(INVENTORY))];
    },
    gives: ['0', '1', '2', '3', '4'],
  },
];

async function restart(kubelet: Kubelet, meanwhile = 'true'): Promise<void> {
  await kubelet.shell(`stop_daemon; ${meanwhile}; start_daemon`);
  await kubelet.ready();
}

function difference(before: string, after: string): string[] {
  const lines = new Set(before.split('\n'));
  return after.split('\n').filter((line) => !lines.has(line));
}
