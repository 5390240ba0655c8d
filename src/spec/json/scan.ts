/**
 * The tokens of JSON text, shared by the parser and the locator. Offsets count UTF-16 units of the text.
 */

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
const BACKSLASH = 0x5c;

/** The offset of the first character at or after `at` that is not white space. */
export function skipSpace(text: string, at: number): number {
  let offset = at;
  for (;;) {
    const code = text.charCodeAt(offset);
    if (code > 0x20 || (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d)) return offset;
    offset++;
  }
}

/** The offset of the quote that ends the string whose first character is at `start`, or -1. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start);
  while (end !== -1 && isEscaped(text, start, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** Whether an odd number of backslashes precedes: `\"` goes on, `\\"` ends. */
function isEscaped(text: string, start: number, at: number): boolean {
  let offset = at - 1;
  while (offset >= start && text.charCodeAt(offset) === BACKSLASH) offset--;
  return (at - 1 - offset) % 2 === 1;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;

export interface NumberToken {
  readonly text: string;
  readonly isInteger: boolean;
}

/** The number that starts at `at`, or nothing if none does. */
export function numberAt(text: string, at: number): NumberToken | undefined {
  NUMBER.lastIndex = at;
  const match = NUMBER.exec(text);
  return match === null ? undefined : { text: match[0], isInteger: match[1] === undefined && match[2] === undefined };
}
