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
  /** Those who want to hear of it. Most watch only one side, and this is on the way of every call. */
  private readonly before: readonly Watcher[];
  private readonly after: readonly Watcher[];

  constructor(
    watchers: readonly Watcher[],
    /** Nanoseconds since a moment that does not change. */
    readonly clock: () => number,
  ) {
    this.before = watchers.filter(({ before }) => before);
    this.after = watchers.filter(({ after }) => after);
  }

  /** How many numbers have been given. */
  get length(): number {
    return this.last;
  }

  /** Whether anybody wants to hear of calls before they are made. If not, {@link announce} need not be asked. */
  get isAnnounced(): boolean {
    return this.before.length > 0;
  }

  /** The number of a call that is about to be made. */
  next(): number {
    return ++this.last;
  }

  /** The call is about to be made. The first watcher who wants something else to happen is obeyed. */
  announce(call: NumberedCall): Instead | undefined {
    for (const watcher of this.before) {
      const instead = watcher.before?.(call);
      if (instead) return instead;
    }
    return undefined;
  }

  report(call: NumberedCall, result: number | undefined, timing: Timing): void {
    for (const watcher of this.after) watcher.after?.(call, result, timing);
  }
}

export interface Watcher {
  /** A call is about to be made, unless one before it in its batch fails. */
  before?(call: NumberedCall): Instead | undefined;
  /**
   * A call was made, or something else instead. `result` is the kernel's answer, a failure as its negative errno; 0 from
   * file operations that give no number; undefined if none came: the process went away, or nobody waited.
   */
  after?(call: NumberedCall, result: number | undefined, timing: Timing): void;
}

/** What happens in a call's place: an answer that the kernel never gave (a failure is its negative errno), or the end. */
export type Instead = { readonly result: number } | { die(): never };

export interface NumberedCall {
  /** From 1. 0: an earlier runtime's call, of which this one only hears the answer. */
  readonly number: number;
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

/** By the sequence's clock. The calls of one batch travel together, are timed as one, and share this. */
export interface Timing {
  readonly start: number;
  readonly duration: number;
}
