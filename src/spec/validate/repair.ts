import { isJsonObject } from '../json/value.ts';
import { type JsonValue, joinPointer } from '../json.ts';
import type { Shape } from './validator.ts';

type Members = { [key: string]: JsonValue };

/**
 * `value` without the members that are null and may be absent. Go reads a null as "not given", and so do runtimes
 * written in it; `report` hears of each. Other nulls stay, and are faults of the schema.
 */
export function dropNulls(value: JsonValue, shape: Shape, report: (pointer: string) => void, pointer = ''): JsonValue {
  if (Array.isArray(value)) {
    const items = shape.items;
    if (items === undefined) return value;
    return value.map((item, index) => dropNulls(item, items, report, pointer + joinPointer(index)));
  }
  if (!isJsonObject(value)) return value;
  const result: Members = Object.create(null);
  for (const [key, member] of Object.entries(value)) {
    const place = pointer + joinPointer(key);
    const known = memberShape(shape, key);
    if (known === undefined) result[key] = member;
    else if (member === null && isOptional(shape, key)) report(place);
    else result[key] = dropNulls(member, known, report, place);
  }
  return result;
}

/**
 * `value` made to fit: members at a faulty place are left out, or replaced by a blank if they are required, and so
 * are array elements, lest the others move.
 */
export function repair(value: JsonValue, shape: Shape, faulty: ReadonlySet<string>, pointer = ''): JsonValue {
  if (faulty.has(pointer)) return blankOf(shape);
  if (Array.isArray(value)) {
    const items = shape.items;
    if (items === undefined) return value;
    return value.map((item, index) => repair(item, items, faulty, pointer + joinPointer(index)));
  }
  return isJsonObject(value) ? repairObject(value, shape, faulty, pointer) : value;
}

function repairObject(
  value: { readonly [key: string]: JsonValue },
  shape: Shape,
  faulty: ReadonlySet<string>,
  pointer: string,
): JsonValue {
  const result: Members = Object.create(null);
  for (const [key, member] of Object.entries(value)) {
    const place = pointer + joinPointer(key);
    const known = memberShape(shape, key);
    if (known === undefined) result[key] = member;
    else if (!faulty.has(place)) result[key] = repair(member, known, faulty, place);
  }
  for (const key of shape.required ?? []) {
    const known = memberShape(shape, key);
    if (!(key in result) && known !== undefined) result[key] = blankOf(known);
  }
  return result;
}

/** The least value that fits. */
export function blankOf(shape: Shape): JsonValue {
  if (shape.blank !== undefined) return shape.blank;
  if (shape.items !== undefined) return [];
  const result: Members = Object.create(null);
  for (const key of shape.required ?? []) {
    const member = memberShape(shape, key);
    if (member !== undefined) result[key] = blankOf(member);
  }
  return result;
}

/** What is known of the member `key`; nothing if the specification does not have it. */
export function memberShape(shape: Shape, key: string): Shape | undefined {
  const members = shape.members;
  return members !== undefined && Object.hasOwn(members, key) ? members[key] : shape.values;
}

/** The entries of a map are not optional: its writer chose each. */
function isOptional(shape: Shape, key: string): boolean {
  return shape.members !== undefined && Object.hasOwn(shape.members, key) && !shape.required?.includes(key);
}
