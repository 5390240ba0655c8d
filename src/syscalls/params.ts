import { type Batch, ByArch, type Call, Memory, type Operand, Result, type StructFields, Word } from './batch.ts';
import { AT_FDCWD, bitsOf, type Table } from './constants.ts';
import type { Struct } from './struct.ts';

/** One parameter of a typed call: how a value becomes registers, and how it reads. */
export interface Param<T> {
  /** Appends to `registers` what the kernel takes for it; memory that it needs goes into `batch`. */
  put(batch: Batch, value: T, registers: Operand[]): void;
  words(value: T): string;
}

/** Marks a declaration's value type; never called. */
export type ValueOf<P> = P extends Param<infer T> ? T : never;

export const int: Param<Operand> = {
  put: (_, value, registers) => void registers.push(value),
  words: (value) => operandWords(value),
};

/** A descriptor; a result reads as the path that it was opened by. */
export const fd: Param<Operand> = {
  put: (_, value, registers) => void registers.push(value),
  words: (value) => (value === AT_FDCWD ? 'AT_FDCWD' : operandWords(value)),
};

export const mode: Param<number> = {
  put: (_, value, registers) => void registers.push(value),
  words: (value) => `0${value.toString(8)}`,
};

/** A NUL-terminated string; null is a null pointer. */
export const path: Param<string | null> = {
  put: (batch, value, registers) => void registers.push(value === null ? 0 : batch.input(cString(value))),
  words: (value) => (value === null ? 'NULL' : JSON.stringify(value)),
};

/** `argv`, `envp`: an array of strings that ends with a null pointer. */
export const strings: Param<readonly string[]> = {
  put(batch, values, registers) {
    const array = batch.input(new Uint8Array(8 * (values.length + 1)));
    values.forEach((value, i) => {
      array.pointers.push({ offset: 8 * i, target: batch.input(cString(value)) });
    });
    registers.push(array);
  },
  words: (values) => `[${values.map((value) => JSON.stringify(value)).join(', ')}]`,
};

/** `envp`: values may be secrets, so only their number reads. */
export const environment: Param<readonly string[]> = {
  put: strings.put,
  words: (values) => `${values.length} variables`,
};

/** `aarch64`: the same names, where their numbers are others there. */
export function flags<T extends Table>(
  table: T,
  aarch64?: Readonly<Record<keyof T, number>>,
): Param<readonly (keyof T & string)[]> {
  return {
    put: (_, names, registers) =>
      void registers.push(aarch64 ? ByArch.bitsOf(table, aarch64, names) : bitsOf(table, names)),
    words: (names) => (names.length ? names.join('|') : '0'),
  };
}

export function choice<T extends Table>(table: T): Param<keyof T & string> {
  return {
    put: (_, name, registers) => void registers.push(table[name] ?? 0),
    words: (name) => name,
  };
}

/** A pointer to a struct that the kernel reads: its fields, or the memory of one that several calls share. */
export function structOf(declaration: Struct): Param<StructFields | Memory> {
  return {
    put: (batch, value, registers) =>
      void registers.push(value instanceof Memory ? value : batch.struct(declaration, value)),
    words: (value) => (value instanceof Memory ? operandWords(value) : structWords(value)),
  };
}

/** The same followed by its size, as extensible calls (openat2, clone3, mount_setattr) want it. */
export function sizedStruct(declaration: Struct): Param<StructFields> {
  return {
    put: (batch, value, registers) => void registers.push(batch.struct(declaration, value), declaration.size),
    words: (value) => structWords(value),
  };
}

/** Memory that is already in the batch, or a null pointer. */
export const memory: Param<Memory | 0> = {
  put: (_, value, registers) => void registers.push(value),
  words: (value) => (value === 0 ? 'NULL' : `${value.bytes.length} bytes`),
};

/** A buffer and its length. */
export const buffer: Param<Memory> = {
  put: (_, value, registers) => void registers.push(value, value.bytes.length),
  words: (value) => `${value.bytes.length} bytes`,
};

/** Bytes to write and their length. */
export const bytes: Param<Uint8Array> = {
  put: (batch, value, registers) => void registers.push(batch.input(value), value.length),
  words: (value) => excerpt(value),
};

