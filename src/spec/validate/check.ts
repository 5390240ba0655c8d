import type { Config } from '../config.ts';
import type { Severity } from '../problem.ts';
import type { SpecRef } from './ref.ts';

/** One rule: a sentence of the specification, or a limit of the kernel. */
export interface Check {
  readonly ref: SpecRef;
  readonly severity: Severity;
  /**
   * Places that the answer depends on besides those it points at: `/linux/namespaces`. If one of them does not
   * fit the schema the check is left out.
   */
  readonly needs?: readonly string[];
  /** Yields every violation. */
  readonly find: (config: Config) => Iterable<Violation>;
}

export interface Violation {
  readonly pointer: string;
  /** Follows the pointer in a sentence: `must be absolute`. */
  readonly message: string;
  readonly hint?: string;
}

/** A violation for every element that `test` finds a fault with. */
export function each<T>(
  items: readonly T[] | undefined,
  pointer: string,
  test: (item: T, index: number) => string | undefined,
): readonly Violation[] {
  const violations: Violation[] = [];
  items?.forEach((item, index) => {
    const message = test(item, index);
    if (message !== undefined) violations.push({ pointer: `${pointer}/${index}`, message });
  });
  return violations;
}

/** For messages: JSON's quotes, control characters escaped, long texts cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

export function isAbsolute(path: string): boolean {
  return path.startsWith('/');
}
