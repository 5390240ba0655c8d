import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContainerError } from '../../../src/libcontainer/errors.ts';
import { refuseUnsupported } from '../../../src/libcontainer/unsupported.ts';
import { load } from '../spec/helpers.ts';
import { fullDocument, places } from '../spec/sample.ts';

const ROOT = join(__dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8');
const STATES = ['supported', 'refused', 'ignored'];

interface Row {
  readonly state: string;
  readonly remarks: string;
}

/** What the page says, by pointer. */
const rows = new Map(page.split('\n').flatMap(rowsOf));

function rowsOf(line: string): [string, Row][] {
  const [fields = '', state = '', remarks = ''] = line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
  return [...fields.matchAll(/`(\/[^`]*)`/g)].map(([, pointer = '']) => [pointer, { state, remarks }]);
}

/** The row of a pointer, or of what it lies below. */
function rowOf(pointer: string): Row | undefined {
  for (let place = pointer; place !== ''; place = place.slice(0, place.lastIndexOf('/'))) {
    const row = rows.get(place);
    if (row !== undefined) return row;
  }
  return undefined;
}

/** Indexes and keys of maps are `*` on the page. */
function general(pointer: string): string {
  return pointer.replace(/\/(\d+|entry)(?=\/|$)/g, '/*');
}

/** Every place of the schema that holds a value and not members of its own. */
const leaves = [...places()].filter(([, shape]) => (shape.members ?? shape.items ?? shape.values) === undefined);

/** What is refused of a configuration that says the least, and one thing more. */
function refusalOf(extra: Record<string, unknown>): ContainerError | undefined {
  const { config } = load({ ociVersion: '1.3.0', ...extra });
  if (config === undefined) throw new Error(`not a configuration: ${JSON.stringify(extra)}`);
  try {
    refuseUnsupported(config);
    return undefined;
  } catch (error) {
    if (error instanceof ContainerError && error.code === 'unsupported') return error;
    throw error;
  }
}

/** A configuration in which `pointer` says something, with the members that the schema wants beside it. */
function only(pointer: string): Record<string, unknown> {
  const [first = '', ...rest] = pointer.split('/').slice(1);
  const full = new Map(Object.entries(fullDocument() as object));
  return { [first]: keep(full.get(first), rest, `/${first}`) };
}

function keep(value: unknown, [key, ...rest]: readonly string[], place: string): unknown {
  if (key === undefined) return meaningful(value);
  if (Array.isArray(value)) return [keep(value[0], rest, `${place}/0`)];
  const required = new Set(requiredAt.get(place) ?? []);
  const entries = Object.entries(value as object).filter(([name]) => name === key || required.has(name));
  return Object.fromEntries(
    entries.map(([name, member]) => [name, name === key ? keep(member, rest, `${place}/${name}`) : member]),
  );
}

const requiredAt = new Map([...places()].map(([pointer, shape]) => [pointer, shape.required]));

/** The blanks of the sample ask for nothing. `1` fits where any string does, and as a list of CPUs. */
function meaningful(value: unknown): unknown {
  if (value === '') return '1';
  if (value === false) return true;
  return value === 0 ? 1 : value;
}

test('the page has a state that is one of three for every field it names', () => {
  expect(rows.size).toBeGreaterThan(100);
  for (const [pointer, { state }] of rows) expect([pointer, STATES.includes(state)]).toEqual([pointer, true]);
});

test('every field that the schema knows is on the page', () => {
  const missing = leaves.map(([pointer]) => general(pointer)).filter((pointer) => rowOf(pointer) === undefined);
  expect(missing).toEqual([]);
});

test('every field on the page is one that the schema knows', () => {
  const known = new Set([...places()].map(([pointer]) => general(pointer)));
  expect([...rows.keys()].filter((pointer) => !known.has(pointer))).toEqual([]);
});

test('a supported field is not hidden in a row about something above it', () => {
  const hidden = leaves
    .map(([pointer]) => general(pointer).replace(/(\/\*)+$/, ''))
    .filter((pointer) => !rows.has(pointer) && rowOf(pointer)?.state === 'supported');
  expect(hidden).toEqual([]);
});

test('a field is refused if and only if the page says so, in the words of the page', () => {
  for (const [pointer] of leaves) {
    const error = refusalOf(only(pointer));
    const row = rowOf(general(pointer));
    expect([pointer, error === undefined ? 'accepted' : 'refused']).toEqual([
      pointer,
      row?.state === 'refused' ? 'refused' : 'accepted',
    ]);
    if (error === undefined) continue;
    const [, what = ''] = /: (.*) is not supported by this version of tsrunc$/.exec(error.message) ?? [];
    expect([pointer, row?.remarks.startsWith(what)]).toEqual([pointer, true]);
  }
});

test('every pointer that the table of refusals names is refused on the page', () => {
  const source = readFileSync(join(ROOT, 'src/libcontainer/unsupported.ts'), 'utf8');
  const pointers = [...source.matchAll(/pointer: '(\/[^']*)'/g)].map(([, pointer = '']) => pointer);
  expect(pointers.length).toBeGreaterThan(0);
  expect(pointers.filter((pointer) => rowOf(pointer)?.state !== 'refused')).toEqual([]);
});
