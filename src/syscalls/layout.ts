import type { Arch } from '../engine/engine.ts';
import { Address, type Batch, ByArch, type Entry, Memory, type Operand, Word } from './batch.ts';
import { syscallNumber } from './numbers.ts';
import { writeField } from './struct.ts';

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
  const { replyLength, entries, total } = arrange(batch);
  // In words of 32 bits: hundreds of entries are written each time, and a number goes into an array at once.
  const words = new Int32Array(total / 4);
  const bytes = new Uint8Array(words.buffer);
  words[HEADER.magic / 4] = MAGIC;
  words[HEADER.length / 4] = total - HEADER.size;
  words[HEADER.entries / 4] = entries;
  words[HEADER.count / 4] = batch.entries.length;
  words[HEADER.reply / 4] = replyLength;
  putMemories(batch, words, base, arch);
  let at = entries / 4;
  for (const entry of batch.entries) {
    if (entry.answer === undefined) putEntry(words, at, batch, entry, base, arch);
    else putAnswer(words, at, entry, entry.answer, base);
    at += ENTRY.size / 4;
  }
  return { bytes, replyLength };
}

/** Takes results and written memory out of a reply. Returns how many entries were executed. */
export function decode(batch: Batch, reply: Uint8Array): number {
  const words = new Int32Array(reply.buffer, reply.byteOffset, reply.byteLength >> 2);
  const remaining = (words[HEADER.remaining / 4] ?? 0) >>> 0;
  const executed = Math.max(0, batch.entries.length - remaining);
  for (let i = 0, at = HEADER.size / 4; i < executed; i++, at += 2) {
    batch.entries[i]?.result.settle(wordAt(words, at));
  }
  takeMemories(batch, reply);
  return executed;
}

/** A copy: of an engine's own kind of bytes `slice` may be a view of memory that the next batch overwrites. */
export function takeMemories({ memories }: Batch, from: Uint8Array): void {
  for (const memory of memories) {
    if (memory.out) memory.bytes = new Uint8Array(from.subarray(memory.place, memory.place + memory.bytes.length));
  }
}

export interface Arrangement {
  readonly replyLength: number;
  readonly entries: number;
  readonly total: number;
}

/** Gives each memory its place. */
export function arrange({ entries: { length: count }, memories }: Batch): Arrangement {
  const replyLength = place(memories, true, HEADER.size + 8 * count);
  const entries = roundUp(replyLength);
  return { replyLength, entries, total: roundUp(place(memories, false, entries + ENTRY.size * count)) };
}

/** Writes what the memories hold, and the addresses in them, to where they have their places. */
export function putMemories({ memories }: Batch, words: Int32Array, base: number, arch: Arch): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  for (const memory of memories) {
    bytes.set(memory.bytes, memory.place);
    for (const { offset, target } of memory.pointers) putWord(words, (memory.place + offset) / 4, base + target.place);
    if (memory.byArch.length > 0) putByArch(memory, bytes, arch);
  }
}

function putByArch({ place, byArch }: Memory, bytes: Uint8Array, arch: Arch): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const { offset, type, value } of byArch) writeField(view, place + offset, type, value.values[arch]);
}

function putEntry(words: Int32Array, at: number, batch: Batch, entry: Entry, base: number, arch: Arch): void {
  const { call, returnsTwice } = entry;
  let flags = entry.expected ? ENTRY_FLAG.ignore : 0;
  if (entry.kind === 'store') flags |= ENTRY_FLAG.store;
  if (entry.adopt) flags |= ENTRY_FLAG.adopt;
  if (returnsTwice !== undefined) flags |= ENTRY_FLAG.returnsTwice | (returnsTwice << CONTROL_SHIFT);
  let to = at + ENTRY.arguments / 4;
  let shift = 0;
  for (const operand of entry.registers) {
    if (typeof operand === 'number') putWord(words, to, operand);
    else {
      flags |= kindOf(operand) << shift;
      putWord(words, to, valueOrPlace(operand, batch, base, arch));
    }
    to += 2;
    shift += 2;
  }
  words[at + ENTRY.number / 4] = call.name === 'store' ? 0 : syscallNumber(call.name, arch);
  words[at + ENTRY.flags / 4] = flags;
}

/** What an operand is when the entry is executed. */
function kindOf(operand: Exclude<Operand, number>): number {
  if (operand instanceof Memory || operand instanceof Address || operand instanceof ByArch) return OPERAND.constant;
  if (operand instanceof Word) return operand.width === 32 ? OPERAND.word32 : OPERAND.word64;
  return operand.known ? OPERAND.constant : OPERAND.word64;
}

/** The operand's value, or where that lies. */
export function valueOrPlace(operand: Exclude<Operand, number>, batch: Batch, base: number, arch: Arch): number {
  if (operand instanceof Memory) return base + operand.place;
  if (operand instanceof Address || operand instanceof Word) return base + operand.memory.place + operand.offset;
  if (operand instanceof ByArch) return operand.values[arch];
  if (operand.known) return operand.value;
  if (batch.entries[operand.index]?.result !== operand) {
    throw new Error(`${operand.call.name}: its result belongs to a batch that has not run`);
  }
  return base + HEADER.size + 8 * operand.index;
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
  words[at + ENTRY.flags / 4] = ENTRY_FLAG.store | (entry.expected ? ENTRY_FLAG.ignore : 0);
  putWord(words, at + ENTRY.arguments / 4, base + HEADER.size + 8 * entry.result.index);
  putWord(words, at + ENTRY.arguments / 4 + 4, answer);
}

/** The memories of one kind behind `start`; returns the end. */
function place(memories: readonly Memory[], out: boolean, start: number): number {
  let end = start;
  for (const memory of memories) {
    if (memory.out !== out) continue;
    memory.place = roundUp(end);
    end = memory.place + memory.bytes.length;
  }
  return end;
}

/** To eight bytes; what is counted here is below 2^31. */
function roundUp(value: number): number {
  return (value + 7) & ~7;
}
