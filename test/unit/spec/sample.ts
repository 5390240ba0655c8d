import { configShape } from '../../../build/validators.ts';
import type { Shape } from '../../../src/spec/validate/validator.ts';

/** A document in which every member of the schema is present once; maps and arrays have one entry. */
export function fullDocument(shape: Shape = configShape): unknown {
  if (shape.blank !== undefined) return shape.blank;
  if (shape.items !== undefined) return [fullDocument(shape.items)];
  if (shape.values !== undefined) return { entry: fullDocument(shape.values) };
  return Object.fromEntries(Object.entries(shape.members ?? {}).map(([key, member]) => [key, fullDocument(member)]));
}

/** Every place of the full document with what the schema says of it. */
export function* places(shape: Shape = configShape, pointer = ''): Iterable<[string, Shape]> {
  yield [pointer, shape];
  if (shape.items !== undefined) yield* places(shape.items, `${pointer}/0`);
  if (shape.values !== undefined) yield* places(shape.values, `${pointer}/entry`);
  for (const [key, member] of Object.entries(shape.members ?? {})) yield* places(member, `${pointer}/${key}`);
}
