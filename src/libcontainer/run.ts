import { SIGKILL } from '../syscalls/constants.ts';
import { oomObituary } from './cgroups/obituary.ts';
import { type Container, create, createUnparked } from './create.ts';
import { remove } from './delete.ts';
import { report } from './errors.ts';
import { type Attendant, SignalRelay } from './foreground.ts';
import { ForegroundTerminal } from './foreground-terminal.ts';
import type { Host } from './host.ts';
import { kernelOf } from './kernel.ts';
import type { RunOptions } from './options.ts';
import { startUnparked } from './start.ts';

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
  const container = createUnparked(host, id, options);
  orRemove(host, id, () => startUnparked(host, container));
  return { status: 0 };
}

function runInForeground(host: Host, id: string, options: RunOptions): Ended {
  const kernel = kernelOf(host.engine);
  if (!options.noSubreaper) kernel.calls.prctl('PR_SET_CHILD_SUBREAPER', 1, 0, 0, 0);
  // Before there is anybody to receive them: a signal that comes early is kept.
  const signals = new SignalRelay(host.engine, kernel);
  const terminal = new ForegroundTerminal(host, kernel, signals);
  let container: Container;
  let ended: Ended;
  try {
    const others: Attendant[] = [];
    container = made(host, id, { ...options, foreground: terminal }, others);
    const { saved, cgroup } = container;
    ended = orRemove(host, id, () => {
      const status = signals.untilExit(saved.init_process_pid, terminal, others);
      return { status, obituary: status === 128 + SIGKILL ? oomObituary(cgroup) : undefined };
    });
  } finally {
    terminal.end();
  }
  if (!options.keep) removeOrTryAgain(host, id, container);
  return ended;
}

/** Started as well, unless another command is to do that. */
function made(host: Host, id: string, options: RunOptions, attendants: Attendant[]): Container {
  if (options.hold) return create(host, id, options);
  const container = createUnparked(host, id, options);
  orRemove(host, id, () => startUnparked(host, container, attendants));
  return container;
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
function removeOrTryAgain(host: Host, id: string, ended?: Container): void {
  try {
    remove(host, id, { force: true, ended });
  } catch (error) {
    host.log.debug(`delete, to be tried again: ${report(error).message}`);
    remove(host, id, { force: true, ended });
  }
}
