import { Batch, type Memory, type Result } from '../batch.ts';
import { type Calls, callsOver, type Sink } from '../calls.ts';
import type { SyscallPort } from '../port.ts';

/**
 * System calls of another process as functions. They gather in a batch, across steps, and are made when
 * {@link flush} is called or a value is needed: a container costs a handful of round trips, not hundreds.
 */
export class RemoteKernel implements Sink<Result> {
  readonly calls: Calls<Result>;
  /** The step that the next calls belong to. */
  step: unknown;
  /** Round trips so far; `--debug` prints them. */
  roundTrips = 0;
  /** What is pending. */
  batch = new Batch();
  private readonly lenient = new Map<string, Calls<Result>>();

  constructor(private port: SyscallPort) {
    this.calls = callsOver<Result>(this);
  }

  /** What is called from here on belongs to `step`. A batch that has grown large goes: the other process keeps it in memory. */
  begin(step: unknown): void {
    this.step = step;
    if (this.batch.entries.length > LARGE) this.flush();
  }

  /** The calls, where these failures are answers. `*` stands for every failure. */
  may(...codes: readonly string[]): Calls<Result> {
    const key = codes.join();
    let calls = this.lenient.get(key);
    if (calls === undefined) {
      calls = callsOver<Result>(this, { expected: codes });
      this.lenient.set(key, calls);
    }
    return calls;
  }

  /** Memory in the pending batch. */
  output(size: number | Uint8Array): Memory {
    return this.batch.output(size);
  }

  /** For calls that a batch makes in its own way: flags that only the stub's protocol knows. */
  get pending(): Batch {
    return this.batch;
  }

  flush(): void {
    const batch = this.batch;
    if (batch.entries.length === 0) return;
    this.batch = new Batch();
    this.roundTrips++;
    this.port.run(batch);
  }

  /** The value of a result, now. */
  value(result: Result): number {
    if (!result.known) this.flush();
    return result.value;
  }

  /** Takes the pending batch away, to be sent by other means. */
  take(): Batch {
    const batch = this.batch;
    this.batch = new Batch();
    return batch;
  }

  added(result: Result): Result {
    return result;
  }
}

/** Entries: some three pages, of which a container that may have 32 is to feel nothing. */
const LARGE = 100;
