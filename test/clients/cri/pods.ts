import { type Check, writes } from './check.ts';
import type { Kubelet, PodOptions } from './kubelet.ts';
import { ListPodSandbox, Namespace, PodSandboxStatus, Seccomp } from './messages.ts';

const SLEEP = { command: ['sleep', '600'] };
const OWN_NETWORK = { network: Namespace.POD };
const SHARED_PIDS = { pid: Namespace.POD };

/** What is prepared on the machine before, and what is told of it. */
const VOLUMES = `
mkdir -p /tmp/volumes/secrets /tmp/volumes/cache; mount -t tmpfs cache /tmp/volumes/cache; : > /tmp/volumes/log
echo '127.0.0.1 localhost' > /tmp/volumes/hosts; echo secret > /tmp/volumes/secrets/token`;
const MOUNTS = [
  { container_path: '/cache', host_path: '/tmp/volumes/cache' },
  { container_path: '/var/run/secrets', host_path: '/tmp/volumes/secrets', readonly: true },
  { container_path: '/etc/hosts', host_path: '/tmp/volumes/hosts' },
  { container_path: '/dev/termination-log', host_path: '/tmp/volumes/log' },
];
const MASKED = [
  ...['/proc/acpi', '/proc/asound', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list'],
  ...['/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware'],
];
const READONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Pods: what their containers share, and with whom. */
export const pods: readonly Check[] = [
  {
    name: 'RunPodSandbox, PodSandboxStatus, ListPodSandbox',
    async does(kubelet) {
      const label = { key: 'app', value: 'tried' };
      const { id } = await kubelet.pod({ labels: [label] });
      await kubelet.pod();
      const { items } = await kubelet.call(ListPodSandbox, { filter: { label_selector: [label] } });
      const { status } = await kubelet.call(PodSandboxStatus, { pod_sandbox_id: id });
      return { listed: items?.map((item) => item.id === id), status };
    },
    gives: { listed: [true], status: { runtime_handler: 'tsrunc', metadata: { namespace: 'default' } } },
  },
  {
    name: 'StopPodSandbox ends its containers',
    async does(kubelet) {
      const pod = await kubelet.pod();
      const container = await pod.start(SLEEP);
      const before = await pod.state();
      await pod.stop();
      const { state, exitCode } = await container.status();
      return [before, await pod.state(), state, exitCode];
    },
    gives: ['READY', 'NOTREADY', 'EXITED', 137],
  },
  writes('hostname', 'hostname', 'of-the-pod', { pod: { hostname: 'of-the-pod', namespaces: OWN_NETWORK } }),
  writes('dns_config', 'cat /etc/resolv.conf', 'search cluster.local\nnameserver 192.0.2.1', {
    pod: { dns_config: { servers: ['192.0.2.1'], searches: ['cluster.local'] } },
  }),
  writes('sysctls of the network', 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start', '80', {
    pod: {
      namespaces: OWN_NETWORK,
      linux: { sysctls: [{ key: 'net.ipv4.ip_unprivileged_port_start', value: '80' }] },
    },
  }),
  writes('sysctls of IPC', 'cat /proc/sys/kernel/shm_rmid_forced', '1', {
    pod: { linux: { sysctls: [{ key: 'kernel.shm_rmid_forced', value: '1' }] } },
  }),
  {
    name: 'the network of the machine',
    does: (kubelet) => isTheMachines(kubelet, 'net', {}),
    gives: true,
  },
  {
    name: 'a network of its own: its two containers meet at the loopback',
    needs: 'cni',
    async does(kubelet) {
      const pod = await kubelet.pod({ namespaces: OWN_NETWORK });
      await pod.start({ command: ['sh', '-c', 'while :; do echo met | nc -l -p 80; done'] });
      const { stdout } = await pod.run({ command: ['sh', '-c', untilConnected('127.0.0.1')] });
      return [stdout, await isTheMachines(kubelet, 'net', OWN_NETWORK)];
    },
    gives: ['met', false],
  },
  {
    name: 'networks of their own: two pods meet at the bridge',
    needs: 'cni',
    async does(kubelet) {
      const server = await kubelet.pod({ namespaces: OWN_NETWORK });
      await server.start({ command: ['sh', '-c', 'while :; do echo met | nc -l -p 80; done'] });
      const { status } = await kubelet.call(PodSandboxStatus, { pod_sandbox_id: server.id });
      const client = await kubelet.pod({ namespaces: OWN_NETWORK });
      return (await client.run({ command: ['sh', '-c', untilConnected(status?.network?.ip ?? '')] })).stdout;
    },
    gives: 'met',
  },
  {
    name: 'two containers share the memory of IPC',
    async does(kubelet) {
      const pod = await kubelet.pod();
      await pod.run({ command: ['sh', '-c', 'echo shared > /dev/shm/file'] });
      return (await pod.run({ command: ['cat', '/dev/shm/file'] })).stdout;
    },
    gives: 'shared',
  },
  {
    name: 'IPC of the machine',
    does: (kubelet) => isTheMachines(kubelet, 'ipc', { ipc: Namespace.NODE }),
    gives: true,
  },
  writes('PIDs of the container: it is the first', 'echo $$', '1'),
  {
    name: 'PIDs of the pod: the containers see each other',
    async does(kubelet) {
      const pod = await kubelet.pod({ namespaces: SHARED_PIDS });
      await pod.start(SLEEP);
      return (await pod.run({ command: ['ps', '-o', 'args'] })).stdout.split('\n');
    },
    gives: ['COMMAND', 'sleep 1000000', 'sleep 600', 'ps -o args'],
  },
  {
    name: 'PIDs of the pod: what a container leaves behind ends with it, and nothing else',
    async does(kubelet) {
      const pod = await kubelet.pod({ namespaces: SHARED_PIDS });
      const other = await pod.start(SLEEP);
      await pod.run({ command: ['sh', '-c', 'setsid sleep 601 & sleep 0.1'] });
      await kubelet.shell(`await '! pgrep -fx "sleep 601"'`);
      return [(await other.status()).state, await pod.state()];
    },
    gives: ['RUNNING', 'READY'],
  },
  {
    name: 'PIDs of another container: as kubectl debug has them',
    async does(kubelet) {
      const pod = await kubelet.pod();
      const { id: target_id } = await pod.start(SLEEP);
      const namespaces = { pid: Namespace.TARGET, target_id };
      return (await pod.run({ command: ['ps', '-o', 'args'], namespaces })).stdout.split('\n');
    },
    gives: ['COMMAND', 'sleep 600', 'ps -o args'],
  },
  {
    name: 'PIDs of the machine',
    does: (kubelet) => isTheMachines(kubelet, 'pid', { pid: Namespace.NODE }),
    gives: true,
  },
  {
    name: 'PIDs of the machine: a container is stopped with all that it has started',
    async does(kubelet) {
      const pod = await kubelet.pod({ namespaces: { pid: Namespace.NODE } });
      const container = await pod.start({ command: ['sh', '-c', 'setsid sleep 602 & sleep 602'] });
      await kubelet.shell(`await 'test $(pgrep -fx "sleep 602" | wc -l) = 2'`);
      await container.stop();
      await kubelet.shell(`await '! pgrep -fx "sleep 602"'`);
      return pod.state();
    },
    gives: 'READY',
  },
  {
    name: 'all that a kubelet says of an ordinary pod',
    needs: 'cni',
    async does(kubelet) {
      await kubelet.shell(VOLUMES);
      const seccomp = { profile_type: Seccomp.RuntimeDefault };
      const pod = await kubelet.pod({
        hostname: 'ordinary',
        namespaces: OWN_NETWORK,
        dns_config: { servers: ['192.0.2.1'] },
        labels: [{ key: 'io.kubernetes.pod.name', value: 'ordinary' }],
        linux: { cgroup_parent: '/kubepods/besteffort/pod3', security_context: { seccomp } },
      });
      const { stdout, stderr } = await pod.run({
        command: [
          'sh',
          '-c',
          'cat /etc/hosts $(echo /var/run/secrets/*); touch /cache/file; echo done > /dev/termination-log',
        ],
        labels: [{ key: 'io.kubernetes.container.name', value: 'ordinary' }],
        mounts: MOUNTS,
        linux: { resources: { cpu_shares: 2, oom_score_adj: 1000 } },
        security: { seccomp, masked_paths: MASKED, readonly_paths: READONLY },
      });
      return [stdout, stderr, await kubelet.shell('cat /tmp/volumes/log; ls /tmp/volumes/cache')];
    },
    gives: ['127.0.0.1 localhost\nsecret', '', 'done\nfile'],
  },
  writes('a privileged pod', 'mount -t tmpfs none /tmp && echo mounted', 'mounted', {
    pod: { linux: { security_context: { privileged: true } } },
    container: { security: { privileged: true } },
  }),
];

/** Whether a container of such a pod is in the namespace that the machine's processes are in. */
async function isTheMachines(kubelet: Kubelet, kind: string, namespaces: NonNullable<PodOptions['namespaces']>) {
  const pod = await kubelet.pod({ namespaces });
  const { stdout } = await pod.run({ command: ['readlink', `/proc/self/ns/${kind}`] });
  return stdout === (await kubelet.shell(`readlink /proc/self/ns/${kind}`));
}

function untilConnected(address: string): string {
  return `for _ in $(seq 50); do nc ${address} 80 2> /dev/null && exit; sleep 0.1; done; exit 1`;
}
