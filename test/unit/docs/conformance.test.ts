import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { places } from '../spec/sample.ts';

const ROOT = join(__dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8');
const STATES = ['supported', 'ignored'];

interface Row {
  readonly state: string;
}

/** What the page says, by pointer. */
const rows = new Map(page.split('\n').flatMap(rowsOf));

function rowsOf(line: string): [string, Row][] {
  const [fields = '', state = ''] = line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
  return [...fields.matchAll(/`(\/[^`]*)`/g)].map(([, pointer = '']) => [pointer, { state }]);
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

test('the page has a state that is one of two for every field it names', () => {
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
