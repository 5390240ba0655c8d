import type { Arch } from '../engine/engine.ts';
import { bitsOf } from './constants.ts';
import type { SyscallName } from './numbers.ts';
import type { FieldType, Struct, StructValue } from './struct.ts';
import { putField } from './struct.ts';
import { cString, putCString } from './utf8.ts';

/**
 * A batch: system calls in order, and the memory that they point to. It runs as a whole wherever it is sent,
 * in this process or in a stub, and stops at the first failure that is not expected.
 *
 * What a call refers to is symbolic until the batch is run: {@link Memory} has an address only where it
 * runs, a {@link Result} a value only after it ran. A result of an earlier batch is simply a number.
 */
export class Batch {
  readonly entries: Entry[] = [];
  readonly inputs = new Room(false);
  readonly outputs = new Room(true);
  /** What is written into memory when it is known where, and for which architecture. */
  readonly patches: Patch[] = [];
  declare private ran?: true;
  declare private common?: Map<string, Memory>;

  /** Adds a system call; `registers` are its arguments as the kernel takes them. */
  add(call: CallKind, registers: readonly Operand[], options: EntryOptions = NONE, step = options.step): Result {
    if (registers.length > 6) throw new RangeError(`${call.name}: more than six registers`);
    return this.enter(call, NO_ARGUMENTS, registers, options, step);
  }

  /** The same for a call that has words for what it was called with, and no more registers than there are. */
  enter(
    call: CallKind,
    args: readonly never[],
    registers: readonly Operand[],
    options: EntryOptions,
    step: unknown,
  ): Result {
    const { entries } = this;
    const index = entries.length;
    const entry = new Result(call, args, registers, options, step, index);
    entries[index] = entry;
    return entry;
  }

  /** Stores a result (32 bits are enough for every result we move) into memory, before the next call reads it. */
  store(target: Memory, offset: number, value: Operand): void {
    this.enter(STORE, NO_ARGUMENTS, [new Address(target, offset), value], NONE, undefined);
  }

  /** Memory whose bytes the calls read. */
  input(bytes: Uint8Array): Memory {
    return this.inputs.hold(bytes);
  }

  /** The same for a string that ends with NUL. */
  string(value: string): Memory {
    const { inputs } = this;
    const memory = inputs.take(value.length + 1);
    if (putCString(value, inputs.bytes, memory.at)) return memory;
    // It is longer than it has characters, so nothing is left of the attempt.
    inputs.giveBack(memory);
    return inputs.hold(cString(value));
  }

  /** Memory whose bytes the calls write; they come back when the batch has run. */
  output(bytes: number | Uint8Array): Memory {
    return typeof bytes === 'number' ? this.outputs.take(bytes) : this.outputs.hold(bytes);
  }

  /** A struct in memory: names become flags, memory becomes its address, results are stored when they are known. */
  struct(declaration: Struct, value: StructFields, out = false): Memory {
    const { fields, offsets, size } = declaration;
    const room = out ? this.outputs : this.inputs;
    const memory = room.take(size);
    const { at } = memory;
    for (const field in value) {
      const given = value[field];
      const type = fields[field];
      const offset = offsets[field] ?? 0;
      if (given === undefined || type === undefined) continue;
      if (typeof given !== 'object') putField(room.bytes, at + offset, type, given);
      else if (isNames(given)) this.flags(memory, offset, type, given);
      else if (given instanceof Uint8Array) room.bytes.set(given.subarray(0, type.size), at + offset);
      else if (given instanceof Memory) this.point(memory, offset, given);
      else if (given instanceof Result && given.known) putField(room.bytes, at + offset, type, given.value);
      else this.store(memory, offset, given);
    }
    return memory;
  }

  /** The address of `target` goes into `memory`. */
  point(memory: Memory, offset: number, target: Memory): void {
    memory.pointers ??= [];
    memory.pointers.push({ offset, target });
    this.patches.push({ memory, offset, value: target, type: undefined });
  }

  /** Memory that calls only read, and that {@link share} keeps under this key. */
  shared(key: string): Memory | undefined {
    return this.common?.get(key);
  }

  /** Keeps memory for calls that need the same. */
  share(key: string, memory: Memory): Memory {
    this.common ??= new Map();
    this.common.set(key, memory);
    return memory;
  }

  /** Called by the port that runs it, once. */
  begin(): void {
    if (this.ran) throw new Error('a batch runs once');
    this.ran = true;
  }

  /** The field of `type` at `offset` becomes the sum of named flags. */
  private flags(memory: Memory, offset: number, type: FieldType, names: readonly string[]): void {
    const { table = {}, aarch64 } = type;
    const value = aarch64 ? ByArch.bitsOf(table, aarch64, names) : bitsOf(table, names);
    if (typeof value !== 'number') this.patches.push({ memory, offset, value, type });
    else if (value !== 0) putField(memory.room.bytes, memory.at + offset, type, value);
  }
}

