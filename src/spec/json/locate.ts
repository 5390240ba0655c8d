import { splitPointer } from './pointer.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  endOfString,
  numberAt,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
} from './scan.ts';

/** Counted from 1, columns in characters (code points). */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Place {
  /** Where the member's key starts; the value's own offset for what has no key. */
  readonly key: number;
  readonly value: number;
}

/**
 * The places of all `pointers` that exist, in one pass over `text`, which has been parsed before and so is
 * right. Of a key given twice the last place is meant, as it is the one that counts.
 */
export function locateAll(text: string, pointers: Iterable<string>): Map<string, Place> {
  const places = new Map<string, Place>();
  new Locator(text, places).value(skipSpace(text, 0), undefined, wanted(pointers));
  return places;
}

/** What is looked for below one value. */
interface Wanted {
  pointer?: string;
  readonly below: Map<string, Wanted>;
}

function wanted(pointers: Iterable<string>): Wanted {
  const root: Wanted = { below: new Map() };
  for (const pointer of pointers) {
    let node = root;
    for (const segment of splitPointer(pointer)) {
      const next = node.below.get(segment) ?? { below: new Map() };
      node.below.set(segment, next);
      node = next;
    }
    node.pointer = pointer;
  }
  return root;
}

class Locator {
  constructor(
    private readonly text: string,
    private readonly places: Map<string, Place>,
  ) {}

  /** Notes what is wanted of the value at `at`, and returns the offset behind it. */
  value(at: number, key: number | undefined, wanted: Wanted | undefined): number {
    if (wanted?.pointer !== undefined) this.places.set(wanted.pointer, { key: key ?? at, value: at });
    switch (this.text.charCodeAt(at)) {
      case QUOTE:
        return endOfString(this.text, at + 1) + 1;
      case OPEN_BRACE:
        return this.object(at, wanted);
      case OPEN_BRACKET:
        return this.array(at, wanted);
      default:
        return at + (numberAt(this.text, at)?.text ?? (this.text[at] === 'f' ? 'false' : 'true')).length;
    }
  }

  private object(start: number, wanted: Wanted | undefined): number {
    let at = skipSpace(this.text, start + 1);
    while (this.text.charCodeAt(at) !== CLOSE_BRACE) {
      const key = at;
      at = endOfString(this.text, at + 1) + 1;
      const next = wanted?.below.get(JSON.parse(this.text.slice(key, at)));
      at = skipSpace(this.text, skipSpace(this.text, at) + 1);
      at = this.skipComma(this.value(at, key, next));
    }
    return at + 1;
  }

  private array(start: number, wanted: Wanted | undefined): number {
    let at = skipSpace(this.text, start + 1);
    for (let index = 0; this.text.charCodeAt(at) !== CLOSE_BRACKET; index++) {
      at = this.skipComma(this.value(at, undefined, wanted?.below.get(String(index))));
    }
    return at + 1;
  }

  private skipComma(at: number): number {
    const next = skipSpace(this.text, at);
    return this.text.charCodeAt(next) === COMMA ? skipSpace(this.text, next + 1) : next;
  }
}

/** Line and column of many offsets in one pass. */
export function positionsOf(text: string, offsets: readonly number[]): Map<number, Position> {
  const positions = new Map<number, Position>();
  let at = 0;
  let line = 1;
  let column = 1;
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    for (let end = text.indexOf('\n', at); end !== -1 && end < offset; end = text.indexOf('\n', at)) {
      line++;
      column = 1;
      at = end + 1;
    }
    column += [...text.slice(at, offset)].length;
    at = offset;
    positions.set(offset, { line, column });
  }
  return positions;
}
