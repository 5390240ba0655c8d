import { decodeUtf8 } from '../../../../src/engine/quickjs/text.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Leads, continuations, and what is neither, at the borders of what a second byte may be. */
const BYTES = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf];
const LEADS = [0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff];

test('every three bytes at the borders are what the platform makes of them', () => {
  const all = [...BYTES, ...LEADS];
  for (const a of all) for (const b of all) for (const c of all) compare(Uint8Array.of(a, b, c));
});

test('every beginning of a character of four bytes is one that is missing', () => {
  for (const lead of LEADS) {
    for (const second of BYTES)
      for (const third of [0x41, 0x80, 0xbf]) compare(Uint8Array.of(lead, second, third, 0x80));
  }
});

test('text is what it was, with its byte order mark', () => {
  const text = '\ufeffjudge ünï — 日本語 🐋\0end';
  expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text);
});

function compare(bytes: Uint8Array): void {
  const expected = decoder.decode(bytes);
  const got = decodeUtf8(bytes);
  // One comparison that says which bytes: thousands of expectations take seconds.
  if (got !== expected) expect({ bytes: [...bytes], text: got }).toEqual({ bytes: [...bytes], text: expected });
}
