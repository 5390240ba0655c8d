import { SyscallError } from '../../engine/errors.ts';
import type { Batch, Entry } from '../batch.ts';
import type { RemotePort, SyscallPort } from '../port.ts';
import type { NumberedCall, Sequence } from './sequence.ts';

/** A port whose calls go through a {@link Sequence}. `process` names who makes them. */
export class WatchedPort<P extends SyscallPort = SyscallPort> implements SyscallPort {
  constructor(
    protected readonly port: P,
    private readonly sequence: Sequence,
    private readonly process: string,
  ) {}

  run(batch: Batch): void {
    const passage = this.announce(batch);
    this.finish(passage, () => this.port.run(batch));
    passage.die?.();
  }

  /**
   * Numbers the batch's calls and puts what the watchers want instead into it. Nothing is cut in two: an answer
   * travels as an entry like others, so what it does to the calls behind it is decided where they are made.
   */
  protected announce(batch: Batch): Passage {
    const { sequence, process } = this;
    const calls: PortCall[] = [];
    const { isAnnounced } = sequence;
    let i = -1;
    for (const entry of batch.entries) {
      i++;
      if (entry.name === 'store') continue;
      const call = new PortCall(process, entry, sequence.next());
      calls.push(call);
      if (!isAnnounced) continue;
      const instead = sequence.announce(call);
      if (instead && 'die' in instead) {
        batch.entries.length = i;
        calls.pop();
        return { calls, start: sequence.clock(), die: instead.die };
      }
      if (instead) entry.answer = instead.result;
    }
    return { calls, start: sequence.clock() };
  }

  /** The passage of a batch that an earlier runtime sent: its answers are news, its calls are not. */
  protected overhear(batch: Batch): Passage {
    const calls = batch.entries
      .filter(({ name }) => name !== 'store')
      .map((entry) => new PortCall(this.process, entry, 0));
    return { calls, start: this.sequence.clock() };
  }

  protected finish(passage: Passage, wait: () => void): void {
    let answered = false;
    try {
      wait();
      answered = true;
    } catch (error) {
      answered = error instanceof SyscallError;
      throw error;
    } finally {
      this.report(passage, answered);
    }
  }

  protected report({ calls, start }: Passage, answered: boolean): void {
    const timing = { start, duration: this.sequence.clock() - start };
    for (const call of calls) {
      const { result } = call.entry;
      // In an answered batch, what has no result stood behind a failure and was not made.
      if (result.known) this.sequence.report(call, result.value, timing);
      else if (!answered) this.sequence.report(call, undefined, timing);
    }
  }
}

/** An entry on its way. One object a call, and nothing copied: this is on every call's path when it is watched. */
class PortCall implements NumberedCall {
  constructor(
    readonly process: string,
    readonly entry: Entry,
    readonly number: number,
  ) {}

  get name(): string {
    return this.entry.call.name;
  }

  get step(): unknown {
    return this.entry.step;
  }

  words(): readonly string[] {
    return this.entry.call.words();
  }
}

/** Calls on their way, from their announcement to their report. */
export interface Passage {
  readonly calls: readonly PortCall[];
  readonly start: number;
  readonly die?: () => never;
}

/** The same for a port to another process. */
export class WatchedRemotePort extends WatchedPort<RemotePort> implements RemotePort {
  private readonly sent = new Map<Batch, Passage>();

  get socket(): number {
    return this.port.socket;
  }

  get control(): number {
    return this.port.control;
  }

  send(batch: Batch): number {
    const passage = this.announce(batch);
    const length = this.port.send(batch);
    passage.die?.();
    this.sent.set(batch, passage);
    return length;
  }

  receive(batch: Batch, replyLength?: number): void {
    const passage = this.sent.get(batch) ?? this.overhear(batch);
    this.sent.delete(batch);
    this.finish(passage, () => this.port.receive(batch, replyLength));
  }

  close(): void {
    for (const passage of this.sent.values()) this.report(passage, false);
    this.sent.clear();
    this.port.close();
  }
}
