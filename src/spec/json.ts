/**
 * JSON without loss: integers of any size survive reading and writing, and every value can be found again in
 * the text by line and column. For config.json, the state file, and whatever else the runtime reads.
 */

export { type JsonDocument, type Mark, parseJson, parseOwn } from './json/document.ts';
export type { Position } from './json/locate.ts';
export { type Bounds, JsonSyntaxError } from './json/parse.ts';
export { enclosing, joinPointer, parentPointer, splitPointer } from './json/pointer.ts';
export type { JsonObject, JsonValue } from './json/value.ts';
export { writeJson, writeOwn } from './json/write.ts';
