import type { Cgroup } from './cgroups/manager.ts';
import type { CgroupStatistics } from './cgroups/statistics/statistics.ts';
import { cgroupOf } from './container-cgroup.ts';
import { ContainerError } from './errors.ts';
import type { Host } from './host.ts';
import { type RdtStatistics, rdtStatistics } from './intel-rdt/statistics.ts';
import { kernelOf } from './kernel.ts';
import { statusOf } from './status.ts';
import { StateDirectory } from './store.ts';

/** A line of `runc events`. */
export type Event =
  | { readonly type: 'stats'; readonly id: string; readonly data: Statistics }
  | { readonly type: 'oom'; readonly id: string };

export interface Statistics extends CgroupStatistics {
  readonly intel_rdt: RdtStatistics;
  /** Of interfaces that the runtime itself has made, which it does not do. */
  readonly network_interfaces: null;
}

/** What a container that has processes has used so far. */
export function statistics(host: Host, id: string): Event {
  const { directory, cgroup } = look(host, id);
  return statisticsEvent(host, directory, cgroup);
}

/**
 * Gives `emit` statistics every `interval` nanoseconds, and word of each time that the OOM killer strikes, until the
 * container's last process has ended.
 */
export function events(host: Host, id: string, interval: bigint, emit: (event: Event) => void): void {
  const { directory, cgroup } = look(host, id);
  const watch = cgroup.watch();
  for (let due = host.engine.monotonic() + interval; ; ) {
    const change = watch.next(due);
    if (change === 'ended') return;
    if (change === 'oom') emit({ type: 'oom', id });
    else {
      due += interval;
      emit(statisticsEvent(host, directory, cgroup));
    }
  }
}

function statisticsEvent({ engine }: Host, directory: StateDirectory, cgroup: Cgroup): Event {
  const { id } = directory;
  const intel_rdt = rdtStatistics(engine, id, directory.loadConfig().linux?.intelRdt);
  return { type: 'stats', id, data: { ...cgroup.statistics(), intel_rdt, network_interfaces: null } };
}

function look(host: Host, id: string): { directory: StateDirectory; cgroup: Cgroup } {
  const directory = StateDirectory.open(host.engine, host.root, id);
  const saved = directory.load();
  if (!saved) throw new ContainerError('does-not-exist', 'container does not exist');
  const cgroup = cgroupOf(host, kernelOf(host.engine), saved);
  const status = statusOf(host.engine, directory, saved, cgroup);
  if (status === 'stopped' || status === 'creating') {
    throw new ContainerError('not-running', `container with id ${id} is not running`);
  }
  return { directory, cgroup };
}
