import type { Value } from '../../../../../src/libcontainer/cgroups/systemd/dbus/values.ts';
import { parseVariant } from '../../../../../src/libcontainer/cgroups/systemd/gvariant.ts';

test.each<[string, string, Value]>([
  ['true', 'b', true],
  [' false ', 'b', false],
  ['5', 'i', 5n],
  ['-0x1f', 'i', -31n],
  ['1.5', 'd', 1.5],
  ['1e3', 'd', 1000],
  ['uint64 5', 't', 5n],
  ['byte 7', 'y', 7n],
  ['double 2', 'd', 2],
  ["'a\\'b'", 's', "a'b"],
  ['"caf\\u00e9\\n"', 's', 'café\n'],
  ["objectpath '/a'", 'o', '/a'],
  ["['a', 'b']", 'as', ['a', 'b']],
  ["['a',]", 'as', ['a']],
  ['@as []', 'as', []],
  ['@at [1, 2]', 'at', [1n, 2n]],
  ['[uint16 1, 2]', 'aq', [1n, 2n]],
  ['[[1], [2]]', 'aai', [[1n], [2n]]],
  ["('a', uint32 1)", '(su)', ['a', 1n]],
  ["@(st) ('a', 1)", '(st)', ['a', 1n]],
  ["[('a', 'rw')]", 'a(ss)', [['a', 'rw']]],
  [
    "{'a': 1, 'b': 2}",
    'a{si}',
    [
      ['a', 1n],
      ['b', 2n],
    ],
  ],
  ["{'a': <1>}", 'a{sv}', [['a', { signature: 'i', value: 1n }]]],
  ['@a{ss} {}', 'a{ss}', []],
])('%s is of the type %s', (text, signature, value) => {
  expect(parseVariant(text)).toEqual({ signature, value });
});

test.each([
  '',
  'tru',
  'abc',
  '[]',
  '{}',
  '()',
  "['a'",
  "['a' 'b']",
  "['a', 1]",
  "'a",
  "'a' 'b'",
  'uint64 1.5',
  "uint64 'a'",
  '@zz 1',
  '@ss 1',
  '1 2',
  "'\\u0000'",
  '<1',
  '['.repeat(100),
])('%j is refused', (text) => {
  expect(() => parseVariant(text)).toThrow(SyntaxError);
});