/** A string without terminator and its length: sethostname. */
export const text: Param<string> = {
  put(batch, value, registers) {
    const encoded = utf8(value);
    registers.push(batch.input(encoded), encoded.length);
  },
  words: (value) => JSON.stringify(value),
};

/** A list of 32-bit ids after their number: setgroups. */
export const idList: Param<readonly number[]> = {
  put(batch, values, registers) {
    registers.push(values.length, batch.input(new Uint8Array(Uint32Array.from(values).buffer)));
  },
  words: (values) => `[${values.join(', ')}]`,
};

/** The length of a bit mask, then the mask: sched_setaffinity. */
export const mask: Param<Uint8Array> = {
  put: (batch, value, registers) => void registers.push(value.length, batch.input(value)),
  words: (value) => `${8 * value.length} bits`,
};

/** A node mask and the number of its bits, which the kernel takes one off; empty is a null pointer: set_mempolicy. */
export const nodes: Param<Uint8Array> = {
  put(batch, value, registers) {
    if (value.length) registers.push(batch.input(value), 8 * value.length + 1);
    else registers.push(0, 0);
  },
  words: (value) => (value.length ? `${8 * value.length} bits` : 'NULL'),
};

/** UTF-8 without the engine's help: this layer may not ask for one. */
export function utf8(value: string): Uint8Array {
  const ascii = new Uint8Array(value.length);
  return putAscii(value, ascii) ? ascii : anyUtf8(value);
}

/** What nearly all strings of a config are. False if this one is not. */
function putAscii(value: string, into: Uint8Array): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code > 0x7f) return false;
    into[i] = code;
  }
  return true;
}

function anyUtf8(value: string): Uint8Array {
  const out: number[] = [];
  for (const char of value) {
    const point = char.codePointAt(0) ?? 0;
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else out.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return Uint8Array.from(out);
}

/** A name with NUL inside would silently become another name. */
export function cString(value: string): Uint8Array {
  if (value.includes('\0')) throw new RangeError(`a NUL byte in ${JSON.stringify(value)}`);
  const terminated = new Uint8Array(value.length + 1);
  return putAscii(value, terminated) ? terminated : anyUtf8(`${value}\0`);
}

function operandWords(value: Operand): string {
  if (typeof value === 'number') return String(value);
  if (value instanceof Result) {
    const name = nameOf(value.call);
    return value.known && !value.failed && !name ? String(value.value) : `<${name ?? value.call.name}>`;
  }
  if (value instanceof Word) return '<fd>';
  return value instanceof Memory ? `${value.bytes.length} bytes` : '<address>';
}

/** The path that a descriptor was opened by. A trace asks at each of its uses: it is looked for once. */
function nameOf(call: Call): string | undefined {
  let name = names.get(call);
  if (name === undefined) {
    name = call.words().find((word) => word.startsWith('"') && word !== '""') ?? '';
    names.set(call, name);
  }
  return name === '' ? undefined : name;
}

/** Empty for what was not opened by a path. */
const names = new WeakMap<Call, string>();

function structWords(value: StructFields): string {
  let words = '';
  for (const name in value) {
    const field = fieldWords(value[name]);
    if (field !== '') words += `${words === '' ? '' : ', '}${name}=${field}`;
  }
  return `{${words}}`;
}

/** Empty for what is not worth a word: no value, no flags. */
function fieldWords(field: StructFields[string]): string {
  if (field === undefined) return '';
  if (typeof field === 'number' || typeof field === 'bigint') return `${field}`;
  if (isList(field)) return field.join('|');
  return field instanceof Uint8Array ? excerpt(field) : operandWords(field);
}

function isList(field: StructFields[string]): field is readonly string[] {
  return Array.isArray(field);
}

function excerpt(value: Uint8Array): string {
  let shown = '';
  for (const code of value.subarray(0, 32)) shown += code >= 32 && code < 127 ? String.fromCharCode(code) : '.';
  return JSON.stringify(shown) + (value.length > 32 ? `… ${value.length} bytes` : '');
}
