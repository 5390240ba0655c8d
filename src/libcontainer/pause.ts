import type { Cgroup } from './cgroups/manager.ts';
import { cgroupOf } from './container-cgroup.ts';
import { ContainerError } from './errors.ts';
import type { Host } from './host.ts';
import { kernelOf } from './kernel.ts';
import { type Status, statusOf } from './status.ts';
import { StateDirectory } from './store.ts';

/** Freezes every process of a created or running container. Returns when all of them stand still. */
export function pause(host: Host, id: string): void {
  const { status, cgroup } = look(host, id);
  if (status !== 'created' && status !== 'running') throw new ContainerError('not-running', 'container not running');
  cgroup.freeze();
}

export function resume(host: Host, id: string): void {
  const { status, cgroup } = look(host, id);
  if (status !== 'paused') throw new ContainerError('wrong-status', 'container not paused');
  cgroup.thaw();
}

function look(host: Host, id: string): { status: Status; cgroup: Cgroup } {
  const directory = StateDirectory.open(host.engine, host.root, id);
  const saved = directory.load();
  if (!saved) throw new ContainerError('does-not-exist', 'container does not exist');
  const cgroup = cgroupOf(host, kernelOf(host.engine), saved);
  return { status: statusOf(host.engine, directory, saved, cgroup), cgroup };
}
