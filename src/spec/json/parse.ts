import { joinPointer } from './pointer.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  endOfString,
  numberAt,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
} from './scan.ts';
import type { JsonValue } from './value.ts';

export interface Bounds {
  /** Arrays and objects inside each other. */
  readonly depth: number;
  /** Bytes of the text. */
  readonly size: number;
}

/** Not JSON, or beyond the bounds. `offset` is the place in the text; document.ts makes line and column of it. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';

  constructor(
    /** What is wrong, without the place. */
    readonly reason: string,
    readonly offset: number,
    /** Innermost value being read: `/process/args/1`. */
    readonly pointer: string,
    readonly line = 0,
    readonly column = 0,
  ) {
    super(line === 0 ? reason : `${line}:${column}: ${reason}`);
  }
}

/** A peculiarity that is no syntax error: where it is. */
export interface Finding {
  readonly pointer: string;
  readonly offset: number;
}

/**
 * One pass over the text. Positions of values are not kept: documents are nearly always right, and the locator
 * finds what is asked for in a second pass.
 */
export class Parser {
  /** Members whose key had appeared before in the same object; the last one counts, as for Go. */
  readonly duplicates: Finding[] = [];
  /** Strings (or keys) with a NUL character, which can only be written as an escape. */
  readonly nuls: Finding[] = [];
  readonly nulls: Finding[] = [];
  /** Keys and indexes around the value at hand; undefined where the key has not been read yet. */
  private readonly path: (string | number | undefined)[] = [];
  private depth = 0;
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  /** The document's value. May be called once. */
  document(): JsonValue {
    this.at = skipSpace(this.text, 0);
    const value = this.value();
    this.at = skipSpace(this.text, this.at);
    if (this.at < this.text.length) this.fail(`${this.here()} after the end of the document`);
    return value;
  }

  private value(): JsonValue {
    switch (this.text.charCodeAt(this.at)) {
      case QUOTE:
        return this.string();
      case OPEN_BRACE:
        return this.nested(() => this.object());
      case OPEN_BRACKET:
        return this.nested(() => this.array());
      case 0x74: // t
        return this.word('true', true);
      case 0x66: // f
        return this.word('false', false);
      case 0x6e: // n
        this.nulls.push(this.finding(this.at));
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private nested(read: () => JsonValue): JsonValue {
    if (this.depth === this.maxDepth) this.fail(`nested deeper than ${this.maxDepth} levels`);
    this.at = skipSpace(this.text, this.at + 1);
    this.depth++;
    const value = read();
    this.depth--;
    return value;
  }

  private object(): JsonValue {
    const object: { [key: string]: JsonValue } = Object.create(null);
    if (this.take(CLOSE_BRACE)) return object;
    do {
      const start = this.at;
      const key = this.key();
      if (key in object) this.duplicates.push(this.finding(start));
      object[key] = this.value();
      this.at = skipSpace(this.text, this.at);
    } while (this.take(COMMA));
    if (!this.take(CLOSE_BRACE)) this.fail(`expected ',' or '}', found ${this.here()}`);
    return object;
  }

  private key(): string {
    const start = this.at;
    const nuls = this.nuls.length;
    this.path[this.depth - 1] = undefined;
    if (this.text.charCodeAt(start) !== QUOTE) this.fail(`expected a key in double quotes, found ${this.here()}`);
    const key = this.string();
    this.path[this.depth - 1] = key;
    // Found before the key was known, and so before it had a pointer.
    if (this.nuls.length > nuls) this.nuls[nuls] = this.finding(start);
    this.at = skipSpace(this.text, this.at);
    if (!this.take(COLON)) this.fail(`expected ':' after the key ${JSON.stringify(key)}, found ${this.here()}`);
    return key;
  }

  private array(): JsonValue {
    const array: JsonValue[] = [];
    if (this.take(CLOSE_BRACKET)) return array;
    do {
      this.path[this.depth - 1] = array.length;
      array.push(this.value());
      this.at = skipSpace(this.text, this.at);
    } while (this.take(COMMA));
    if (!this.take(CLOSE_BRACKET)) this.fail(`expected ',' or ']', found ${this.here()}`);
    return array;
  }

  private string(): string {
    const start = this.at + 1;
    const end = endOfString(this.text, start);
    if (end === -1) this.fail('a string without an end', this.at);
    const raw = this.text.slice(start, end);
    this.at = end + 1;
    return SPECIAL.test(raw) ? this.unescape(raw, start) : raw;
  }

  private unescape(raw: string, start: number): string {
    const control = CONTROL.exec(raw);
    if (control) this.fail(`a control character (${JSON.stringify(control[0])}) in a string`, start + control.index);
    const value = raw.replace(ESCAPE, (found, simple: string | undefined, hex: string | undefined, at: number) => {
      if (simple !== undefined) return SIMPLE[simple] ?? '';
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return this.fail(`'${found}' is not an escape of JSON`, start + at);
    });
    if (value.includes('\0')) this.nuls.push(this.finding(start - 1));
    return value;
  }

  private number(): number | bigint {
    const token = numberAt(this.text, this.at);
    if (token === undefined) this.fail(`expected a value, found ${this.here()}`);
    if (token.text.length > MAX_DIGITS) this.fail(`a number of more than ${MAX_DIGITS} characters`);
    const value = token.isInteger ? integer(token.text) : Number(token.text);
    if (value === Infinity || value === -Infinity) this.fail(`the number ${token.text} is too large`);
    this.at += token.text.length;
    return value;
  }

  private word<T extends JsonValue>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail(`expected a value, found ${this.here()}`);
    this.at += word.length;
    return value;
  }

  /** Steps over `code` and the space behind it, if it is here. */
  private take(code: number): boolean {
    if (this.text.charCodeAt(this.at) !== code) return false;
    this.at = skipSpace(this.text, this.at + 1);
    return true;
  }

  private here(): string {
    if (this.at >= this.text.length) return 'the end of the file';
    const word = /[\w.+-]{1,20}/y;
    word.lastIndex = this.at;
    return `'${word.exec(this.text)?.[0] ?? String.fromCodePoint(this.text.codePointAt(this.at) ?? 0)}'`;
  }

  private finding(offset: number): Finding {
    return { pointer: this.pointer(), offset };
  }

  private pointer(): string {
    return joinPointer(...this.path.slice(0, this.depth).filter((segment) => segment !== undefined));
  }

  private fail(reason: string, offset = this.at): never {
    throw new JsonSyntaxError(reason, offset, this.pointer());
  }
}

/** No integer of the specification has more than 20 digits; converting text to bigint takes quadratic time. */
const MAX_DIGITS = 400;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const SPECIAL = /[\\\u0000-\u001f]/;
const ESCAPE = /\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4})|.?)/gsu;
const SIMPLE: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function integer(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
