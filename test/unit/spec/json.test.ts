import { Parser } from '../../../src/spec/json/parse.ts';
import { parsePlain } from '../../../src/spec/json/plain.ts';
import {
  enclosing,
  JsonSyntaxError,
  type JsonValue,
  joinPointer,
  parentPointer,
  parseJson,
  parseOwn,
  splitPointer,
  writeJson,
  writeOwn,
} from '../../../src/spec/json.ts';
import { decode, encode, parse, random } from './helpers.ts';

function syntaxError(bytes: Uint8Array): string {
  try {
    parseJson(bytes, decode, { depth: 8, size: 100000 });
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
  return 'no error';
}

describe('what is read', () => {
  const cases: [string, JsonValue][] = [
    ['null', null],
    [' \t\r\n true ', true],
    ['false', false],
    ['0', 0],
    ['-0.5e-2', -0.005],
    ['1E2', 100],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['18446744073709551615', 18446744073709551615n],
    ['[]', []],
    ['[1, [2], {}]', [1, [2], {}]],
    ['"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\ude00é"', 'a"\\/\b\f\n\r\tA😀é'],
    ['"\\\\"', '\\'],
    ['{"a": {"b": [true]}, "": 1}', { a: { b: [true] }, '': 1 }],
  ];
  test.each(cases)('%s', (text, value) => {
    expect(parse(text).value).toEqual(value);
  });

  test('a key may be called __proto__ or constructor without any effect', () => {
    const { value } = parse('{"__proto__": {"polluted": 1}, "constructor": 2}');
    expect(Object.entries(value as object)).toEqual([
      ['__proto__', { polluted: 1 }],
      ['constructor', 2],
    ]);
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('of a key given twice the last value counts, and the place is noted', () => {
    const document = parse('{\n  "a": {"x": 1},\n  "b": 0,\n  "a": {"y": 2},\n  "c": [{"k": 1, "k": 2}]\n}');
    expect(document.value).toEqual({ a: { y: 2 }, b: 0, c: [{ k: 2 }] });
    expect(document.duplicates.map(({ pointer, line, column }) => [pointer, line, column])).toEqual([
      ['/a', 4, 3],
      ['/c/0/k', 5, 18],
    ]);
  });

  test('strings and keys with a NUL are noted', () => {
    const document = parse('{"a": ["x\\u0000y"], "b": {"k\\u0000": 1}}');
    expect(document.nuls.map(({ pointer, line, column }) => [pointer, line, column])).toEqual([
      ['/a/0', 1, 8],
      ['/b/k\0', 1, 27],
    ]);
  });

  test('nulls are noted', () => {
    expect(parse('{"a": null, "b": [1, null], "c": "null"}').nulls).toEqual(['/a', '/b/1']);
  });
});

describe('what is refused, with line and column', () => {
  test.each([
    ['', '1:1: expected a value, found the end of the file'],
    ['\n\n  ', '3:3: expected a value, found the end of the file'],
    ['{', '1:2: expected a key in double quotes, found the end of the file'],
    ['{"a"}', `1:5: expected ':' after the key "a", found '}'`],
    ['{"a": 1,}', "1:9: expected a key in double quotes, found '}'"],
    ['{"a": 1 "b": 2}', `1:9: expected ',' or '}', found '"'`],
    ["{'a': 1}", "1:2: expected a key in double quotes, found '''"],
    ['[1, 2', "1:6: expected ',' or ']', found the end of the file"],
    ['[1,\n 2,\n ]', "3:2: expected a value, found ']'"],
    ['[01]', "1:3: expected ',' or ']', found '1'"],
    ['[+1]', "1:2: expected a value, found '+1'"],
    ['[.5]', "1:2: expected a value, found '.5'"],
    ['[1.]', "1:3: expected ',' or ']', found '.'"],
    ['[-]', "1:2: expected a value, found '-'"],
    ['[NaN]', "1:2: expected a value, found 'NaN'"],
    ['[tru]', "1:2: expected a value, found 'tru'"],
    ['[1e400]', '1:2: the number 1e400 is too large'],
    [`[${'9'.repeat(500)}]`, '1:2: a number of more than 400 characters'],
    ['"a', '1:1: a string without an end'],
    ['"a\\"', '1:1: a string without an end'],
    ['"a\nb"', '1:3: a control character ("\\n") in a string'],
    ['"é\\x"', "1:3: '\\x' is not an escape of JSON"],
    ['"\\u12g4"', "1:2: '\\u' is not an escape of JSON"],
    ['{} {}', "1:4: '{' after the end of the document"],
    ['// x\n{}', "1:1: expected a value, found '/'"],
    ['\uFEFF{}', '1:1: a byte order mark before the document'],
    ['[[[[[[[[[0]]]]]]]]]', '1:9: nested deeper than 8 levels'],
    [`"${'x'.repeat(100000)}"`, '1:1: larger than 100000 bytes'],
  ])('%j', (text, message) => {
    expect(syntaxError(encode(text))).toBe(message);
  });

  test.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a cut sequence', [0xe2, 0x82]],
  ])('%s is not UTF-8', (_name, bytes) => {
    const text = Uint8Array.from([...encode('{\n "é": "'), ...bytes, ...encode('"}')]);
    expect(syntaxError(text)).toBe('2:8: a byte that is not UTF-8');
  });

  test('a written U+FFFD is a character as any other', () => {
    expect(parse('"\uFFFD"').value).toBe('\uFFFD');
  });

  test('nesting up to the bound is read', () => {
    expect(syntaxError(encode('[[[[[[[[0]]]]]]]]'))).toBe('no error');
  });

  test('the pointer says in which value the error is', () => {
    expect.assertions(1);
    try {
      parse('{"process": {"args": ["sh", oops]}}');
    } catch (error) {
      expect(error).toMatchObject({ pointer: '/process/args/1' });
    }
  });
});

describe('places', () => {
  const document = parse('{\n\t"äé": [\n\t\ttrue, {"k" : "v"}\n\t],\n\t"a/b~c": 1, "dup": 1,\n\t"dup": [7]\n}');

  test.each([
    ['', false, 1, 1],
    ['/äé', false, 2, 8],
    ['/äé', true, 2, 2],
    ['/äé/0', false, 3, 3],
    ['/äé/1/k', false, 3, 16],
    ['/äé/1/k', true, 3, 10],
    ['/a~1b~0c', false, 5, 11],
    ['/dup', true, 6, 2],
    ['/dup/0', false, 6, 10],
  ])('%s (key: %s) is at %d:%d', (pointer, key, line, column) => {
    expect(document.locate({ pointer, key })).toEqual({ line, column });
  });

  test('what does not exist is where it should be: in the innermost container that does', () => {
    expect(document.locate('/äé/1/missing/deeper')).toEqual({ line: 3, column: 9 });
    expect(document.locate({ pointer: '/nothing', key: true })).toEqual({ line: 1, column: 1 });
  });

  test('every value of a random document is found where it is written', () => {
    for (let seed = 0; seed < 50; seed++) {
      const next = random(seed);
      const value = randomValue(next, 4);
      const text = writeJson(value, ' '.repeat(next(3)));
      const lines = text.split('\n');
      const found = parse(text);
      for (const [pointer, expected] of allValues(value)) {
        const { line, column } = found.locate(pointer);
        const rest = [...(lines[line - 1] ?? '')].slice(column - 1).join('');
        const start = writeJson(expected)[0] ?? '';
        expect(rest.startsWith(start)).toBe(true);
        if (typeof expected !== 'object') expect(rest.startsWith(writeJson(expected))).toBe(true);
      }
    }
  });
});

describe('writing', () => {
  test('has the layout of Go: an indent a level, empty brackets closed at once', () => {
    expect(writeJson({ a: [1, { b: [] }], c: {}, d: undefined, e: 'x/y<&>' }, '  ')).toBe(
      '{\n  "a": [\n    1,\n    {\n      "b": []\n    }\n  ],\n  "c": {},\n  "e": "x/y<&>"\n}',
    );
  });

  test('is compact without an indent', () => {
    expect(writeJson({ a: [1, { b: [] }], c: null })).toBe('{"a":[1,{"b":[]}],"c":null}');
  });

  test.each([[NaN], [Infinity], [() => 0], [Symbol('s')]])('refuses %p', (value) => {
    expect(() => writeJson({ value })).toThrow(TypeError);
  });

  test('and reading again give the same value', () => {
    for (let seed = 0; seed < 300; seed++) {
      const next = random(seed);
      const value = randomValue(next, 5);
      const text = writeJson(value, ['', '  ', '\t'][next(3)]);
      expect(parse(text).value).toEqual(value);
      expect(writeJson(parse(text).value)).toBe(writeJson(value));
    }
  });

  test('agrees with JSON.stringify where that can write the value', () => {
    for (let seed = 0; seed < 100; seed++) {
      const value = JSON.parse(
        JSON.stringify(randomValue(random(seed), 4), (_key, item) => (typeof item === 'bigint' ? 0 : item)),
      );
      expect(writeJson(value)).toBe(JSON.stringify(value));
      expect(writeJson(value, '\t')).toBe(JSON.stringify(value, null, '\t'));
    }
  });
});

test('texts are accepted if and only if JSON.parse accepts them and their numbers are finite', () => {
  const alphabet = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    'u',
    '0',
    '1',
    '-',
    '.',
    'e',
    'true',
    'null',
    ' ',
    '\n',
    'a',
  ];
  let accepted = 0;
  for (let seed = 0; seed < 4000; seed++) {
    const next = random(seed);
    let text = writeJson(randomValue(next, 3));
    for (let count = next(3); count > 0; count--) {
      const at = next(text.length + 1);
      text = text.slice(0, at) + (alphabet[next(alphabet.length)] ?? '') + text.slice(at + next(3));
    }
    const expected = attempt(() => JSON.parse(text, finite));
    const actual = attempt(() => parse(text).value);
    expect([text, actual === FAILED]).toEqual([text, expected === FAILED]);
    if (expected !== FAILED) {
      accepted++;
      expect(JSON.stringify(actual, (_key, item) => (typeof item === 'bigint' ? Number(item) : item))).toBe(
        JSON.stringify(expected),
      );
    }
  }
  expect(accepted).toBeGreaterThan(500);
  expect(accepted).toBeLessThan(3500);
});

