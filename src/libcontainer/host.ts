import { type Caller, isInUserNamespace } from './caller.ts';
import type { Machine } from './machine.ts';

/** What every verb works on and with: the machine, and the global options of this one command. */
export interface Host {
  readonly engine: Machine;
  /** The state directory: absolute, never `/`, perhaps not there yet. */
  readonly root: string;
  readonly log: Log;
  readonly cgroupManager: CgroupManager;
  /** Whether cgroup permission errors are ignored; `auto` asks who is running. */
  readonly rootless: boolean | 'auto';
}

export type CgroupManager = 'cgroupfs' | 'systemd' | 'disabled';

/**
 * Remarks on the way. Failures are thrown, not logged: a client reads the log of a failed command as one
 * line, and a succeeding command leaves it empty unless the caller asked for more.
 */
export interface Log {
  debug(message: string): void;
  warn(message: string): void;
  /** A step begins; it lasts until the next, or until undefined. */
  step(step: LoggedStep | undefined): void;
}

export interface LoggedStep {
  readonly name: string;
  /** JSON pointer into config.json. */
  readonly pointer?: string | undefined;
}

/** Whether cgroups, which are the administrator's to give, may be lacking. */
export function mayLackCgroup({ rootless, engine }: Host, { uid }: Caller): boolean {
  return rootless === 'auto' ? uid !== 0 || isInUserNamespace(engine) : rootless;
}
