import type { IntelRdt } from '../../spec/config.ts';

/** The lines for a group's `schemata` file, in the order in which they are written (config-linux.md, "IntelRdt"). */
export function linesOf({ l3CacheSchema = '', memBwSchema = '', schemata = [] }: IntelRdt): string[] {
  const cache = l3CacheSchema.split('\n').filter((line) => line !== '');
  // Engines used to put both into one field; the field of its own counts.
  const own = memBwSchema === '' ? cache : cache.filter((line) => !line.startsWith('MB:'));
  return [...own, ...(memBwSchema === '' ? [] : [memBwSchema]), ...schemata.filter((line) => line !== '')];
}

/** The first of `wanted` that `file`, the text of a `schemata` file, does not say too. */
export function firstMismatch(wanted: readonly string[], file: string): string | undefined {
  const present = new Map(file.split('\n').map((line) => parse(line)));
  return wanted.find((line) => {
    const [resource, values] = parse(line);
    const actual = present.get(resource);
    return [...values].some(([id, value]) => actual?.get(id) !== value);
  });
}

/**
 * `    MB:0= 20;1= 70` → MB, { 0 → 20, 1 → 70 }. The kernel pads, and writes masks in its own way, so numbers are
 * compared: the digits of a mask are hexadecimal, those of a percentage are read alike on both sides.
 */
function parse(line: string): [string, Map<string, bigint | string>] {
  const colon = line.indexOf(':');
  const pairs = line
    .slice(colon + 1)
    .split(';')
    .map((pair): [string, bigint | string] => {
      const [id = '', value = ''] = pair.split('=').map((text) => text.trim());
      return [id, /^[0-9a-fA-F]+$/.test(value) ? BigInt(`0x${value}`) : value];
    });
  return [line.slice(0, Math.max(0, colon)).trim(), new Map(pairs)];
}
