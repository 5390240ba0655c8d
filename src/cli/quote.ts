/**
 * A value of a logrus text line: as it is if it is plain, otherwise quoted as Go's `%q` does, so that a name
 * chosen by a container can neither end the line nor fake a field.
 */
export function logrusValue(text: string): string {
  return /^[A-Za-z0-9\-._/@^+]*$/.test(text) ? text : goQuote(text);
}

/** A Go string literal. */
export function goQuote(text: string): string {
  return `"${printable(text.replace(/["\\]/g, '\\$&'))}"`;
}

/** Text for a terminal or a line of a table: what Go does not call printable is spelled out as an escape. */
export function printable(text: string): string {
  // Most of what is printed, and a class of Unicode's takes long to make.
  if (/^[ -~…’]*$/.test(text)) return text;
  return text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (char) => short[char] ?? numeric(char));
}

const short: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function numeric(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
