import type { Engine } from '../../../../engine/engine.ts';
import { completeTypes, membersOf } from './signature.ts';

/** A value of any D-Bus type: a struct, a dict entry and an array are arrays. 64-bit integers are read as bigints. */
export type Value = boolean | number | bigint | string | Variant | readonly Value[];

export interface Variant {
  /** One single complete type. */
  readonly signature: string;
  readonly value: Value;
}

export type Text = Pick<Engine, 'encode' | 'decode'>;

/** `values` in the D-Bus wire format, little-endian, as the types of `signature` say. The start counts as aligned to 8. */
export function marshal(text: Text, signature: string, values: readonly Value[]): Uint8Array {
  const types = completeTypes(signature);
  if (types.length !== values.length) throw new RangeError(`${values.length} values for the signature ${signature}`);
  const writer = new Writer(text);
  types.forEach((type, i) => {
    writer.value(type, values[i] ?? mismatch(type, undefined));
  });
  return writer.bytes();
}

/** The values that `bytes` hold. Throws a RangeError for what does not fit; what follows the values is left alone. */
export function unmarshal(text: Text, signature: string, bytes: Uint8Array, little: boolean, start = 0): Value[] {
  const reader = new Reader(text, bytes, little, start);
  return completeTypes(signature).map((type) => reader.value(type, 0));
}

interface Fixed {
  readonly size: 1 | 2 | 4 | 8;
  write(view: DataView, at: number, value: Value): void;
  read(view: DataView, at: number, little: boolean): Value;
}

/** Types of a fixed size, which is their alignment too. */
const fixed: Readonly<Record<string, Fixed>> = {
  y: integer(1, 0n, 0xffn, 'Uint8'),
  n: integer(2, -0x8000n, 0x7fffn, 'Int16'),
  q: integer(2, 0n, 0xffffn, 'Uint16'),
  i: integer(4, -0x8000_0000n, 0x7fff_ffffn, 'Int32'),
  u: integer(4, 0n, 0xffff_ffffn, 'Uint32'),
  h: integer(4, 0n, 0xffff_ffffn, 'Uint32'),
  x: long(-(2n ** 63n), 2n ** 63n - 1n, 'BigInt64'),
  t: long(0n, 2n ** 64n - 1n, 'BigUint64'),
  b: {
    size: 4,
    write: (view, at, value) =>
      view.setUint32(at, typeof value === 'boolean' ? Number(value) : mismatch('b', value), true),
    read: (view, at, little) => view.getUint32(at, little) === 1,
  },
  d: {
    size: 8,
    write: (view, at, value) => view.setFloat64(at, typeof value === 'number' ? value : mismatch('d', value), true),
    read: (view, at, little) => view.getFloat64(at, little),
  },
};

function integer(
  size: 1 | 2 | 4,
  least: bigint,
  most: bigint,
  name: 'Uint8' | 'Int16' | 'Uint16' | 'Int32' | 'Uint32',
): Fixed {
  return {
    size,
    write: (view, at, value) => view[`set${name}`](at, Number(within(value, least, most)), true),
    read: (view, at, little) => view[`get${name}`](at, little),
  };
}

function long(least: bigint, most: bigint, name: 'BigInt64' | 'BigUint64'): Fixed {
  return {
    size: 8,
    write: (view, at, value) => view[`set${name}`](at, within(value, least, most), true),
    read: (view, at, little) => view[`get${name}`](at, little),
  };
}

function within(value: Value, least: bigint, most: bigint): bigint {
  const exact =
    typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(value) : mismatch('integer', value);
  if (exact < least || exact > most) throw new RangeError(`${exact} is not within ${least} and ${most}`);
  return exact;
}

function mismatch(type: string, value: unknown): never {
  throw new RangeError(`no value of the D-Bus type ${type}: ${String(value)}`);
}

function alignmentOf(type: string): number {
  const code = type[0] ?? '';
  if (code === '(' || code === '{') return 8;
  if (code === 'g' || code === 'v') return 1;
  return fixed[code]?.size ?? 4;
}

