import { create } from './create.ts';
import { remove } from './delete.ts';
import { SignalRelay } from './foreground.ts';
import type { Host } from './host.ts';
import { kernelOf } from './kernel.ts';
import type { RunOptions } from './options.ts';
import { start } from './start.ts';
import { StateDirectory } from './store.ts';

/** create, start, and unless detached: wait, forward signals, delete. Returns the exit status of the container's process. */
export function run(host: Host, id: string, options: RunOptions): number {
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
  if (!relay) return 0;
  const pid = StateDirectory.open(host.engine, host.root, id).load()?.init_process_pid ?? 0;
  const status = relay.untilExit(pid);
  if (!options.keep) remove(host, id, { force: true });
  return status;
}
