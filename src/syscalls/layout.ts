import type { Arch } from '../engine/engine.ts';
import { Address, type Batch, ByArch, type Entry, Memory, type Operand, type Result, Word } from './batch.ts';
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
  const count = batch.entries.length;
  const outputs = batch.memories.filter((memory) => memory.out);
  const inputs = batch.memories.filter((memory) => !memory.out);
  const replyLength = place(outputs, HEADER.size + 8 * count);
  const entries = roundUp(replyLength);
  const total = place(inputs, entries + ENTRY.size * count);

  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(HEADER.magic, MAGIC, true);
  view.setUint32(HEADER.length, total - HEADER.size, true);
  view.setUint32(HEADER.entries, entries, true);
  view.setUint32(HEADER.count, count, true);
  view.setUint32(HEADER.reply, replyLength, true);
  for (const memory of batch.memories) {
    bytes.set(memory.bytes, memory.place);
    for (const { offset, target } of memory.pointers) {
      writeWord(view, memory.place + offset, base + target.place);
    }
    for (const { offset, type, value } of memory.byArch) {
      writeField(view, memory.place + offset, type, value.values[arch]);
    }
  }
  const places = new Map(batch.entries.map(({ result }, i) => [result, base + HEADER.size + 8 * i]));
  batch.entries.forEach((entry, i) => {
    const at = entries + ENTRY.size * i;
    if (entry.answer !== undefined) writeAnswer(view, at, entry, base + HEADER.size + 8 * i, entry.answer);
    else writeEntry(view, at, entry, arch, (operand) => resolve(operand, base, places, arch));
  });
  return { bytes, replyLength };
}

/** Takes results and written memory out of a reply. Returns how many entries were executed. */
export function decode(batch: Batch, reply: Uint8Array): number {
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength);
  const remaining = view.getUint32(HEADER.remaining, true);
  const executed = Math.max(0, batch.entries.length - remaining);
  batch.entries.slice(0, executed).forEach(({ result }, i) => {
    result.settle(readWord(view, HEADER.size + 8 * i));
  });
  for (const memory of batch.memories) {
    // A copy: of an engine's own kind of bytes `slice` may be a view of memory that the next batch overwrites.
    if (memory.out) memory.bytes = new Uint8Array(reply.subarray(memory.place, memory.place + memory.bytes.length));
  }
  return executed;
}

interface Resolved {
  readonly kind: number;
  readonly value: number;
}

function resolve(operand: Operand, base: number, places: ReadonlyMap<Result, number>, arch: Arch): Resolved {
  if (typeof operand === 'number') return { kind: OPERAND.constant, value: operand };
  if (operand instanceof ByArch) return { kind: OPERAND.constant, value: operand.values[arch] };
  if (operand instanceof Memory) return { kind: OPERAND.constant, value: base + operand.place };
  if (operand instanceof Address)
    return { kind: OPERAND.constant, value: base + operand.memory.place + operand.offset };
  if (operand instanceof Word) {
    const kind = operand.width === 32 ? OPERAND.word32 : OPERAND.word64;
    return { kind, value: base + operand.memory.place + operand.offset };
  }
  if (operand.known) return { kind: OPERAND.constant, value: operand.value };
  const place = places.get(operand);
  if (place === undefined) throw new Error(`${operand.call.name}: its result belongs to a batch that has not run`);
  return { kind: OPERAND.word64, value: place };
}

function writeEntry(
  view: DataView,
  at: number,
  entry: Entry,
  arch: Arch,
  resolveOperand: (operand: Operand) => Resolved,
): void {
  const { call } = entry;
  let flags = entry.expected ? ENTRY_FLAG.ignore : 0;
  if (entry.kind === 'store') flags |= ENTRY_FLAG.store;
  if (entry.adopt) flags |= ENTRY_FLAG.adopt;
  if (entry.returnsTwice !== undefined) flags |= ENTRY_FLAG.returnsTwice | (entry.returnsTwice << CONTROL_SHIFT);
  entry.registers.forEach((operand, i) => {
    const { kind, value } = resolveOperand(operand);
    flags |= kind << (2 * i);
    writeWord(view, at + ENTRY.arguments + 8 * i, value);
  });
  view.setUint32(at + ENTRY.number, call.name === 'store' ? 0 : syscallNumber(call.name, arch), true);
  view.setUint32(at + ENTRY.flags, flags >>> 0, true);
}

/** A signed 64-bit integer, without a BigInt: there are thousands. */
export function writeWord(view: DataView, at: number, value: number): void {
  if (!Number.isInteger(value)) throw new RangeError(`${value} is no integer`);
  view.setUint32(at, value >>> 0, true);
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
}

/** Exact up to 2^53. */
export function readWord(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

/** A store whose only effect is its result. What is done with a socket or a second process has no meaning then. */
function writeAnswer(view: DataView, at: number, entry: Entry, unused: number, answer: number): void {
  view.setUint32(at + ENTRY.flags, ENTRY_FLAG.store | (entry.expected ? ENTRY_FLAG.ignore : 0), true);
  writeWord(view, at + ENTRY.arguments, unused);
  writeWord(view, at + ENTRY.arguments + 16, answer);
}

/** Gives each memory its place behind `start`; returns the end. */
function place(memories: readonly Memory[], start: number): number {
  let end = start;
  for (const memory of memories) {
    memory.place = roundUp(end);
    end = memory.place + memory.bytes.length;
  }
  return end;
}

function roundUp(value: number): number {
  return Math.ceil(value / 8) * 8;
}
