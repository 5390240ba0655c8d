import type { JsonValue } from './value.ts';

/**
 * The value of a text that has nothing peculiar, by the engine's own parser, which is several times as fast as ours.
 * Undefined if ours has to look: at what is no JSON, is nested deeper than `maxDepth`, repeats a key, or has an escape, a
 * null, or a number that is not exact. Nearly every configuration has none of these.
 */
export function parsePlain(text: string, maxDepth: number): JsonValue | undefined {
  if (text.includes('\\') || hasLooseNumber(text)) return undefined;
  try {
    const value: JsonValue = JSON.parse(text);
    // Without escapes each quotation mark is one of a key's or a string's. A key that is there twice has lost two.
    return quotesOf(value, maxDepth) === text.split('"').length - 1 ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `-01` and `1.`, which not every engine refuses, or something in a string that looks like them. */
function hasLooseNumber(text: string): boolean {
  for (let at = text.indexOf('-0'); at !== -1; at = text.indexOf('-0', at + 1)) {
    // In a UUID there is something before it.
    if (!/\w/.test(text.charAt(at - 1))) return true;
  }
  for (let at = text.indexOf('.'); at !== -1; at = text.indexOf('.', at + 1)) {
    if (isDigit(text.charCodeAt(at - 1)) && AFTER_NUMBER.includes(text.charAt(at + 1))) return true;
  }
  return false;
}

/** And what an exponent begins with. */
const AFTER_NUMBER = ',]} \t\r\neE';

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** How many quotation marks a value is written with; NaN for a peculiar one. Takes the objects' prototypes away on the way. */
function quotesOf(value: JsonValue, levels: number): number {
  if (typeof value === 'string') return 2;
  if (typeof value === 'number') return isExact(value) ? 0 : Number.NaN;
  if (typeof value !== 'object') return 0;
  if (value === null || levels === 0) return Number.NaN;
  let quotes = 0;
  let members: readonly JsonValue[];
  if (Array.isArray(value)) {
    members = value;
  } else {
    members = Object.values(value);
    quotes = 2 * members.length;
    Object.setPrototypeOf(value, null);
  }
  for (let i = 0; i < members.length; i++) quotes += quotesOf(members[i] ?? null, levels - 1);
  return quotes;
}

/** As it was written: no integer that has been rounded, and nothing infinite. */
function isExact(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}
