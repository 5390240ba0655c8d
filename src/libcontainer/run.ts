import { create } from './create.ts';
import { remove } from './delete.ts';
import { type Attendant, SignalRelay } from './foreground.ts';
import { ForegroundTerminal } from './foreground-terminal.ts';
import type { Host } from './host.ts';
import { kernelOf } from './kernel.ts';
import type { RunOptions } from './options.ts';
import { start } from './start.ts';
import { StateDirectory } from './store.ts';

/** create, start, and unless detached: wait, forward signals, delete. Returns the exit status of the container's process. */
export function run(host: Host, id: string, options: RunOptions): number {
  if (!options.detach) return runInForeground(host, id, options);
  create(host, id, options);
  orRemove(host, id, () => start(host, id));
  return 0;
}

function runInForeground(host: Host, id: string, options: RunOptions): number {
  const kernel = kernelOf(host.engine);
  if (!options.noSubreaper) kernel.calls.prctl('PR_SET_CHILD_SUBREAPER', 1, 0, 0, 0);
  // Before there is anybody to receive them: a signal that comes early is kept.
  const signals = new SignalRelay(host.engine, kernel);
  const terminal = new ForegroundTerminal(host, kernel, signals);
  let status: number;
  try {
    create(host, id, { ...options, foreground: terminal });
    status = orRemove(host, id, () => {
      terminal.begin();
      const others: Attendant[] = [];
      start(host, id, others);
      const pid = StateDirectory.open(host.engine, host.root, id).load()?.init_process_pid ?? 0;
      return signals.untilExit(pid, terminal, others);
    });
  } finally {
    terminal.end();
  }
  if (!options.keep) remove(host, id, { force: true });
  return status;
}

/** Whoever wanted it to run has no use for one that does not. */
function orRemove<T>(host: Host, id: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    remove(host, id, { force: true });
    throw error;
  }
}
