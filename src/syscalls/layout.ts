import type { Arch } from '../engine/engine.ts';
import { type Batch, ByArch, type Entry, Memory, type Operand, Result, type Room, Word } from './batch.ts';
import { syscallNumber } from './numbers.ts';
import { pointer, putField } from './struct.ts';

/**
 * How a batch lies in memory, the same for a stub and for this process:
 *
 *     header | results | memory that calls write | entries | memory that calls read
 *
 * What must come back is one stretch from the start, so a reply is one write. Both ends know its length
 * beforehand; nothing the stub says is used as a length or an address.
 */
export const HEADER = {
  magic: 0,
  /** Bytes that follow the header. */
  length: 4,
  /** Distance of the entries from the start. */
  entries: 8,
  count: 12,
  /** Bytes to send back, from the start. */
  reply: 16,
  /** Set by the stub: entries that were not executed. */
  remaining: 20,
  size: 32,
} as const;

export const ENTRY = { number: 0, flags: 4, arguments: 8, size: 56 } as const;

/**
 * Two bits for each argument say what it is; above them what the entry does. A store is no system call: its
 * first argument is an address, its second the 32 bits that go there, its third what the entry's result is.
 */
export const OPERAND = { constant: 0, word32: 1, word64: 2 } as const;
export const ENTRY_FLAG = { ignore: 1 << 12, returnsTwice: 1 << 13, adopt: 1 << 14, store: 1 << 15 } as const;
export const CONTROL_SHIFT = 16;

/** "TSR1" in memory. */
export const MAGIC = 0x31525354;

export interface Layout {
  /** The whole request, its addresses resolved for `base`. */
  readonly bytes: Uint8Array;
  readonly replyLength: number;
}

/** Lays `batch` out at address `base`. */
export function encode(batch: Batch, base: number, arch: Arch): Layout {
  const { entries } = batch;
  const { replyLength, entries: start, total } = arrange(batch);
  // In words of 32 bits: hundreds of entries are written each time, and a number goes into an array at once.
  const words = new Int32Array(total / 4);
  const bytes = new Uint8Array(words.buffer);
  words[HEADER.magic / 4] = MAGIC;
  words[HEADER.length / 4] = total - HEADER.size;
  words[HEADER.entries / 4] = start;
  words[HEADER.count / 4] = entries.length;
  words[HEADER.reply / 4] = replyLength;
  putMemories(batch, bytes, base, arch);
  let at = start / 4;
  for (let i = 0; i < entries.length; i++, at += ENTRY.size / 4) {
    const entry = entries[i];
    if (entry === undefined) continue;
    if (entry.answer === undefined) putEntry(words, at, batch, entry, base, arch);
    else putAnswer(words, at, entry, entry.answer, base);
  }
  return { bytes, replyLength };
}

/** Takes results and written memory out of a reply. Returns how many entries were executed. */
export function decode({ entries, outputs }: Batch, reply: Uint8Array): number {
  const words = new Int32Array(reply.buffer, reply.byteOffset, reply.byteLength >> 2);
  const remaining = (words[HEADER.remaining / 4] ?? 0) >>> 0;
  const executed = Math.max(0, entries.length - remaining);
  for (let i = 0, at = HEADER.size / 4; i < executed; i++, at += 2) entries[i]?.settle(wordAt(words, at));
  takeOutputs(outputs, reply);
  return executed;
}

/** A copy: of an engine's own kind of bytes `slice` may be a view of memory that the next batch overwrites. */
export function takeOutputs(room: Room, from: Uint8Array): void {
  if (room.end > 0) room.bytes = new Uint8Array(from.subarray(room.start, room.start + room.end));
}

export interface Arrangement {
  readonly replyLength: number;
  readonly entries: number;
  readonly total: number;
}

/** Gives the memory its place. */
export function arrange({ entries: { length: count }, inputs, outputs }: Batch): Arrangement {
  outputs.start = HEADER.size + 8 * count;
  const replyLength = outputs.start + outputs.end;
  const entries = roundUp(replyLength);
  inputs.start = entries + ENTRY.size * count;
  return { replyLength, entries, total: roundUp(inputs.start + inputs.end) };
}

