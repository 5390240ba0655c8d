import { parseDuration } from '../../../src/cli/duration.ts';
import { bytes, integer } from '../../../src/cli/sizes.ts';

test.each([
  ['0', 0],
  ['1', 1],
  ['-1', -1],
  ['1024', 1024],
  ['100m', 104857600],
  ['100M', 104857600],
  ['100MB', 104857600],
  ['100MiB', 104857600],
  ['100 mib', 104857600],
  ['1b', 1],
  ['1.5g', 1610612736],
  ['.5k', 512],
  ['1.k', 1024],
  ['1e3', 1000],
  ['1e3k', 1024000],
  ['+5', 5],
  ['2t', 2199023255552],
  ['3p', 3377699720527872],
  ['16384p', 2n ** 64n],
])('bytes: %s', (text, value) => {
  if (value === 2n ** 64n) expect(() => bytes('memory', text)).toThrow('invalid value for memory: invalid size');
  else expect(bytes('memory', text)).toBe(value);
});

test.each(['', 'm', 'abc', '-2', '-1m', '--1', '1-2', '1 ', 'x1', '1e', '0x10', '1.2.3', 'NaN', 'Infinity'])(
  'bytes: not %j',
  (text) => {
    expect(() => bytes('memory', text)).toThrow(/^invalid value for memory: invalid (size|suffix): '/);
  },
);

test.each(['12x', '1ib', '1kk', '1bb', '1kib2', '1mbi', '1 k b'])('bytes: not with the suffix of %j', (text) => {
  expect(() => bytes('memory', text)).toThrow(/^invalid value for memory: invalid /);
});

test.each([
  ['0', 'unsigned', 0],
  ['18446744073709551615', 'unsigned', 18446744073709551615n],
  ['-9223372036854775808', 'signed', -9223372036854775808n],
  ['+7', 'signed', 7],
  ['007', 'unsigned', 7],
] as const)('integer: %s', (text, kind, value) => {
  expect(integer('cpu-quota', text, kind)).toBe(value);
});

test.each([
  ['-1', 'unsigned', 'invalid syntax'],
  ['+1', 'unsigned', 'invalid syntax'],
  ['1.5', 'signed', 'invalid syntax'],
  ['0x1', 'signed', 'invalid syntax'],
  [' 1', 'signed', 'invalid syntax'],
  ['18446744073709551616', 'unsigned', 'value out of range'],
  ['9223372036854775808', 'signed', 'value out of range'],
] as const)('integer: not %j', (text, kind, why) => {
  expect(() => integer('cpu-quota', text, kind)).toThrow(`invalid value for cpu-quota: parsing "${text}": ${why}`);
});

test.each([
  ['5s', 5_000_000_000n],
  ['0', 0n],
  ['+0', 0n],
  ['1h30m', 5_400_000_000_000n],
  ['1.5s', 1_500_000_000n],
  ['.5s', 500_000_000n],
  ['1.s', 1_000_000_000n],
  ['250ms', 250_000_000n],
  ['3us', 3000n],
  ['3µs', 3000n],
  ['3μs', 3000n],
  ['7ns', 7n],
  ['-2s', -2_000_000_000n],
  ['1m1s1ms', 61_001_000_000n],
  ['0.0000000001s', 0n],
])('duration: %s', (text, value) => {
  expect(parseDuration(text)).toBe(value);
});

test.each(['', '5', 's', '.s', '-', '1 s', '1S', '1d', '5s ', '1.2.3s', '9999999999h'])('duration: not %j', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
