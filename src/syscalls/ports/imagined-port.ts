import type { Batch, Entry } from '../batch.ts';
import { isFailure, type RemotePort, throwFailure } from '../port.ts';
import { StubGone } from '../stub/stub-port.ts';

/**
 * A port behind which there is nobody. Its calls get their answers one by one from {@link answer}, and a batch
 * goes on or stops by the kernel's rules.
 */
export abstract class ImaginedPort implements RemotePort {
  private readonly sent = new Map<Batch, number>();

  constructor(
    readonly process: string,
    readonly socket = -1,
    readonly control = -1,
  ) {}

  /**
   * The result of a call, or undefined if the process is gone: the batch's other calls are then asked too, as
   * nobody can tell how far it came. What the call writes goes into its memories.
   */
  protected abstract answer(entry: Entry): number | undefined;

  /** The result of a call that an earlier runtime sent. */
  protected overheard(entry: Entry): number | undefined {
    return this.answer(entry);
  }

  run(batch: Batch): void {
    this.send(batch);
    this.receive(batch);
  }

  send(batch: Batch): number {
    batch.begin();
    this.sent.set(
      batch,
      execute(batch, (entry) => this.answer(entry)),
    );
    return 0;
  }

  receive(batch: Batch): void {
    const executed = this.sent.get(batch) ?? execute(batch, (entry) => this.overheard(entry));
    this.sent.delete(batch);
    if (executed === GONE) throw new StubGone(batch);
    throwFailure(batch, executed);
  }

  close(): void {
    this.sent.clear();
  }
}

/** How many entries were executed, or that the process went away. */
function execute(batch: Batch, answer: (entry: Entry) => number | undefined): number {
  let gone = false;
  for (const [i, entry] of batch.entries.entries()) {
    const value = entry.answer ?? (entry.name === 'store' ? 0 : answer(entry));
    if (value === undefined) gone = true;
    else entry.result.settle(value);
    if (value !== undefined && isFailure(value) && !entry.expected) return i + 1;
  }
  return gone ? GONE : batch.entries.length;
}

const GONE = -1;
