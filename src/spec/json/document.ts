import { locateAll, type Place, type Position, positionsOf } from './locate.ts';
import { type Bounds, type Finding, JsonSyntaxError, Parser } from './parse.ts';
import { parsePlain } from './plain.ts';
import { enclosing } from './pointer.ts';
import { firstInvalidUtf8 } from './utf8.ts';
import type { JsonValue } from './value.ts';

/** A pointer, and whether its key is meant instead of its value. */
export interface Mark {
  readonly pointer: string;
  readonly key?: boolean;
}

export interface JsonDocument {
  readonly value: JsonValue;
  /** Members that repeat a key; the last of them counts, the others are not in `value`. */
  readonly duplicates: readonly (Finding & Position)[];
  /** Strings and keys that hold a NUL. */
  readonly nuls: readonly (Finding & Position)[];
  /** Pointers of all nulls. */
  readonly nulls: readonly string[];
  /** Where a value (or its key) is; of what does not exist, the innermost container that does. */
  locate(mark: string | Mark): Position;
  /** The same for many at the cost of one. */
  locateAll(marks: readonly Mark[]): Position[];
}

/**
 * Parses UTF-8 text. `decode` is the engine's. Throws {@link JsonSyntaxError}, with line and column, for what is
 * not JSON: also for malformed UTF-8, a byte order mark, anything after the document, and what exceeds `bounds`.
 */
export function parseJson(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => string,
  bounds: Bounds = { depth: 128, size: 16 * 1024 * 1024 },
): JsonDocument {
  if (bytes.length > bounds.size) throw new JsonSyntaxError(`larger than ${bounds.size} bytes`, 0, '', 1, 1);
  const text = decode(bytes);
  checkEncoding(text, bytes, decode);
  const plain = parsePlain(text, bounds.depth);
  if (plain !== undefined) return new Parsed(text, plain, NOTHING);
  const parser = new Parser(text, bounds.depth);
  return new Parsed(text, parse(text, parser), parser);
}

/**
 * The value of a text that {@link import('./write.ts').writeJson} has written: by the engine's own parser, which is
 * several times as fast, unless there may be an integer that is none of its. What is damaged is told as by
 * {@link parseJson}.
 */
export function parseOwn(bytes: Uint8Array, decode: (bytes: Uint8Array) => string): unknown {
  const text = decode(bytes);
  if (LARGE_INTEGER.test(text)) return parseJson(bytes, decode).value;
  try {
    return JSON.parse(text);
  } catch {
    return parseJson(bytes, decode).value;
  }
}

/** As many digits as 2^53 has. */
const LARGE_INTEGER = /\d{16}/;

/** The decoder puts U+FFFD for what is malformed; only a text that has one needs the slow look. */
function checkEncoding(text: string, bytes: Uint8Array, decode: (bytes: Uint8Array) => string): void {
  if (text.startsWith('\uFEFF')) throw new JsonSyntaxError('a byte order mark before the document', 0, '', 1, 1);
  if (!text.includes('\uFFFD')) return;
  const invalid = firstInvalidUtf8(bytes);
  if (invalid === -1) return;
  const { line, column } = position(text, decode(bytes.subarray(0, invalid)).length);
  throw new JsonSyntaxError('a byte that is not UTF-8', 0, '', line, column);
}

function parse(text: string, parser: Parser): JsonValue {
  try {
    return parser.document();
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = position(text, error.offset);
    throw new JsonSyntaxError(error.reason, error.offset, error.pointer, line, column);
  }
}

function position(text: string, offset: number): Position {
  return positionsOf(text, [offset]).get(offset) ?? { line: 1, column: 1 };
}

/** What a parser remembers beside the value. */
type Findings = Readonly<Record<'duplicates' | 'nuls' | 'nulls', readonly Finding[]>>;

const NOTHING: Findings = { duplicates: [], nuls: [], nulls: [] };

class Parsed implements JsonDocument {
  readonly #text: string;
  readonly #found: Findings;

  constructor(
    text: string,
    readonly value: JsonValue,
    found: Findings,
  ) {
    this.#text = text;
    this.#found = found;
  }

  get duplicates(): (Finding & Position)[] {
    return this.#placed(this.#found.duplicates);
  }

  get nuls(): (Finding & Position)[] {
    return this.#placed(this.#found.nuls);
  }

  get nulls(): string[] {
    return this.#found.nulls.map((finding) => finding.pointer);
  }

  locate(mark: string | Mark): Position {
    return this.locateAll([typeof mark === 'string' ? { pointer: mark } : mark])[0] ?? { line: 1, column: 1 };
  }

  locateAll(marks: readonly Mark[]): Position[] {
    const places = locateAll(
      this.#text,
      marks.flatMap((mark) => enclosing(mark.pointer)),
    );
    const offsets = marks.map((mark) => offsetOf(mark, places));
    const positions = positionsOf(this.#text, offsets);
    return offsets.map((offset) => positions.get(offset) ?? { line: 1, column: 1 });
  }

  #placed(findings: readonly Finding[]): (Finding & Position)[] {
    const positions = positionsOf(
      this.#text,
      findings.map((finding) => finding.offset),
    );
    return findings.map((finding) => ({ ...finding, ...(positions.get(finding.offset) ?? { line: 1, column: 1 }) }));
  }
}

function offsetOf(mark: Mark, places: ReadonlyMap<string, Place>): number {
  for (const pointer of enclosing(mark.pointer)) {
    const place = places.get(pointer);
    if (place !== undefined) return mark.key === true && pointer === mark.pointer ? place.key : place.value;
  }
  return 0;
}
