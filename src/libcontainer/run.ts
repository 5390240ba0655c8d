import { SIGKILL } from '../syscalls/constants.ts';
import { oomObituary } from './cgroups/obituary.ts';
import { cgroupOf } from './container-cgroup.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { SignalRelay } from './foreground.ts';
import type { Host } from './host.ts';
import { kernelOf } from './kernel.ts';
import type { RunOptions } from './options.ts';
import { start } from './start.ts';
import { StateDirectory } from './store.ts';

/** How a container ended that was run in the foreground; zero at once for one that goes on. */
export interface Ended {
  /** The exit status of the container's process. */
  readonly status: number;
  /** Why it was killed, if that was the memory limit. */
  readonly obituary?: string | undefined;
}

/** create, start, and unless detached: wait, forward signals, delete. */
export function run(host: Host, id: string, options: RunOptions): Ended {
  const kernel = kernelOf(host.engine);
  const foreground = !options.detach;
  if (foreground && !options.noSubreaper) kernel.calls.prctl('PR_SET_CHILD_SUBREAPER', 1, 0, 0, 0);
  // Before there is anybody to receive them: a signal that comes early is kept.
  const relay = foreground ? new SignalRelay(host.engine, kernel) : undefined;
  create(host, id, options);
  try {
    start(host, id);
  } catch (error) {
    remove(host, id, { force: true });
    throw error;
  }
  if (!relay) return { status: 0 };
  const saved = StateDirectory.open(host.engine, host.root, id).load();
  const status = relay.untilExit(saved?.init_process_pid ?? 0);
  const killed = status === 128 + SIGKILL && saved !== undefined;
  const obituary = killed ? oomObituary(cgroupOf(host, kernel, saved)) : undefined;
  if (!options.keep) remove(host, id, { force: true });
  return { status, obituary };
}
