import { configFaults, configShape, isConfig } from '../../../build/validators.ts';
import type { Config } from '../config.ts';
import { isJsonObject } from '../json/value.ts';
import { type JsonValue, joinPointer, splitPointer } from '../json.ts';
import type { Fault } from '../problem.ts';
import { closest } from './closest.ts';
import { blankOf, dropNulls, repair } from './repair.ts';
import type { SchemaFault, Shape } from './validator.ts';

export interface SchemaResult {
  /** The document without its nulls, if it fits the schema. */
  readonly config: Config | undefined;
  /**
   * A configuration in any case: what does not fit is left out, or blank where it is required. For the checks
   * that come after, so that all problems are found at once; what they say about a faulty place means nothing.
   */
  readonly repaired: Config;
  readonly faults: readonly Fault[];
}

/** Compares with schemas/config.schema.json. */
export function checkSchema(value: JsonValue, hasNulls: boolean): SchemaResult {
  const warnings: Fault[] = [];
  const document = hasNulls ? dropNulls(value, configShape, (pointer) => warnings.push(nullMember(pointer))) : value;
  if (isConfig(document)) return { config: document, repaired: document, faults: warnings };
  const faults = (configFaults(document) ?? []).map((fault) => inWords(fault, document));
  const repaired = repair(document, configShape, new Set(faults.map((fault) => fault.pointer)));
  if (!isConfig(repaired)) throw new Error('the repaired configuration does not fit the schema');
  return { config: undefined, repaired, faults: [...warnings, ...faults] };
}

function nullMember(pointer: string): Fault {
  return { severity: 'warning', kind: 'schema', pointer, message: 'is null, which counts as absent' };
}

function inWords(fault: SchemaFault, document: JsonValue): Fault {
  const base = { severity: 'error', kind: 'schema' } as const;
  if (fault.missing !== undefined) {
    const pointer = fault.pointer + joinPointer(fault.missing);
    return { ...base, pointer, message: `is missing, must be ${shapeAt(pointer).expected}` };
  }
  const pointer = fault.pointer;
  const shape = shapeAt(pointer);
  const value = valueAt(document, pointer);
  const hint = suggestion(value, shape);
  return {
    ...base,
    pointer,
    message: `must be ${shape.expected}, is ${describe(value, fault)}`,
    ...(hint !== undefined && { hint }),
  };
}

function shapeAt(pointer: string): Shape {
  let shape: Shape = configShape;
  for (const segment of splitPointer(pointer)) {
    const members = shape.members;
    const known = members !== undefined && Object.hasOwn(members, segment) ? members[segment] : undefined;
    shape = known ?? shape.values ?? shape.items ?? shape;
  }
  return shape;
}

function valueAt(document: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const segment of splitPointer(pointer)) {
    if (Array.isArray(value)) value = value[Number(segment)];
    else value = isJsonObject(value) ? value[segment] : undefined;
  }
  return value;
}

/** A value of the right type is shown, of one of the wrong type only the type. */
function describe(value: JsonValue | undefined, fault: SchemaFault): string {
  if (typeof value === 'string')
    return fault.keyword === 'enum' || fault.keyword === 'pattern' ? quote(value) : 'a string';
  if (typeof value === 'number' || typeof value === 'bigint')
    return fault.keyword === 'exactInteger' ? `${value}` : 'a number';
  if (Array.isArray(value)) return 'an array';
  return isJsonObject(value) ? 'an object' : String(value);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function suggestion(value: JsonValue | undefined, shape: Shape): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return 'write it with all its digits, without exponent';
  }
  if (typeof value !== 'string') return undefined;
  if (shape.expected.startsWith('one of ')) {
    const word = closest(value, shape.expected.slice('one of '.length).split(', '));
    return word === undefined ? undefined : `did you mean ${JSON.stringify(word)}?`;
  }
  // The mistake of people who write JSON by hand.
  if (blankOf(shape) === 0 && /^-?\d+$/.test(value)) return 'numbers are written without quotes';
  return shape.expected === 'true or false' && /^(true|false)$/.test(value) ? 'written without quotes' : undefined;
}
