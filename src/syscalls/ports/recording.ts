import { Address, type Entry, Memory, type Operand, Word } from '../batch.ts';
import type { NumberedCall, Watcher } from './sequence.ts';

/** A call as it was made, without anything that belongs to one process: it can be printed, compared and replayed. */
export interface RecordedCall {
  readonly process: string;
  readonly syscall: string;
  readonly args: readonly string[];
  /** The answer, a failure as its negative errno; undefined if the process went away over it. */
  readonly result: number | undefined;
  /** What the memories that it was given for output held when its batch was over. */
  readonly wrote: readonly Uint8Array[];
}

/** A watcher that appends every call to `calls`. */
export function recorder(calls: RecordedCall[]): Watcher {
  return { after: (call, result) => void calls.push(recorded(call, result)) };
}

export function recorded(call: Omit<NumberedCall, 'number'>, result: number | undefined): RecordedCall {
  const { process, name, entry } = call;
  const wrote = entry && result !== undefined ? outputsOf(entry).map(({ bytes }) => bytes.slice()) : [];
  return { process, syscall: name, args: [...call.words()], result, wrote };
}

/** The memories that come back to whoever made the call: those it points to, and those that these point to. */
export function outputsOf({ registers }: Entry): Memory[] {
  const found = new Set<Memory>();
  const visit = (memory: Memory | undefined): void => {
    if (!memory || found.has(memory)) return;
    found.add(memory);
    for (const { target } of memory.pointers ?? []) visit(target);
  };
  for (const register of registers) visit(memoryOf(register));
  return [...found].filter(({ out }) => out);
}

function memoryOf(operand: Operand): Memory | undefined {
  if (operand instanceof Memory) return operand;
  return operand instanceof Address || operand instanceof Word ? operand.memory : undefined;
}

/** `init: openat(AT_FDCWD, "/proc", O_PATH, 00)` */
export function callWords({ process, syscall, args }: Pick<RecordedCall, 'process' | 'syscall' | 'args'>): string {
  return `${process}: ${syscall}(${args.join(', ')})`;
}
