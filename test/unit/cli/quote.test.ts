import { goQuote, logrusValue, printable } from '../../../src/cli/quote.ts';

test.each([
  ['plain', 'plain'],
  ['a-b_c.d/e@f^g+9', 'a-b_c.d/e@f^g+9'],
  ['', ''],
  ['two words', '"two words"'],
  ['a=b', '"a=b"'],
  ['a:b', '"a:b"'],
  ['say "x"', '"say \\"x\\""'],
  ['back\\slash', '"back\\\\slash"'],
  ['é', '"é"'],
])('logrus writes %j as %s', (text, written) => {
  expect(logrusValue(text)).toBe(written);
});

test.each([
  ['\u0007\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
  ['\u0000\u001b[31m\u007f', '"\\x00\\x1b[31m\\x7f"'],
  ['\u0085\u009b', '"\\u0085\\u009b"'],
  ['\u2028\u202e\ufeff', '"\\u2028\\u202e\\ufeff"'],
  ['\u00a0', '"\\u00a0"'],
  ['\u{e0001}', '"\\U000e0001"'],
  ['日本 😀', '"日本 😀"'],
])('Go quotes %j as %s', (text, written) => {
  expect(goQuote(text)).toBe(written);
});

test('A printable text keeps quotes and backslashes but no control character', () => {
  expect(printable('a "b" \\ c\n\u001b]0;x')).toBe('a "b" \\ c\\n\\x1b]0;x');
});
