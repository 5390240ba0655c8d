import { completeTypes, membersOf } from './dbus/signature.ts';
import type { Value, Variant } from './dbus/values.ts';

/**
 * Reads a value in the text format of GVariant: `uint64 5`, `['a.service']`, `@as []`, `true`. Where the text does not
 * say a type, it is the one that GLib would take: int32, double, string. Throws a SyntaxError.
 */
export function parseVariant(text: string): Variant {
  const parser = new Parser(text);
  const variant = parser.value(undefined);
  parser.end();
  return variant;
}

/** Types by the words that may stand in front of a value. */
const KEYWORDS: Readonly<Record<string, string>> = {
  boolean: 'b',
  byte: 'y',
  int16: 'n',
  uint16: 'q',
  int32: 'i',
  handle: 'h',
  uint32: 'u',
  int64: 'x',
  uint64: 't',
  double: 'd',
  string: 's',
  objectpath: 'o',
  signature: 'g',
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };
const MAX_DEPTH = 32;

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  end(): void {
    this.skip();
    if (this.at < this.text.length) throw this.unexpected();
  }

  /** `type` is what it has to be, if that is known. */
  value(type: string | undefined): Variant {
    if (++this.depth > MAX_DEPTH) throw new SyntaxError('the value is nested too deep');
    const variant = this.any(type);
    this.depth--;
    if (type !== undefined && variant.signature !== type) {
      throw new SyntaxError(`a value of the type ${variant.signature} where ${type} is expected`);
    }
    return variant;
  }

  private any(type: string | undefined): Variant {
    this.skip();
    const char = this.text[this.at] ?? '';
    if (char === '@') return this.value(this.annotation());
    if (char === '[') return this.array(type);
    if (char === '{') return this.dictionary(type);
    if (char === '(') return this.tuple(type);
    if (char === '<') return this.variant();
    if (char === '"' || char === "'") return { signature: this.oneOf('sog', type, 's'), value: this.string(char) };
    const word = this.match(/[A-Za-z0-9_.+-]+/y);
    const named = KEYWORDS[word];
    if (named !== undefined) return this.value(named);
    if (word === 'true' || word === 'false') return { signature: 'b', value: word === 'true' };
    return this.number(word, type);
  }

  private number(word: string, type: string | undefined): Variant {
    const integer = /^[+-]?(0x[0-9a-f]+|[0-9]+)$/i.test(word);
    const number = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(word);
    if (!integer && !number) throw new SyntaxError(`${JSON.stringify(word)} is no value`);
    const signature = this.oneOf(integer ? 'ynqiuxthd' : 'd', type, integer ? 'i' : 'd');
    if (signature === 'd') return { signature, value: Number(word) };
    const digits = BigInt(word.replace(/^[+-]/, ''));
    return { signature, value: word.startsWith('-') ? -digits : digits };
  }

  private oneOf(possible: string, type: string | undefined, usual: string): string {
    return type !== undefined && possible.includes(type) ? type : usual;
  }

  private annotation(): string {
    this.at++;
    const type = this.match(/[a-z(){}]+/y);
    if (single(type)) return type;
    throw new SyntaxError(`${JSON.stringify(type)} is no type`);
  }

  private array(type: string | undefined): Variant {
    let element = type?.startsWith('a') ? type.slice(1) : undefined;
    const values: Value[] = [];
    this.list('[', ']', () => {
      const { signature, value } = this.value(element);
      element = signature;
      values.push(value);
    });
    if (element === undefined) throw new SyntaxError('an empty array needs a type in front: @as []');
    return { signature: `a${element}`, value: values };
  }

  private dictionary(type: string | undefined): Variant {
    let [key, value] = type?.startsWith('a{') ? membersOf(type.slice(1)) : [];
    const entries: Value[] = [];
    this.list('{', '}', () => {
      const first = this.value(key);
      this.expect(':');
      const second = this.value(value);
      [key, value] = [first.signature, second.signature];
      entries.push([first.value, second.value]);
    });
    if (key === undefined) throw new SyntaxError('an empty dictionary needs a type in front: @a{ss} {}');
    return { signature: `a{${key}${value}}`, value: entries };
  }

  private tuple(type: string | undefined): Variant {
    const types = type?.startsWith('(') ? membersOf(type) : [];
    const members: Variant[] = [];
    this.list('(', ')', () => members.push(this.value(types[members.length])));
    if (members.length === 0) throw new SyntaxError('D-Bus has no empty tuples');
    const signature = `(${members.map((member) => member.signature).join('')})`;
    return { signature, value: members.map((member) => member.value) };
  }

  private variant(): Variant {
    this.expect('<');
    const value = this.value(undefined);
    this.expect('>');
    return { signature: 'v', value };
  }

  private list(open: string, close: string, element: () => void): void {
    this.expect(open);
    for (let first = true; !this.accept(close); first = false) {
      if (!first) {
        this.expect(',');
        if (this.accept(close)) return;
      }
      element();
    }
  }

  private string(quote: string): string {
    let value = '';
    for (this.at++; this.text[this.at] !== quote; this.at++) {
      const char = this.text[this.at];
      if (char === undefined) throw new SyntaxError('a string does not end');
      value += char === '\\' ? this.escape() : char;
    }
    this.at++;
    return value;
  }

  private escape(): string {
    const char = this.text[++this.at] ?? '';
    const digits = char === 'u' ? 4 : char === 'U' ? 8 : 0;
    if (digits === 0) return ESCAPES[char] ?? char;
    const code = Number.parseInt(this.text.slice(this.at + 1, this.at + 1 + digits), 16);
    this.at += digits;
    if (!(code > 0 && code <= 0x10ffff)) throw new SyntaxError('a string has an escape that is no character');
    return String.fromCodePoint(code);
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [word] = pattern.exec(this.text) ?? [];
    if (word === undefined) throw this.unexpected();
    this.at += word.length;
    return word;
  }

  private expect(char: string): void {
    if (!this.accept(char)) throw this.unexpected();
  }

  private accept(char: string): boolean {
    this.skip();
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private skip(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private unexpected(): SyntaxError {
    const rest = this.text.slice(this.at, this.at + 12);
    return new SyntaxError(rest === '' ? 'the value ends too early' : `unexpected ${JSON.stringify(rest)}`);
  }
}

function single(type: string): boolean {
  try {
    return completeTypes(type).length === 1;
  } catch {
    return false;
  }
}
