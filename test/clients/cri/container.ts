import { type Check, runs, writes } from './check.ts';
import type { Kubelet } from './kubelet.ts';
import { Propagation } from './messages.ts';

const bind = (more: object) => [{ host_path: '/tmp/m', container_path: '/m', ...more }];
const MAKE = 'mkdir -p /tmp/m; echo there > /tmp/m/file';
/** With a mount that the machine makes below it later, or that the container makes. */
const SHARED = `umount -R /tmp/p 2> /dev/null; mkdir -p /tmp/p; mount -t tmpfs p /tmp/p; mount --make-rshared /tmp/p
mkdir /tmp/p/below`;
const propagated = (propagation: number) => [{ host_path: '/tmp/p', container_path: '/p', propagation }];

/** What a container's configuration makes of it. */
export const container: readonly Check[] = [
  runs('what the program writes is written, on two streams', 'echo out; echo err >&2', {
    exitCode: 0,
    reason: 'Completed',
    stdout: 'out',
    stderr: 'err',
  }),
  writes('command and args', '', 'a b c', { container: { command: ['echo', 'a'], args: ['b', 'c'] } }),
  writes('args alone are after what the image has', '', 'hello', {
    container: { command: [], args: ['echo', 'hello'] },
  }),
  writes('envs', 'echo $A $C', 'b d', {
    container: {
      envs: [
        { key: 'A', value: 'b' },
        { key: 'C', value: 'd' },
      ],
    },
  }),
  writes('working_dir', 'pwd', '/data', { container: { working_dir: '/data' } }),
  writes('working_dir that is missing is made', 'pwd', '/no/such', { container: { working_dir: '/no/such' } }),
  writes('tty', 'tty; test -t 2 && echo terminal', '/dev/pts/0\nterminal', { container: { tty: true } }),
  writes('mounts', 'cat /m/file; echo more > /m/new', 'there', {
    after: MAKE,
    container: { mounts: bind({}) },
  }),
  writes('mounts of a file', 'cat /etc/file', 'there', {
    after: MAKE,
    container: { mounts: [{ host_path: '/tmp/m/file', container_path: '/etc/file' }] },
  }),
  runs(
    'mounts, readonly',
    'touch /m/new',
    { exitCode: 1, stderr: expect.stringMatching(/Read-only file system/) },
    { after: MAKE, container: { mounts: bind({ readonly: true }) } },
  ),
  writes('mounts whose source is missing: a directory', 'ls -d /m', '/m', {
    after: 'rm -rf /tmp/m',
    container: { mounts: bind({}) },
  }),
  {
    name: 'mounts, private: what the machine mounts later is not seen',
    does: (kubelet) => seen(kubelet, Propagation.PRIVATE),
    gives: { inside: 0, outside: 1 },
  },
  {
    name: 'mounts, from the machine to the container',
    does: (kubelet) => seen(kubelet, Propagation.HOST_TO_CONTAINER),
    gives: { inside: 1, outside: 1 },
  },
  {
    name: 'mounts, in both directions',
    does: (kubelet) => seen(kubelet, Propagation.BIDIRECTIONAL),
    gives: { inside: 1, outside: 2 },
  },
  writes('devices', 'ls /dev/tried; head -c 3 /dev/tried | wc -c', '/dev/tried\n3', {
    container: { devices: [{ host_path: '/dev/zero', container_path: '/dev/tried', permissions: 'rwm' }] },
  }),
  writes('oom_score_adj', 'cat /proc/self/oom_score_adj', '500', {
    container: { linux: { resources: { oom_score_adj: 500 } } },
  }),
  writes('a cgroup of its own', 'tail -n 1 /proc/self/cgroup', '0::/'),
];

/** How many mounts each side has after the machine has made one, and the container another. */
async function seen(kubelet: Kubelet, propagation: number): Promise<{ inside: number; outside: number }> {
  await kubelet.shell(SHARED);
  const pod = await kubelet.pod({ linux: { security_context: { privileged: true } } });
  const container = await pod.start({
    command: ['sleep', '600'],
    security: { privileged: true },
    mounts: propagated(propagation),
  });
  await kubelet.shell('mount -t tmpfs theirs /tmp/p/below');
  const { stdout } = await container.exec(['sh', '-c', 'grep -c " /p/below " /proc/mounts; true']);
  await container.exec(['sh', '-c', 'mkdir /p/own && mount -t tmpfs ours /p/own']);
  const outside = await kubelet.shell('grep -c " /tmp/p/" /proc/self/mounts');
  return { inside: Number(stdout), outside: Number(outside) };
}
