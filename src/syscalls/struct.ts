/**
 * A struct of the kernel's, declared once: size, offsets, writer and reader follow from the fields. Offsets
 * obey natural alignment, which is what the kernel's own headers rely on for 64-bit user space.
 */
export interface Struct<F extends Fields = Fields> {
  readonly name: string;
  readonly fields: F;
  readonly size: number;
  readonly offsets: { readonly [K in keyof F]: number };
}

export type Fields = Readonly<Record<string, FieldType>>;

export interface FieldType {
  readonly size: number;
  readonly align: number;
  readonly signed?: boolean;
  /** Names for the value in words. */
  readonly table?: Readonly<Record<string, number>>;
  /** The same names on aarch64, where their numbers are others there. */
  readonly aarch64?: Readonly<Record<string, number>>;
}

/** Values for a struct; fields left out are zero. A name list stands for the sum of its table's flags. */
export type StructValue = number | bigint | Uint8Array | readonly string[];

export const u8: FieldType = { size: 1, align: 1 };
export const u16: FieldType = { size: 2, align: 2 };
export const u32: FieldType = { size: 4, align: 4 };
export const i32: FieldType = { size: 4, align: 4, signed: true };
export const u64: FieldType = { size: 8, align: 8 };
export const i64: FieldType = { size: 8, align: 8, signed: true };
/** An address: a field that may hold memory of the same batch. */
export const pointer: FieldType = { size: 8, align: 8 };

export function bytesField(size: number): FieldType {
  return { size, align: 1 };
}

/** A field whose value is the sum of named flags. */
export function flagsField(
  type: FieldType,
  table: Readonly<Record<string, number>>,
  aarch64?: Readonly<Record<string, number>>,
): FieldType {
  return { ...type, table, ...(aarch64 && { aarch64 }) };
}

export function struct<F extends Fields>(name: string, fields: F): Struct<F> {
  let end = 0;
  let align = 1;
  const offsets: Record<string, number> = {};
  for (const [field, type] of Object.entries(fields)) {
    offsets[field] = roundUp(end, type.align);
    end = (offsets[field] ?? 0) + type.size;
    align = Math.max(align, type.align);
  }
  return { name, fields, size: roundUp(end, align), offsets: offsets as { [K in keyof F]: number } };
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/** Writes `value` in `type`'s width at `offset`, little-endian as both architectures are. */
export function writeField(view: DataView, offset: number, type: FieldType, value: number | bigint): void {
  switch (type.size) {
    case 1:
      return view.setUint8(offset, Number(value));
    case 2:
      return view.setUint16(offset, Number(value), true);
    case 4:
      return view.setUint32(offset, Number(value) >>> 0, true);
    default:
      return view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  }
}

/** The same into an array of bytes, where the field is zero. */
export function putField(bytes: Uint8Array, at: number, type: FieldType, value: number | bigint): void {
  // What nearly every value is, and fits: a view, and a BigInt for 64 bits, cost more than the bytes.
  if (typeof value === 'number' && type.size >= 4 && value >= 0 && value === (value | 0)) {
    for (let rest = value, to = at; rest !== 0; rest >>>= 8) bytes[to++] = rest;
  } else writeField(new DataView(bytes.buffer, bytes.byteOffset), at, type, value);
}

/** Reads one integer field of `struct` from `bytes`; above 2^53 the nearest double. */
export function readField<F extends Fields>(struct: Struct<F>, field: keyof F & string, bytes: Uint8Array): number {
  const { type, offset } = find(struct, field, bytes);
  if (type.size > 4) return Number(readExact(struct, field, bytes));
  let value = 0;
  for (let i = type.size - 1; i >= 0; i--) value = value * 256 + (bytes[offset + i] ?? 0);
  return type.signed && value >= 2 ** (type.size * 8 - 1) ? value - 2 ** (type.size * 8) : value;
}

function find<F extends Fields>(struct: Struct<F>, field: keyof F & string, bytes: Uint8Array) {
  const type = struct.fields[field];
  const offset = struct.offsets[field];
  if (!type || offset === undefined) throw new RangeError(`struct ${struct.name} has no ${field}`);
  if (offset + type.size > bytes.length) throw new RangeError(`${field} of struct ${struct.name} is cut off`);
  return { type, offset };
}

export function readExact<F extends Fields>(struct: Struct<F>, field: keyof F & string, bytes: Uint8Array): bigint {
  const { type, offset } = find(struct, field, bytes);
  let value = 0n;
  for (let i = type.size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[offset + i] ?? 0);
  return type.signed ? BigInt.asIntN(type.size * 8, value) : value;
}
