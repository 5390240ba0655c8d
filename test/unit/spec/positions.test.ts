import { splitPointer, writeJson } from '../../../src/spec/json.ts';
import { BAD, changed } from './corpus.ts';
import { load, withValue } from './helpers.ts';
import { fullDocument, places } from './sample.ts';

/** Where the value at `pointer` begins in the text, found without the parser: by a mark that is put there. */
function positionOf(config: unknown, pointer: string): { line: number; column: number } {
  const present = nearest(config, pointer);
  const lines = writeJson(present === '' ? 0 : withValue(config, present, MARK), '  ').split('\n');
  const line = lines.findIndex((text) => text.includes(MARK));
  if (present === '') return { line: 1, column: 1 };
  return { line: line + 1, column: (lines[line]?.indexOf(`"${MARK}`) ?? 0) + 1 };
}

const MARK = '@the place@';

/** The innermost place on the way to `pointer` that exists. */
function nearest(config: unknown, pointer: string): string {
  let present = '';
  let value: unknown = config;
  for (const segment of pointer.split('/').slice(1)) {
    const [key = ''] = splitPointer(`/${segment}`);
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) break;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
    if (value === undefined) break;
    present += `/${segment}`;
  }
  return present;
}

const rules = BAD.map(([changes]) => ({ what: JSON.stringify(changes, bigints), config: changed(changes) }));
const types = [...places()].map(([pointer, { expected }]) => {
  const wrong = expected.startsWith('an object') ? [] : {};
  return { what: `${pointer} of another type`, pointer, wrong, config: withValue(fullDocument(), pointer, wrong) };
});
/** Where there is nothing below. */
const leaves = types.filter(({ pointer }) => !types.some((other) => other.pointer.startsWith(`${pointer}/`)));
const broken = [...rules, ...types];

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}

test('every mistake of more than three hundred is found at its line and column', () => {
  expect(broken.length).toBeGreaterThan(300);
  for (const { what, config } of broken) {
    const { problems } = load(config);
    expect([what, problems.length > 0]).toEqual([what, true]);
    for (const { kind, pointer, line, column } of problems) {
      // Of what nobody knows the key is the mistake.
      if (kind === 'unknown-field') continue;
      expect([what, pointer, { line, column }]).toEqual([what, pointer, positionOf(config, pointer)]);
    }
  }
});

test('a wrong type is found where it was put', () => {
  for (const { what, pointer, config } of types) {
    expect([what, load(config).problems.map((problem) => problem.pointer)]).toEqual([
      what,
      expect.arrayContaining([pointer]),
    ]);
  }
});

test('all mistakes of one file are found at once, each at its place', () => {
  expect(leaves.length).toBeGreaterThan(120);
  const config = leaves.reduce<unknown>(
    (document, { pointer, wrong }) => withValue(document, pointer, wrong),
    fullDocument(),
  );
  const { problems } = load(config);
  expect(problems.map(({ pointer }) => pointer)).toEqual(expect.arrayContaining(leaves.map(({ pointer }) => pointer)));
  for (const { pointer, line, column } of problems) {
    expect([pointer, { line, column }]).toEqual([pointer, positionOf(config, pointer)]);
  }
});

test('mistakes of several kinds in one file are found at once', () => {
  const seeded: readonly (readonly [string, unknown])[] = [
    ['/ociVersion', '2.0.0'],
    ['/process/cwd', 'relative'],
    ['/process/args', []],
    ['/process/rlimits', [{ type: 'RLIMIT_NOFILE', soft: 2, hard: 1 }]],
    ['/process/capabilities/bounding', ['CAP_NONSENSE']],
    ['/hostnam', 'x'],
    ['/mounts/0/destination', 5],
    ['/linux/rootfsPropagation', 'sharedd'],
    ['/linux/maskedPaths', ['relative']],
    ['/linux/resources', { pids: { limit: 'many' } }],
    ['/linux/seccomp', { defaultAction: 'SCMP_ACT_NONE' }],
    ['/hooks', { poststart: [{ path: 'relative' }] }],
  ];
  const config = seeded.reduce<unknown>(
    (document, [pointer, value]) => withValue(document, pointer, value),
    changed({}),
  );
  const found = load(config).problems;
  for (const [place] of seeded)
    expect(found.map(({ pointer }) => pointer).filter((at) => at.startsWith(place))).not.toEqual([]);
  for (const { kind, pointer, line, column } of found) {
    if (kind === 'unknown-field') continue;
    expect([pointer, { line, column }]).toEqual([pointer, positionOf(config, pointer)]);
  }
});
