import type { Arch } from '../engine/engine.ts';
import { bitsOf } from './constants.ts';
import type { SyscallName } from './numbers.ts';
import type { FieldType, Struct, StructValue } from './struct.ts';
import { writeField } from './struct.ts';

/**
 * A batch: system calls in order, and the memory that they point to. It runs as a whole wherever it is sent,
 * in this process or in a stub, and stops at the first failure that is not expected.
 *
 * What a call refers to is symbolic until the batch is run: {@link Memory} has an address only where it
 * runs, a {@link Result} a value only after it ran. A result of an earlier batch is simply a number.
 */
export class Batch {
  readonly entries: Entry[] = [];
  readonly memories: Memory[] = [];
  private ran = false;

  /** Adds a system call; `registers` are its arguments as the kernel takes them. */
  add(call: Call, registers: readonly Operand[], options: EntryOptions = NONE, step = options.step): Result {
    if (registers.length > 6) throw new RangeError(`${call.name}: more than six registers`);
    const result = new Result(call, this.entries.length);
    const { expected, returnsTwice, adopt } = options;
    this.entries.push({
      kind: 'call',
      call,
      registers,
      result,
      expected,
      returnsTwice,
      adopt,
      step,
      answer: undefined,
    });
    return result;
  }

  /** Stores a result (32 bits are enough for every result we move) into memory, before the next call reads it. */
  store(target: Memory, offset: number, value: Operand): void {
    const call: Call = { name: 'store', words: () => [] };
    const result = new Result(call, this.entries.length);
    this.entries.push({ ...NONE, kind: 'store', call, registers: [new Address(target, offset), value], result });
  }

  /** Memory whose bytes the calls read. */
  input(bytes: Uint8Array): Memory {
    return this.remember(new Memory(bytes, false));
  }

  /** Memory whose bytes the calls write; they come back when the batch has run. */
  output(bytes: number | Uint8Array): Memory {
    return this.remember(new Memory(typeof bytes === 'number' ? new Uint8Array(bytes) : bytes, true));
  }

  /** A struct in memory: names become flags, memory becomes its address, results are stored when they are known. */
  struct(declaration: Struct, value: StructFields, out = false): Memory {
    const bytes = new Uint8Array(declaration.size);
    const view = new DataView(bytes.buffer);
    const memory = out ? this.output(bytes) : this.input(bytes);
    for (const field in value) {
      const given = value[field];
      const type = declaration.fields[field];
      const offset = declaration.offsets[field] ?? 0;
      if (given === undefined || type === undefined) continue;
      if (typeof given !== 'object') writeField(view, offset, type, given);
      else if (isNames(given)) memory.flags(offset, type, given);
      else if (given instanceof Uint8Array) bytes.set(given.subarray(0, type.size), offset);
      else if (given instanceof Memory) memory.pointers.push({ offset, target: given });
      else if (given instanceof Result && given.known) writeField(view, offset, type, given.value);
      else this.store(memory, offset, given);
    }
    return memory;
  }

  /** Called by the port that runs it, once. */
  begin(): void {
    if (this.ran) throw new Error('a batch runs once');
    this.ran = true;
  }

  private remember(memory: Memory): Memory {
    this.memories.push(memory);
    return memory;
  }
}

/** What a register gets: a number, an address, an earlier result, or a word of memory read just before the call. */
export type Operand = number | ByArch | Memory | Address | Result | Word;
type Deferred = Result | Word;
export type StructFields = Readonly<Record<string, StructValue | Memory | Deferred | undefined>>;

function isNames(value: StructFields[string] & object): value is readonly string[] {
  return Array.isArray(value);
}

export interface Call {
  readonly name: SyscallName | 'store';
  /** The arguments for people. Evaluated only if someone asks: an error, a trace, a plan. */
  words(): string[];
}

export interface EntryOptions {
  /** Failures that are an answer, not an error. */
  readonly expected?: readonly string[] | undefined;
  /** The call returns in a second process too, which goes on with the control socket of this number. */
  readonly returnsTwice?: number | undefined;
  /** The result becomes the control socket. */
  readonly adopt?: boolean | undefined;
  /** What the entry belongs to, so that a failure can name it. */
  readonly step?: unknown;
}

export interface Entry extends Required<EntryOptions> {
  readonly kind: 'call' | 'store';
  readonly call: Call;
  readonly registers: readonly Operand[];
  readonly result: Result;
  /** The call is not made; whoever runs the batch gives this as its result, and goes on as after any other. */
  readonly answer: number | undefined;
}

const NONE = {
  expected: undefined,
  returnsTwice: undefined,
  adopt: undefined,
  step: undefined,
  answer: undefined,
} as const;

/** The result of a call: an operand for later calls, a number once the batch has run. */
export class Result {
  private settled: number | undefined = undefined;

  constructor(
    readonly call: Call,
    /** Which entry of its batch it is the result of. */
    readonly index: number,
  ) {}

  get known(): boolean {
    return this.settled !== undefined;
  }

  /** The kernel's answer; an expected failure is its negative errno. */
  get value(): number {
    if (this.settled === undefined) throw new Error(`the result of ${this.call.name} is not known yet`);
    return this.settled;
  }

  get failed(): boolean {
    return this.value < 0;
  }

  settle(value: number): void {
    this.settled = value;
  }
}

/** A number that depends on the architecture of where it goes. */
export class ByArch {
  private constructor(readonly values: Readonly<Record<Arch, number>>) {}

  /** The sum of named flags; a plain number where both architectures agree. */
  static bitsOf<N extends string>(
    x86_64: Readonly<Record<N, number>>,
    aarch64: Readonly<Record<N, number>>,
    names: readonly N[],
  ): number | ByArch {
    const values = { x86_64: bitsOf(x86_64, names), aarch64: bitsOf(aarch64, names) };
    return values.x86_64 === values.aarch64 ? values.x86_64 : new ByArch(values);
  }
}

export class Memory {
  readonly pointers: { offset: number; target: Memory }[] = [];
  /** Fields that are written when it is known for which architecture. */
  readonly byArch: { offset: number; type: FieldType; value: ByArch }[] = [];
  /** Bytes from the start of the region that its batch is laid out in; set when it is encoded. */
  place = 0;

  constructor(
    public bytes: Uint8Array,
    readonly out: boolean,
  ) {}

  /** The field of `type` at `offset` becomes the sum of named flags. */
  flags(offset: number, type: FieldType, names: readonly string[]): void {
    const { table = {}, aarch64 } = type;
    const value = aarch64 ? ByArch.bitsOf(table, aarch64, names) : bitsOf(table, names);
    if (value instanceof ByArch) this.byArch.push({ offset, type, value });
    else writeField(new DataView(this.bytes.buffer, this.bytes.byteOffset), offset, type, value);
  }
}

/** An address inside memory. */
export class Address {
  constructor(
    readonly memory: Memory,
    readonly offset: number,
  ) {}
}

/** A signed 32-bit or a 64-bit word of memory, read when the call is made: descriptors from pipe2 and recvmsg. */
export class Word {
  constructor(
    readonly memory: Memory,
    readonly offset: number,
    readonly width: 32 | 64,
  ) {}
}