describe('pointers', () => {
  test('escape slashes and tildes', () => {
    expect(joinPointer('a/b', 3, '~1')).toBe('/a~1b/3/~01');
    expect(splitPointer('/a~1b/3/~01')).toEqual(['a/b', '3', '~1']);
    expect(splitPointer('')).toEqual([]);
  });

  test('have enclosing ones', () => {
    expect(enclosing('/a/b~1c')).toEqual(['/a/b~1c', '/a', '']);
    expect(enclosing('')).toEqual(['']);
  });

  test('have a parent', () => {
    expect([parentPointer('/a/b'), parentPointer('/a'), parentPointer('')]).toEqual(['/a', '', '']);
  });
});

test('a configuration of 10 KB is read in well below a millisecond when warm', () => {
  const text = encode(
    writeJson({ list: Array.from({ length: 250 }, (_, index) => ({ name: `syscall_${index}`, index })) }, '  '),
  );
  expect(text.length).toBeGreaterThan(10000);
  const laps = Array.from({ length: 300 }, () => {
    const start = performance.now();
    parseJson(text, decode);
    return performance.now() - start;
  });
  expect(Math.min(...laps)).toBeLessThan(1);
});

const FAILED = Symbol('failed');

/** The one thing that JSON.parse takes and parseJson does not: a number that is none. */
function finite(_key: string, value: unknown): unknown {
  if (value === Infinity || value === -Infinity) throw new RangeError('too large');
  return value;
}

