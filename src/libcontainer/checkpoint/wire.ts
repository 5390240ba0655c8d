/**
 * The wire format of Protocol Buffers, as far as criu's RPC needs it: varints, and bytes with their length before them.
 * That much is shorter than the tables that a library would have to be given, and loads with them.
 */
export interface Type<T> {
  readonly wire: typeof VARINT | typeof BYTES;
  write(value: T, text: TextCodec): Uint8Array;
  read(raw: bigint | Uint8Array, text: TextCodec): T;
}

/** The engine's UTF-8. */
export interface TextCodec {
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

const VARINT = 0;
const BYTES = 2;

/** int32, uint32 and enumerations. */
export const number: Type<number> = {
  wire: VARINT,
  write: (value) => varint(BigInt.asUintN(64, BigInt(value))),
  read: (raw) => Number(BigInt.asIntN(64, varintOf(raw))),
};

export const flag: Type<boolean> = {
  wire: VARINT,
  write: (value) => varint(value ? 1n : 0n),
  read: (raw) => varintOf(raw) !== 0n,
};

export const text: Type<string> = {
  wire: BYTES,
  write: (value, { encode }) => encode(value),
  read: (raw, { decode }) => decode(bytesOf(raw)),
};

/** A field: its number, its type, and whether it may come any number of times. */
export type Field<T> = readonly [number: number, type: Type<T>];
export type RepeatedField<T> = readonly [number: number, type: Type<T>, repeated: 'repeated'];
type Fields = Readonly<Record<string, Field<unknown> | RepeatedField<unknown>>>;

type ElementOf<F> = F extends readonly [number, Type<infer T>, ...unknown[]] ? T : never;
/** Every field may be absent; that a message cannot do without one is the peer's to say. */
type ValueOf<F extends Fields> = {
  readonly [K in keyof F]?: F[K] extends RepeatedField<unknown> ? readonly ElementOf<F[K]>[] : ElementOf<F[K]>;
};
export type MessageOf<M> = M extends Type<infer T> ? T : never;

/** A message as a field's type, and as what is sent. */
export function message<const F extends Fields>(fields: F): Type<ValueOf<F>> {
  const byNumber = new Map(Object.entries(fields).map(([name, [key, ...rest]]) => [key, { name, rest }]));
  return {
    wire: BYTES,
    write(value, codec) {
      const pieces: Uint8Array[] = [];
      for (const [name, [key, type, repeated]] of Object.entries(fields)) {
        const given: unknown = value[name];
        if (given === undefined) continue;
        const all: readonly unknown[] = repeated && Array.isArray(given) ? given : [given];
        for (const one of all) pieces.push(...field(key, type.wire, type.write(one, codec)));
      }
      return concatenate(pieces);
    },
    read(raw, codec) {
      const value: Record<string, unknown> = {};
      for (const { key, content } of fieldsIn(bytesOf(raw))) {
        const known = byNumber.get(key);
        // A newer peer may say more than we know of.
        if (!known) continue;
        const [type, repeated] = known.rest;
        const before = value[known.name];
        const one = type.read(content, codec);
        value[known.name] = repeated ? [...(Array.isArray(before) ? before : []), one] : one;
      }
      return value as ValueOf<F>;
    },
  };
}

function field(key: number, wire: Type<unknown>['wire'], content: Uint8Array): Uint8Array[] {
  const tag = varint(BigInt(key * 8 + wire));
  return wire === BYTES ? [tag, varint(BigInt(content.length)), content] : [tag, content];
}

function* fieldsIn(bytes: Uint8Array): Generator<{ key: number; content: bigint | Uint8Array }> {
  const cursor = new Cursor(bytes);
  while (!cursor.atEnd) {
    const tag = Number(cursor.varint());
    const wire = tag % 8;
    const content = wire === VARINT ? cursor.varint() : cursor.take(lengthOf(cursor, wire));
    yield { key: Math.floor(tag / 8), content };
  }
}

/** Numbers of a fixed width occur in no message that we know, but may in one that we skip. */
function lengthOf(cursor: Cursor, wire: number): number {
  const fixed: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
  if (wire === BYTES) return Number(cursor.varint());
  const length = fixed[wire];
  if (length === undefined) throw new RangeError(`a field of the wire type ${wire}`);
  return length;
}

class Cursor {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const [byte = 0] = this.take(1);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number of more than 64 bits');
  }

  take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('a message ends in the middle of a field');
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}

function varintOf(raw: bigint | Uint8Array): bigint {
  if (typeof raw === 'bigint') return raw;
  throw new RangeError('bytes where a number belongs');
}

function bytesOf(raw: bigint | Uint8Array): Uint8Array {
  if (typeof raw !== 'bigint') return raw;
  throw new RangeError('a number where bytes belong');
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
