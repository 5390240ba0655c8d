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
    return isPlain(value, maxDepth) && quotes(JSON.stringify(value)) === quotes(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `-01` and `1.`, which not every engine refuses, or something in a string that looks like them. */
function hasLooseNumber(text: string): boolean {
  if (text.includes('-0')) return true;
  for (let at = text.indexOf('.'); at !== -1; at = text.indexOf('.', at + 1)) {
    if (isDigit(text.charCodeAt(at - 1)) && !isDigit(text.charCodeAt(at + 1))) return true;
  }
  return false;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Takes the objects' prototypes away on the way. */
function isPlain(value: JsonValue, levels: number): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) || !(Number.isInteger(value) || isInfinite(value));
  if (typeof value !== 'object') return true;
  if (value === null || levels === 0) return false;
  if (!Array.isArray(value)) Object.setPrototypeOf(value, null);
  const members: readonly JsonValue[] = Array.isArray(value) ? value : Object.values(value);
  for (let i = 0; i < members.length; i++) {
    if (!isPlain(members[i] ?? null, levels - 1)) return false;
  }
  return true;
}

function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity;
}

function quotes(text: string): number {
  return text.split('"').length;
}
