import { SyscallError } from '../engine/errors.ts';
import type { Batch, Entry } from './batch.ts';
import { errnoCode, errnoNumber } from './errno.ts';

/** Somewhere that batches of system calls are executed: this process, a stub, or a test's imagination. */
export interface SyscallPort {
  /** Runs the batch to its end or to its first unexpected failure, which it throws as a {@link SyscallError}. */
  run(batch: Batch): void;
}

/**
 * A port to another process. A batch can be sent and awaited apart, so that a descriptor can travel between the
 * two, or the reply be left to a later process.
 */
export interface RemotePort extends SyscallPort {
  /** Our end of the control socket. */
  readonly socket: number;
  /** The other process's own number of its end. */
  readonly control: number;
  /** Sends without waiting. Returns the reply's length. */
  send(batch: Batch): number;
  /** Waits for the reply to a batch that {@link send} sent, here or in an earlier process. */
  receive(batch: Batch, replyLength?: number): void;
  close(): void;
}

/** Whether a result is a failure in the kernel's convention. */
export function isFailure(value: number): boolean {
  return value < 0 && value >= -4095;
}

/** Throws the first failure of the executed entries that their caller did not expect. */
export function throwFailure(batch: Batch, executed: number): void {
  const { entries } = batch;
  for (let i = 0; i < executed; i++) {
    const entry = entries[i];
    // Most did not fail, and nothing is called to learn that.
    if (entry?.settled === undefined || entry.settled >= 0) continue;
    if (isFailure(entry.settled) && !isExpected(entry)) throw new CallFailed(entry);
  }
}

/** A failed call that still knows the entry it was, and so the step that it belongs to. */
export class CallFailed extends SyscallError {
  constructor(readonly entry: Entry) {
    const errno = -entry.value;
    super(entry.name, entry.words(), errno, errnoCode(errno));
  }
}

function isExpected({ expected, value }: Entry): boolean {
  return expected?.some((code) => code === '*' || errnoNumber(code) === -value) ?? false;
}
