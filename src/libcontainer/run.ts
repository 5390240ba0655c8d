import { SIGKILL } from '../syscalls/constants.ts';
import { oomObituary } from './cgroups/obituary.ts';
import { cgroupOf } from './container-cgroup.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { report } from './errors.ts';
import { type Attendant, SignalRelay } from './foreground.ts';
import { ForegroundTerminal } from './foreground-terminal.ts';
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
  if (!options.detach) return runInForeground(host, id, options);
  create(host, id, options);
  orRemove(host, id, () => start(host, id));
  return { status: 0 };
}

function runInForeground(host: Host, id: string, options: RunOptions): Ended {
  const kernel = kernelOf(host.engine);
  if (!options.noSubreaper) kernel.calls.prctl('PR_SET_CHILD_SUBREAPER', 1, 0, 0, 0);
  // Before there is anybody to receive them: a signal that comes early is kept.
  const signals = new SignalRelay(host.engine, kernel);
  const terminal = new ForegroundTerminal(host, kernel, signals);
  let ended: Ended;
  try {
    create(host, id, { ...options, foreground: terminal });
    ended = orRemove(host, id, () => {
      const others: Attendant[] = [];
      if (!options.hold) start(host, id, others);
      const saved = StateDirectory.open(host.engine, host.root, id).load();
      const status = signals.untilExit(saved?.init_process_pid ?? 0, terminal, others);
      const killed = status === 128 + SIGKILL && saved !== undefined;
      return { status, obituary: killed ? oomObituary(cgroupOf(host, kernel, saved)) : undefined };
    });
  } finally {
    terminal.end();
  }
  if (!options.keep) removeOrTryAgain(host, id);
  return ended;
}

/** Whoever wanted it to run has no use for one that does not. */
function orRemove<T>(host: Host, id: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    removeOrTryAgain(host, id);
    throw error;
  }
}

/** Nobody deletes what `run` has made. What was in the way of it may not be any more, and what is done is not done twice. */
function removeOrTryAgain(host: Host, id: string): void {
  try {
    remove(host, id, { force: true });
  } catch (error) {
    host.log.debug(`delete, to be tried again: ${report(error).message}`);
    remove(host, id, { force: true });
  }
}
