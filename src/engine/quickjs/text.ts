import type { Binding } from './binding.ts';

/** Text as bytes, as {@link import('../engine.ts').Engine} promises them. */
export interface Text {
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

export function textOf(binding: Pick<Binding, 'encode' | 'decode'>): Text {
  return {
    encode: (text) => new Uint8Array(binding.encode(text.toWellFormed())),
    decode(bytes) {
      const text = binding.decode(bytes);
      // The engine takes surrogates, and counts differently how many characters something malformed is.
      return text.includes(REPLACEMENT) || !text.isWellFormed() ? decodeUtf8(bytes) : text;
    },
  };
}

const REPLACEMENT = '\ufffd';

/** The decoder of the Encoding Standard, section 8.1.1: one U+FFFD for each longest beginning of a character. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const [length, least, most] = sequence(bytes[at] ?? 0);
    let got = 1;
    while (got < length && within(bytes[at + got], got === 1 ? least : 0x80, got === 1 ? most : 0xbf)) got++;
    text += length > 0 && got === length ? character(bytes, at, length) : REPLACEMENT;
    at += got;
  }
  return text;
}

/** How long a character is that begins with this byte, 0 if none does, and what its second byte may be. */
function sequence(lead: number): [length: number, least: number, most: number] {
  if (lead < 0x80) return [1, 0, 0];
  if (lead < 0xc2 || lead > 0xf4) return [0, 0, 0];
  if (lead < 0xe0) return [2, 0x80, 0xbf];
  // Not longer than need be, no surrogate, nothing above U+10FFFF.
  if (lead < 0xf0) return [3, lead === 0xe0 ? 0xa0 : 0x80, lead === 0xed ? 0x9f : 0xbf];
  return [4, lead === 0xf0 ? 0x90 : 0x80, lead === 0xf4 ? 0x8f : 0xbf];
}

function within(byte: number | undefined, least: number, most: number): boolean {
  return byte !== undefined && byte >= least && byte <= most;
}

function character(bytes: Uint8Array, at: number, length: number): string {
  let point = (bytes[at] ?? 0) & (length === 1 ? 0x7f : 0x7f >> length);
  for (let i = 1; i < length; i++) point = (point << 6) | ((bytes[at + i] ?? 0) & 0x3f);
  return String.fromCodePoint(point);
}
