import type { Entry } from '../batch.ts';

/**
 * The one order of everything that the runtime asks the kernel for, whoever makes it: system calls of this
 * process, of the stubs, and the engine's file operations. Watchers see each call pass and may interfere, so a
 * trace, a recording and a fault at call number k are watchers, and the code that makes the calls knows nothing.
 *
 * Numbers are given when a call is handed over, the calls of a batch all at once. A batch that stops early
 * leaves numbers behind that nobody made: {@link Watcher.after} is silent about those.
 */
export class Sequence {
  private last = 0;

  constructor(
    private readonly watchers: readonly Watcher[],
    /** Nanoseconds; the engine's monotonic clock. */
    readonly clock: () => bigint,
  ) {}

  /** How many numbers have been given. */
  get length(): number {
    return this.last;
  }

  /** Numbers a call that is about to be made. The first watcher who wants something else to happen is obeyed. */
  announce(facts: CallFacts): Announced {
    const call = { ...facts, number: ++this.last };
    for (const watcher of this.watchers) {
      const instead = watcher.before?.(call);
      if (instead) return { call, instead };
    }
    return { call };
  }

  report(call: NumberedCall, outcome: Outcome): void {
    for (const watcher of this.watchers) watcher.after?.(call, outcome);
  }
}

export interface Watcher {
  /** A call is about to be made, unless one before it in its batch fails. */
  before?(call: NumberedCall): Instead | undefined;
  /** A call was made, or something else instead. */
  after?(call: NumberedCall, outcome: Outcome): void;
}

/** What happens in a call's place: an answer that the kernel never gave (a failure is its negative errno), or the end. */
export type Instead = { readonly result: number } | { die(): never };

export interface CallFacts {
  /** Who makes it: `runtime`, `builder`, `init`. */
  readonly process: string;
  /** The kernel's name. */
  readonly name: string;
  /** The arguments for people. Ask after the call, and descriptors read as the paths that they stand for. */
  words(): readonly string[];
  /** The step of the recipe, where the caller named one. */
  readonly step?: unknown;
  /** What a port was given; the engine's file operations have none. */
  readonly entry?: Entry;
}

export interface NumberedCall extends CallFacts {
  /** From 1. 0: an earlier runtime's call, of which this one only hears the answer. */
  readonly number: number;
}

export interface Announced {
  readonly call: NumberedCall;
  readonly instead?: Instead;
}

export interface Outcome {
  /**
   * The kernel's answer, a failure as its negative errno; 0 from file operations that give no number.
   * Undefined if none came: the process went away, or nobody waited.
   */
  readonly result: number | undefined;
  /** By the sequence's clock. The calls of one batch travel together, and are timed as one. */
  readonly start: bigint;
  readonly duration: bigint;
}