function attempt<T>(run: () => T): T | typeof FAILED {
  try {
    return run();
  } catch {
    return FAILED;
  }
}

function randomValue(next: (below: number) => number, depth: number): JsonValue {
  switch (next(depth > 0 ? 8 : 6)) {
    case 0:
      return next(2) === 0;
    case 1:
      return next(2) === 0 ? null : '';
    case 2:
      return next(2000) - 1000;
    case 3:
      return (next(2000) - 1000) / 64;
    case 4: {
      const big = BigInt(next(2 ** 31)) * BigInt(2 ** 40) + 2n ** 60n;
      return next(2) === 0 ? big : -big;
    }
    case 5:
      return Array.from({ length: next(5) }, () =>
        String.fromCodePoint(next(2) === 0 ? 32 + next(96) : 1 + next(0xd7fe)),
      ).join('');
    case 6:
      return Array.from({ length: next(5) }, () => randomValue(next, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: next(5) }, () => [`k"/~é${next(9)}`, randomValue(next, depth - 1)]),
      );
  }
}

function* allValues(value: JsonValue, pointer = ''): Iterable<[string, JsonValue]> {
  yield [pointer, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) yield* allValues(member, pointer + joinPointer(key));
}

test.each([
  ['small numbers', { id: 'c1', list: [1.5, -3, true, null, '\u0000"é'], empty: {} }],
  ['2^53 and more', { big: 2n ** 63n, edge: 2 ** 53 - 1 }],
])('what we have written ourselves is read as by the parser for others: %s', (_, value) => {
  const bytes = encode(writeOwn(value));
  expect(decode(bytes)).toBe(writeJson(value));
  expect(parseOwn(bytes, decode)).toEqual(parseJson(bytes, decode).value);
});

