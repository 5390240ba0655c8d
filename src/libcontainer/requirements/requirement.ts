import type { Config } from '../../spec/config.ts';
import type { Severity } from '../../spec/problem.ts';
import type { Violation } from '../../spec/validate/check.ts';
import type { Machine } from '../machine.ts';

/** What is asked about. Nothing is changed, and no privilege is needed. */
export interface Site {
  readonly engine: Machine;
  /** Absolute path of the bundle, which relative paths start from. */
  readonly bundle: string;
}

/** One thing that a configuration may need of the machine that runs it. */
export interface Requirement {
  /** `warning` where the answer may differ for the one who creates the container, or later. */
  readonly severity: Severity;
  /** Yields everything that is missing. */
  readonly find: (config: Config, site: Site) => Iterable<Violation>;
}

/** The text of a file of the kernel's; undefined if it cannot be read. */
export function textOf({ engine }: Site, path: string): string | undefined {
  try {
    return engine.decode(engine.files.read(path)).trim();
  } catch {
    return undefined;
  }
}

/** Absolute, from the bundle if it is relative. */
export function inBundle({ bundle }: Site, path: string): string {
  return path.startsWith('/') ? path : `${bundle}/${path}`;
}
