import type { Engine } from '../engine/engine.ts';
import { type NumberedCall, Sequence, type Timing } from '../syscalls/ports/sequence.ts';
import type { Log, LoggedStep } from './host.ts';

/** What one command did. Times are nanoseconds since the trace began. */
export interface Recording {
  readonly command: readonly string[];
  readonly steps: readonly TracedStep[];
  readonly calls: readonly TracedCall[];
  /** When the recording ended. */
  readonly end: number;
}

export interface TracedStep {
  readonly name: string;
  readonly pointer?: string | undefined;
  readonly start: number;
  readonly end: number;
}

export interface TracedCall {
  /** `runtime`, `builder`, `init`, `hook`. */
  readonly process: string;
  readonly syscall: string;
  readonly args: readonly string[];
  /** A failure as its negative errno; undefined if no answer came. */
  readonly result: number | undefined;
  /** The calls of one batch travel together, and are timed as one. */
  readonly start: number;
  readonly duration: number;
  /** The step that recorded it, which may not be the one that waited for it. */
  readonly step: string | undefined;
}

/** Writes down what goes through {@link sequence}, and which step it belongs to. */
export class Recorder {
  readonly sequence: Sequence;
  readonly #origin: bigint;
  #during: string | undefined;
  readonly #steps: { name: string; pointer?: string | undefined; start: number; end: number }[] = [];
  readonly #calls: {
    call: NumberedCall;
    result: number | undefined;
    timing: Timing;
    during: string | undefined;
  }[] = [];

  constructor(private readonly engine: Engine) {
    this.#origin = engine.monotonic();
    this.sequence = new Sequence(
      [
        {
          after: (call, result, timing) => {
            if (call.number === 0 && this.#answers(call, result)) return;
            this.#calls.push({ call, result, timing, during: this.#during });
          },
        },
      ],
      () => this.#now(),
    );
    this.#begin(0, 'begin');
  }

  /** The log that steps are to be told to. */
  listeningTo(log: Log): Log {
    return {
      ...log,
      step: (step) => {
        this.step(step);
        log.step(step);
      },
    };
  }

  /** What is done outside of a recipe is a step too: reading the bundle before the first, writing after the last. */
  private step(step: LoggedStep | undefined): void {
    const now = this.#now();
    const last = this.#steps.at(-1);
    if (last) last.end = now;
    if (step) this.#begin(now, step.name, step.pointer);
    else this.#begin(now, 'go on');
  }

  recording(): Recording {
    const end = this.#now();
    const last = this.#steps.at(-1);
    if (last) last.end = end;
    const calls = this.#calls.map(({ call, result, timing, during }) => ({
      process: call.process,
      syscall: call.name,
      args: call.words(),
      result,
      start: timing.start,
      duration: timing.duration,
      step: nameOf(call.step) ?? during,
    }));
    return { command: this.engine.argv, steps: this.#steps, calls, end };
  }

  /** Whether it is the answer to a call that was recorded when it was sent: `run` and a plan park init themselves. */
  #answers({ process, name }: NumberedCall, result: number | undefined): boolean {
    const sent = this.#calls.filter(({ call }) => call.number > 0 && call.process === process);
    const unanswered = sent.find((other) => other.result === undefined && other.call.name === name);
    if (unanswered) unanswered.result = result;
    return sent.length > 0;
  }

  #begin(now: number, name: string, pointer?: string): void {
    this.#steps.push({ name, pointer, start: now, end: now });
    this.#during = name;
  }

  #now(): number {
    return Number(this.engine.monotonic() - this.#origin);
  }
}

function nameOf(step: unknown): string | undefined {
  return typeof step === 'object' && step !== null && 'name' in step && typeof step.name === 'string'
    ? step.name
    : undefined;
}