test('what we have written ourselves, and is damaged, is told as by the parser for others', () => {
  expect(() => parseOwn(encode('{"id":'), decode)).toThrow(JsonSyntaxError);
});

describe("the engine's own parser", () => {
  test.each([
    ['an escape', '["\\n"]'],
    ['a NUL', '["\\u0000"]'],
    ['a null', '{"a":[null]}'],
    ['an integer that is not exact', '[9007199254740992]'],
    ['a number that is too large', '[1e400]'],
    ['a key that is there twice', '{"a":{"b":1,"b":2}}'],
    ['a key that is there twice with a string', '{"a":"x","a":"y"}'],
    ['too many levels', '[[[[[[[[[]]]]]]]]]'],
    ['a zero before a number', '[-01]'],
    ['a point behind a number', '[1.,2]'],
    ['a point at the end', '1.'],
    ['a point before an exponent', '[1.e5]'],
    ['no JSON', '[1 2]'],
    ['more than a document', '{} {}'],
    ['nothing', ''],
  ])('is not asked about %s', (_, text) => {
    expect(parsePlain(text, 8)).toBeUndefined();
  });

  test('gives objects as ours does, whatever their keys are called', () => {
    const value = parsePlain('{"__proto__":{"a":1},"toString":[1.5,-2,1e3,"é",true,"lib3.so a-01"]}', 8);
    expect(Object.entries(value ?? {})).toEqual([
      ['__proto__', { a: 1 }],
      ['toString', [1.5, -2, 1000, 'é', true, 'lib3.so a-01']],
    ]);
    expect(Object.getPrototypeOf(value)).toBeNull();
  });

  test('gives the same as ours, where it gives anything', () => {
    let plain = 0;
    for (let seed = 0; seed < 300; seed++) {
      const text = writeJson(randomValue(random(seed), 4), seed % 2 === 0 ? '' : '\t');
      const value = parsePlain(text, 128);
      if (value === undefined) continue;
      plain++;
      const parser = new Parser(text, 128);
      expect(value).toEqual(parser.document());
      expect([...parser.duplicates, ...parser.nuls, ...parser.nulls]).toEqual([]);
    }
    expect(plain).toBeGreaterThan(10);
  });
});
