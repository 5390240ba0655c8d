import type { State } from '../spec/state.ts';
import { cgroupOf } from './container-cgroup.ts';
import { ContainerError } from './errors.ts';
import type { Host } from './host.ts';
import { kernelOf } from './kernel.ts';
import { statusOf } from './status.ts';
import { type SavedState, StateDirectory } from './store.ts';

/** What `state` prints (runtime.md, "State"). Reads files only: the system call binding is not loaded. */
export function state(host: Host, id: string): State {
  return stateIn(host, StateDirectory.open(host.engine, host.root, id));
}

export function stateIn(host: Host, directory: StateDirectory): State {
  const saved = directory.load();
  if (!saved) throw new ContainerError('does-not-exist', 'container does not exist');
  const status = statusOf(host.engine, directory, saved, cgroupOf(host, kernelOf(host.engine), saved));
  return stateFrom(saved, status, status === 'stopped' ? 0 : saved.init_process_pid);
}

function stateFrom(saved: SavedState, status: State['status'], pid: number): State {
  const { ociVersion, bundle, annotations } = saved.tsrunc;
  return {
    ociVersion,
    id: saved.id,
    pid,
    status,
    bundle,
    rootfs: saved.config.rootfs,
    created: saved.created,
    ...(Object.keys(annotations).length > 0 && { annotations }),
    owner: '',
  };
}