class Writer {
  private room = new Uint8Array(1024);
  private length = 0;

  constructor(private readonly text: Text) {}

  bytes(): Uint8Array {
    return this.room.slice(0, this.length);
  }

  value(type: string, value: Value): void {
    this.align(alignmentOf(type));
    const plain = fixed[type];
    if (plain) {
      const at = this.grow(plain.size);
      plain.write(new DataView(this.room.buffer), at, value);
    } else if (type === 's' || type === 'o') this.string('u', value);
    else if (type === 'g') this.string('y', value);
    else if (type === 'v') this.variant(value);
    else if (type.startsWith('a')) this.array(type.slice(1), elementsOf(type, value));
    else this.struct(type, elementsOf(type, value));
  }

  private string(lengthType: 'u' | 'y', value: Value): void {
    if (typeof value !== 'string' || value.includes('\0')) return mismatch('s', value);
    const bytes = this.text.encode(value);
    this.value(lengthType, bytes.length);
    const at = this.grow(bytes.length + 1);
    this.room.set(bytes, at);
  }

  private variant(value: Value): void {
    if (typeof value !== 'object' || !('signature' in value)) return mismatch('v', value);
    this.string('y', value.signature);
    this.value(value.signature, value.value);
  }

  /** The length does not count the padding in front of the first element. */
  private array(type: string, values: readonly Value[]): void {
    const length = this.grow(4);
    this.align(alignmentOf(type));
    const start = this.length;
    for (const value of values) this.value(type, value);
    new DataView(this.room.buffer).setUint32(length, this.length - start, true);
  }

  private struct(type: string, values: readonly Value[]): void {
    membersOf(type).forEach((member, i) => {
      this.value(member, values[i] ?? mismatch(type, values));
    });
  }

  private align(size: number): void {
    this.grow((size - (this.length % size)) % size);
  }

  /** Where the next `size` bytes, all zero, are. */
  private grow(size: number): number {
    const at = this.length;
    this.length += size;
    if (this.length > this.room.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.room);
      this.room = larger;
    }
    return at;
  }
}

function elementsOf(type: string, value: Value): readonly Value[] {
  return Array.isArray(value) ? value : mismatch(type, value);
}

class Reader {
  private readonly view: DataView;

  constructor(
    private readonly text: Text,
    private readonly bytes: Uint8Array,
    private readonly little: boolean,
    private at: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  value(type: string, depth: number): Value {
    if (depth > MAX_DEPTH) throw new RangeError('a D-Bus value is nested too deep');
    this.align(alignmentOf(type));
    const plain = fixed[type];
    if (plain) return plain.read(this.view, this.take(plain.size), this.little);
    if (type === 's' || type === 'o') return this.string('u');
    if (type === 'g') return this.string('y');
    if (type === 'v') return this.variant(depth);
    if (type.startsWith('a')) return this.array(type.slice(1), depth);
    return membersOf(type).map((member) => this.value(member, depth + 1));
  }

  private string(lengthType: 'u' | 'y'): string {
    const length = Number(this.value(lengthType, 0));
    const at = this.take(length + 1);
    return this.text.decode(this.bytes.subarray(at, at + length));
  }

  private variant(depth: number): Variant {
    const signature = this.string('y');
    if (completeTypes(signature).length !== 1) throw new RangeError(`a variant of the type ${signature}`);
    return { signature, value: this.value(signature, depth + 1) };
  }

  private array(type: string, depth: number): Value[] {
    const length = this.view.getUint32(this.take(4), this.little);
    this.align(alignmentOf(type));
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('a D-Bus array ends behind its message');
    const values: Value[] = [];
    while (this.at < end) values.push(this.value(type, depth + 1));
    return values;
  }

  private align(size: number): void {
    this.take((size - (this.at % size)) % size);
  }

  private take(size: number): number {
    const at = this.at;
    this.at += size;
    if (this.at > this.bytes.length) throw new RangeError('a D-Bus value ends behind its message');
    return at;
  }
}

const MAX_DEPTH = 64;