/** The address of memory, or in a field of `type` a number that the architecture decides. */
export type Patch = { readonly memory: Memory; readonly offset: number } & (
  | { readonly value: Memory; readonly type: undefined }
  | { readonly value: ByArch; readonly type: FieldType }
);

/** What a register gets: a number, an address, an earlier result, or a word of memory read just before the call. */
export type Operand = number | ByArch | Memory | Address | Result | Word;
type Deferred = Result | Word;
export type StructFields = Readonly<Record<string, StructValue | Memory | Deferred | undefined>>;

function isNames(value: StructFields[string] & object): value is readonly string[] {
  return Array.isArray(value);
}

/** What calls of one kind share. */
export interface CallKind {
  readonly name: SyscallName | 'store';
  /** The arguments for people. Evaluated only if someone asks: an error, a trace, a plan. */
  words(args: readonly never[]): string[];
}

export interface Call {
  readonly name: SyscallName | 'store';
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

const NONE: EntryOptions = {};
const NO_ARGUMENTS: readonly never[] = [];
const STORE: CallKind = { name: 'store', words: () => [] };

/**
 * An entry of a batch, which is also its result: an operand for later calls, a number once the batch has run. One object
 * for both, and for the words: hundreds are made for a container. For the same reason what few of them have is only
 * declared, here and below: every property that is set costs.
 */
export class Result implements Call {
  /** The call is not made; whoever runs the batch gives this as its result, and goes on as after any other. */
  declare answer?: number | undefined;
  /** {@link value}, or undefined while it is not known. */
  settled: number | undefined = undefined;
  /** Private even from who prints an error that holds the call: a container's environment is among them. */
  readonly #args: readonly never[];

  constructor(
    private readonly kind: CallKind,
    args: readonly never[],
    readonly registers: readonly Operand[],
    readonly options: EntryOptions,
    /** What the entry belongs to. */
    readonly step: unknown,
    /** Which entry of its batch it is. */
    readonly index: number,
  ) {
    this.#args = args;
  }

  get name(): SyscallName | 'store' {
    return this.kind.name;
  }

  words(): string[] {
    return this.kind.words(this.#args);
  }

  /** What is made. */
  get call(): Call {
    return this;
  }

  /** What comes of it. */
  get result(): Result {
    return this;
  }

  get expected(): readonly string[] | undefined {
    return this.options.expected;
  }

  get known(): boolean {
    return this.settled !== undefined;
  }

  /** The kernel's answer; an expected failure is its negative errno. */
  get value(): number {
    if (this.settled === undefined) throw new Error(`the result of ${this.name} is not known yet`);
    return this.settled;
  }

  get failed(): boolean {
    return this.value < 0;
  }

  settle(value: number): void {
    this.settled = value;
  }
}

export type Entry = Result;

/** A number that depends on the architecture of where it goes. */
export class ByArch {
  private constructor(readonly values: Readonly<Record<Arch, number>>) {}

  /** The sum of named flags; a plain number where both architectures agree. */
  static bitsOf<N extends string>(
    x86_64: Readonly<Record<N, number>>,
    aarch64: Readonly<Record<N, number>>,
    names: readonly N[],
  ): number | ByArch {
    const here = bitsOf(x86_64, names);
    const there = bitsOf(aarch64, names);
    return here === there ? here : new ByArch({ x86_64: here, aarch64: there });
  }
}

/** The memory of a batch that calls write, or that they read. It grows while calls are added, and travels as one stretch. */
export class Room {
  bytes: Uint8Array = EMPTY;
  end = 0;
  /** Bytes from the start of the region that the batch is laid out in; set then. */
  start = 0;

  constructor(readonly out: boolean) {}

  /** Zeroed memory, aligned for every field there is. */
  take(size: number): Memory {
    const at = (this.end + 7) & ~7;
    this.end = at + size;
    if (this.end > this.bytes.length) this.grow();
    return new Memory(this, at, size);
  }

  hold(bytes: Uint8Array): Memory {
    const memory = this.take(bytes.length);
    this.bytes.set(bytes, memory.at);
    return memory;
  }

  /** What was taken last is not needed. */
  giveBack({ at }: Memory): void {
    this.end = at;
  }

  private grow(): void {
    const larger = new Uint8Array(Math.max(LEAST, 2 * this.bytes.length, this.end));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

const EMPTY = new Uint8Array();
/** Most batches of this process hold a path and a struct. */
const LEAST = 256;

export class Memory {
  /** Nearly all memory has none. */
  declare pointers?: { readonly offset: number; readonly target: Memory }[] | undefined;

  constructor(
    readonly room: Room,
    /** Bytes from the start of the room. */
    readonly at: number,
    readonly size: number,
  ) {}

  get out(): boolean {
    return this.room.out;
  }

  /** A view: of what the calls will read, or of what they wrote, once the batch has run. */
  get bytes(): Uint8Array {
    return this.room.bytes.subarray(this.at, this.at + this.size);
  }

  /** Bytes from the start of the region that its batch is laid out in. */
  get place(): number {
    return this.room.start + this.at;
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
