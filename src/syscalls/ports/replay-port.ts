import type { Entry } from '../batch.ts';
import { ImaginedPort } from './imagined-port.ts';
import { callWords, outputsOf, type RecordedCall } from './recording.ts';

/** What was recorded, in the order in which it must be made again; ports of several processes share one. */
export class Replay {
  private position = 0;

  constructor(private readonly calls: readonly RecordedCall[]) {}

  /** The recorded call that is this one; another, or none, is an error that says both. */
  next(made: Pick<RecordedCall, 'process' | 'syscall' | 'args'>): RecordedCall {
    const recorded = this.calls[this.position];
    const expected = recorded ? callWords(recorded) : 'no further call';
    const got = callWords(made);
    if (!recorded || expected !== got) {
      throw new ReplayMismatch(`call ${this.position + 1}: expected ${expected}, got ${got}`);
    }
    this.position++;
    return recorded;
  }

  /** Throws unless all that was recorded has been made. */
  finish(): void {
    const missing = this.calls[this.position];
    if (missing) {
      throw new ReplayMismatch(`call ${this.position + 1}: expected ${callWords(missing)}, got no further call`);
    }
  }
}

/** Other calls were made than the recorded ones. */
export class ReplayMismatch extends Error {
  override readonly name = 'ReplayMismatch';
}

/** Executes nothing and answers as the recording says. */
export class ReplayPort extends ImaginedPort {
  constructor(
    process: string,
    private readonly replay: Replay,
    ends: { readonly socket?: number; readonly control?: number } = {},
  ) {
    super(process, ends.socket, ends.control);
  }

  protected override answer(entry: Entry): number | undefined {
    const { name } = entry.call;
    const { result, wrote } = this.replay.next({ process: this.process, syscall: name, args: entry.call.words() });
    outputsOf(entry).forEach((memory, i) => {
      memory.bytes.set(wrote[i] ?? []);
    });
    return result;
  }
}