/** Writes what the memory holds, and the addresses in it, to where it has its place. */
export function putMemories({ inputs, outputs, patches }: Batch, bytes: Uint8Array, base: number, arch: Arch): void {
  if (outputs.end > 0) bytes.set(outputs.bytes.subarray(0, outputs.end), outputs.start);
  if (inputs.end > 0) bytes.set(inputs.bytes.subarray(0, inputs.end), inputs.start);
  for (let i = 0; i < patches.length; i++) {
    const patch = patches[i];
    if (patch === undefined) continue;
    const { memory, offset, type, value } = patch;
    const at = memory.place + offset;
    if (type === undefined) putField(bytes, at, pointer, base + value.place);
    else putField(bytes, at, type, value.values[arch]);
  }
}

function putEntry(words: Int32Array, at: number, batch: Batch, entry: Entry, base: number, arch: Arch): void {
  const { name, options, registers } = entry;
  let flags = options.expected ? ENTRY_FLAG.ignore : 0;
  if (options.adopt) flags |= ENTRY_FLAG.adopt;
  if (options.returnsTwice !== undefined) flags |= ENTRY_FLAG.returnsTwice | (options.returnsTwice << CONTROL_SHIFT);
  if (name === 'store') flags |= ENTRY_FLAG.store;
  else words[at + ENTRY.number / 4] = syscallNumber(name, arch);
  let to = at + ENTRY.arguments / 4;
  for (let i = 0; i < registers.length; i++, to += 2) {
    const operand = registers[i] ?? 0;
    let value: number;
    if (typeof operand === 'number') value = operand;
    else if (operand instanceof Memory) value = base + operand.room.start + operand.at;
    else {
      value = valueOrPlace(operand, batch, base, arch);
      flags |= kindOf(operand) << (2 * i);
    }
    // As putWord does, which is called for what is more than 32 bits.
    words[to] = value;
    if (words[to] === value) words[to + 1] = value >> 31;
    else putWord(words, to, value);
  }
  words[at + ENTRY.flags / 4] = flags;
}

/** What an operand is when the entry is executed. */
function kindOf(operand: Exclude<Operand, number>): number {
  if (operand instanceof Result) return operand.settled === undefined ? OPERAND.word64 : OPERAND.constant;
  if (operand instanceof Word) return operand.width === 32 ? OPERAND.word32 : OPERAND.word64;
  return OPERAND.constant;
}

/** The operand's value, or where that lies. */
export function valueOrPlace(operand: Exclude<Operand, number>, batch: Batch, base: number, arch: Arch): number {
  if (operand instanceof Result) return operand.settled ?? base + placeOf(operand, batch);
  if (operand instanceof Memory) return base + operand.place;
  if (operand instanceof ByArch) return operand.values[arch];
  return base + operand.memory.place + operand.offset;
}

/** Where the result will be. */
function placeOf(result: Result, { entries }: Batch): number {
  if (entries[result.index] !== result) {
    throw new Error(`${result.name}: its result belongs to a batch that has not run`);
  }
  return HEADER.size + 8 * result.index;
}

/** A signed 64-bit integer, without a BigInt: there are thousands. */
export function putWord(words: Int32Array, at: number, value: number): void {
  // An array takes the lower 32 bits of a number.
  words[at] = value;
  if (value === words[at]) words[at + 1] = value >> 31;
  else if (Number.isInteger(value)) words[at + 1] = Math.floor(value / 2 ** 32);
  else throw new RangeError(`${value} is no integer`);
}

/** Exact up to 2^53. */
export function wordAt(words: Int32Array, at: number): number {
  const low = words[at] ?? 0;
  const high = words[at + 1] ?? 0;
  return high === low >> 31 ? low : high * 2 ** 32 + (low >>> 0);
}

/** A store whose only effect is its result. What is done with a socket or a second process has no meaning then. */
function putAnswer(words: Int32Array, at: number, entry: Entry, answer: number, base: number): void {
  words[at + ENTRY.flags / 4] = ENTRY_FLAG.store | (entry.options.expected ? ENTRY_FLAG.ignore : 0);
  putWord(words, at + ENTRY.arguments / 4, base + HEADER.size + 8 * entry.index);
  putWord(words, at + ENTRY.arguments / 4 + 4, answer);
}

/** To eight bytes; what is counted here is below 2^31. */
function roundUp(value: number): number {
  return (value + 7) & ~7;
}
