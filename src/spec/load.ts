import type { Config } from './config.ts';
import { type JsonDocument, JsonSyntaxError, type JsonValue, parseJson } from './json.ts';
import { compareProblems, type Fault, type Problem } from './problem.ts';
import { checkSchema } from './validate/schema.ts';
import { checkSemantics, touching } from './validate/semantic.ts';
import { findUnknown } from './validate/unknown.ts';

export interface LoadedConfig {
  /** Absent if the text is not JSON or does not fit the schema. Present does not mean free of errors. */
  readonly config: Config | undefined;
  /** All that is wrong: errors before warnings, each in the order of the text. */
  readonly problems: readonly Problem[];
  /**
   * What more `find` finds, in the same order. It is given the config without what does not fit the schema, and what
   * it says of places that have a problem already does not count.
   */
  inspect(find: (config: Config) => readonly Fault[]): readonly Problem[];
}

/**
 * Reads and validates config.json. `decode` is the engine's. Never throws for bad input, and does not look at the
 * host. Members that are null count as absent, as they do for other runtimes, and are not in the config.
 */
export function loadConfig(bytes: Uint8Array, decode: (bytes: Uint8Array) => string): LoadedConfig {
  return loadAs(bytes, decode, { whole: (value) => value, place: '' });
}

/** How a document that is only part of a configuration becomes one, and the pointer of that part. */
interface Frame {
  readonly whole: (value: JsonValue) => JsonValue;
  readonly place: string;
}

/** As {@link loadConfig} for a part of a configuration. Problems outside the part are not told. */
export function loadAs(bytes: Uint8Array, decode: (bytes: Uint8Array) => string, frame: Frame): LoadedConfig {
  let document: JsonDocument;
  try {
    document = parseJson(bytes, decode);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { config: undefined, problems: [syntaxProblem(error)], inspect: () => [] };
  }
  const whole = frame.whole(document.value);
  const schema = checkSchema(whole, document.nulls.length > 0);
  const found = [...schema.faults, ...findUnknown(whole), ...checkSemantics(schema.repaired, schema.faults)];
  const faults = [...duplicateKeys(document), ...nulCharacters(document), ...within(frame.place, found)];
  return {
    config: schema.config,
    problems: place(faults, document),
    inspect(find) {
      const known = touching(faults);
      const more = within(frame.place, find(schema.repaired)).filter(({ pointer }) => !known(pointer));
      return place(more, document);
    },
  };
}

/** Those of a part, whose pointers then start from there. */
export function within(part: string, faults: readonly Fault[]): Fault[] {
  return faults
    .filter(({ pointer }) => pointer === part || pointer.startsWith(`${part}/`))
    .map((fault) => ({ ...fault, pointer: fault.pointer.slice(part.length) }));
}

export function syntaxProblem(error: JsonSyntaxError): Problem {
  const { pointer, line, column, reason } = error;
  return { severity: 'error', kind: 'syntax', pointer, line, column, message: reason };
}

function duplicateKeys(document: JsonDocument): Fault[] {
  return document.duplicates.map(({ pointer }) => ({
    severity: 'warning',
    kind: 'syntax',
    pointer,
    message: 'is given more than once; the last one counts',
  }));
}

/** No string of a configuration may have one: the kernel would see only what stands before it. */
function nulCharacters(document: JsonDocument): Fault[] {
  return document.nuls.map(({ pointer }) => ({
    severity: 'error',
    kind: 'schema',
    pointer,
    message: 'must not contain a NUL character',
  }));
}

export function place(faults: readonly Fault[], document: JsonDocument): Problem[] {
  if (faults.length === 0) return [];
  const marks = faults.map(({ kind, pointer }) => ({ pointer, key: kind === 'unknown-field' || kind === 'syntax' }));
  const positions = document.locateAll(marks);
  return faults
    .map((fault, index) => ({ ...fault, ...(positions[index] ?? { line: 1, column: 1 }) }))
    .sort(compareProblems);
}
