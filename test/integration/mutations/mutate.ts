import { type Json, type Patch, patched, stringify } from '../support/json.ts';
import { seeded } from '../support/wait.ts';

export interface Mutant {
  readonly text: string;
  /** What was done, for whoever has to repeat it. */
  readonly story: string;
}

type Random = () => number;

/** A config.json that is wrong in one to three ways, always the same ones for a seed. */
export function mutant(seed: number, bases: readonly Json[], isProtected: (pointer: string) => boolean): Mutant {
  const random = seeded(seed * 7919 + 1);
  // The first numbers of neighbouring seeds are alike.
  for (let i = 0; i < 8; i++) random();
  const base = Math.floor(random() * bases.length);
  const story = [`seed ${seed}`, `base ${base}`];
  let document: Json = bases[base] ?? {};
  for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
    const pointers = pointersOf(document).filter((pointer) => !isProtected(pointer));
    const pointer = pick(random, pointers);
    const [name, change] = pick(random, CHANGES);
    const patch = change(random, pointer, at(document, pointer));
    document = patched(document, patch);
    story.push(`${name} ${pointer}: ${brief(Object.values(patch))}`);
  }
  const text = stringify(document).replaceAll(/"raw:([^"]*)"/g, '$1');
  const [name, damage] = random() < 0.15 ? pick(random, DAMAGES) : ['', (_: Random, whole: string) => whole];
  return { text: damage(random, text), story: [...story, name].join('; ') };
}

const CHANGES: readonly (readonly [string, (random: Random, pointer: string, value: Json) => Patch])[] = [
  ['remove', (_, pointer) => ({ [pointer]: undefined })],
  ['replace', (random, pointer) => ({ [pointer]: pick(random, VALUES) })],
  ['number', (random, pointer) => ({ [pointer]: pick(random, NUMBERS) })],
  ['text', (random, pointer) => ({ [pointer]: pick(random, TEXTS) })],
  ['another type', (_, pointer, value) => ({ [pointer]: anotherType(value) })],
  ['wrap', (_, pointer, value) => ({ [pointer]: [value] })],
  ['deepen', (_, pointer) => ({ [pointer]: `raw:${'['.repeat(2000)}${']'.repeat(2000)}` })],
  ['unknown key', (random, pointer, value) => ({ [pointer]: strange(random, value) })],
];

/** What happens to the text itself. */
const DAMAGES: readonly (readonly [string, (random: Random, text: string) => string])[] = [
  ['a key twice', (random, text) => twice(random, text)],
  ['cut off', (random, text) => text.slice(0, Math.floor(random() * text.length))],
  ['a stray character', (random, text) => insert(random, text, pick(random, ['}', ',', '"', '\0', '\x1b', '\ufeff']))],
  ['a second document', (_, text) => `${text}{}`],
];

const NUMBERS: readonly Json[] = [
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 32,
  4_294_967_295,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n,
  -(2n ** 63n) - 1n,
  'raw:1e400',
  'raw:-0',
  'raw:1E2',
  10n ** 300n,
];

/** None of them names anything that exists outside of the bundle, besides the root itself. */
const TEXTS: readonly string[] = [
  '',
  ' ',
  '-',
  '--help',
  'a\nb',
  'a\0b',
  '\x1b[31mred\x1b[0m',
  '\r\n{"level":"error"}',
  'a'.repeat(256),
  'x'.repeat(1 << 20),
  `/${'d/'.repeat(2000)}`,
  '/nonexistent/../nonexistent',
  '/dev/null/x',
  'ü€😀\u202e',
  '%s%n$PATH`id`',
  '\ud800',
  '=',
  'a=b=c',
  '__proto__',
];

const VALUES: readonly Json[] = [
  null,
  true,
  false,
  {},
  [],
  [null],
  { '': null },
  [[]],
  'true',
  '0',
  ...NUMBERS,
  ...TEXTS,
];

function anotherType(value: Json): Json {
  if (Array.isArray(value)) return Object.fromEntries(value.map((item, index) => [String(index), item]));
  if (typeof value === 'object' && value !== null) return Object.values(value);
  return typeof value === 'string' ? value.length : String(value);
}

function strange(random: Random, value: Json): Json {
  if (Array.isArray(value)) return [...value, ...value];
  if (typeof value !== 'object' || value === null) return { value };
  const key = pick(random, [...TEXTS.filter((text) => text.length < 300), 'constructor', 'toString', 'length']);
  const entries: [string, Json][] = [...Object.entries(value), [key, pick(random, VALUES)]];
  return Object.fromEntries(entries);
}

/** A line `"key": scalar` once more, with another value. */
function twice(random: Random, text: string): string {
  const lines = text.split('\n');
  const simple = lines.flatMap((line, index) => (/^\s*"\w+": ["\w].*,$/.test(line) ? [index] : []));
  const index = pick(random, simple.length ? simple : [0]);
  const line = lines[index] ?? '';
  lines.splice(index, 0, line.replace(/: .*/, `: ${pick(random, ['null', '5', '"x"', '{}'])},`));
  return lines.join('\n');
}

function insert(random: Random, text: string, what: string): string {
  const index = Math.floor(random() * text.length);
  return text.slice(0, index) + what + text.slice(index);
}

function pointersOf(value: Json, base = ''): string[] {
  const children = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return children.flatMap(([key, item]) => {
    const pointer = `${base}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return [pointer, ...pointersOf(item, pointer)];
  });
}

function at(document: Json, pointer: string): Json {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Json>((value, key) => (Array.isArray(value) ? value[Number(key)] : member(value, key)) ?? null, document);
}

function member(value: Json, key: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[key] : undefined;
}

function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

function brief(values: readonly (Json | undefined)[]): string {
  return values
    .map((value) => (value === undefined ? 'gone' : stringify(value).replace(/\s+/g, ' ').slice(0, 60)))
    .join();
}
