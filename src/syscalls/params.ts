import { type Batch, ByArch, type Call, Memory, type Operand, Result, type StructFields, Word } from './batch.ts';
import { AT_FDCWD, bitsOf, type Table } from './constants.ts';
import type { Struct } from './struct.ts';
import { utf8 } from './utf8.ts';

/** One parameter of a typed call: how a value becomes registers, and how it reads. */
export interface Param<T> {
  /**
   * Appends to `registers` what the kernel takes for it; memory that it needs goes into `batch`. Without it the value is
   * what the kernel takes, as most are.
   */
  readonly put?: (batch: Batch, value: T, registers: Operand[]) => void;
  words(value: T): string;
}

/** Marks a declaration's value type; never called. */
export type ValueOf<P> = P extends Param<infer T> ? T : never;

export const int: Param<Operand> = {
  words: (value) => operandWords(value),
};

/** A descriptor; a result reads as the path that it was opened by. */
export const fd: Param<Operand> = {
  words: (value) => (value === AT_FDCWD ? 'AT_FDCWD' : operandWords(value)),
};

export const mode: Param<number> = {
  words: (value) => `0${value.toString(8)}`,
};

/** A NUL-terminated string; null is a null pointer. */
export const path: Param<string | null> = {
  put: (batch, value, registers) => void registers.push(value === null ? 0 : batch.string(value)),
  words: (value) => (value === null ? 'NULL' : JSON.stringify(value)),
};

/** `argv`, `envp`: an array of strings that ends with a null pointer. */
export const strings: Param<readonly string[]> = {
  put: putStrings,
  words: (values) => `[${values.map((value) => JSON.stringify(value)).join(', ')}]`,
};

/** `envp`: values may be secrets, so only their number reads. */
export const environment: Param<readonly string[]> = {
  put: putStrings,
  words: (values) => `${values.length} variables`,
};

function putStrings(batch: Batch, values: readonly string[], registers: Operand[]): void {
  const array = batch.inputs.take(8 * (values.length + 1));
  for (const [i, value] of values.entries()) batch.point(array, 8 * i, batch.string(value));
  registers.push(array);
}

/** `aarch64`: the same names, where their numbers are others there. */
export function flags<T extends Table>(
  table: T,
  aarch64?: Readonly<Record<keyof T, number>>,
): Param<readonly (keyof T & string)[]> {
  return {
    put: (_, names, registers) =>
      void registers.push(aarch64 ? ByArch.bitsOf(table, aarch64, names) : bitsOf(table, names)),
    words: flagsWords,
  };
}

/** One for all that {@link flags} makes: the lean edition's size counts each function of some hundred parameters. */
function flagsWords(names: readonly string[]): string {
  return names.length ? names.join('|') : '0';
}

function nameWords(name: string): string {
  return name;
}

export function choice<T extends Table>(table: T): Param<keyof T & string> {
  return {
    put: (_, name, registers) => void registers.push(table[name] ?? 0),
    words: nameWords,
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
    words: structWords,
  };
}

/** The same for a struct of nothing but flags and numbers: the calls of a batch that say the same share it. */
export function sharedStruct(declaration: Struct): Param<FlagFields> {
  const fields = Object.keys(declaration.fields);
  return {
    put(batch, value, registers) {
      let key = declaration.name;
      for (let i = 0; i < fields.length; i++) key += `;${value[fields[i] ?? '']}`;
      registers.push(batch.shared(key) ?? batch.share(key, batch.struct(declaration, value)), declaration.size);
    },
    words: structWords,
  };
}

type FlagFields = Readonly<Record<string, number | readonly string[] | undefined>>;

/** Memory that is already in the batch, or a null pointer. */
export const memory: Param<Memory | 0> = {
  words: (value) => (value === 0 ? 'NULL' : `${value.size} bytes`),
};

/** A buffer and its length. */
export const buffer: Param<Memory> = {
  put: (_, value, registers) => void registers.push(value, value.size),
  words: (value) => `${value.size} bytes`,
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

function operandWords(value: Operand): string {
  if (typeof value === 'number') return String(value);
  if (value instanceof Result) {
    const name = nameOf(value.call);
    return value.known && !value.failed && !name ? String(value.value) : `<${name ?? value.call.name}>`;
  }
  if (value instanceof Word) return '<fd>';
  return value instanceof Memory ? `${value.size} bytes` : '<address>';
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
