import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXPECTED_FAILURES, type ExpectedFailure } from './expected.ts';
import { exitStatus, lineOf, summary } from './report.ts';
import { parseTap, type Verdict, verdict } from './tap.ts';

/** In the form in which the suite's programs write. */
function sample(name: string): string {
  return readFileSync(join(__dirname, 'samples', `${name}.tap`), 'utf8');
}

function judged(name: string, ended: { status?: number | null; errors?: string } = {}): Verdict {
  return verdict({ output: sample(name), errors: '', status: 0, ...ended });
}

test('tests, plan and complaints are read out of an output', () => {
  expect(parseTap(sample('fails'))).toEqual({
    passed: 1,
    failed: ['read the limit', 'read the other limit'],
    skipped: 0,
    plan: 3,
    complaints: [],
  });
  expect(parseTap(sample('complains')).complaints).toEqual(['Hooks are not in order\nRefer to: config.md']);
});

test.each<[string, Verdict]>([
  ['passes', { passed: true, skipped: false }],
  ['skips', { passed: true, skipped: true }],
  ['fails', { passed: false, why: 'read the limit (and 1 more)' }],
  ['complains', { passed: false, why: 'Hooks are not in order' }],
])('a program that %s', (name, expected) => {
  expect(judged(name)).toEqual(expected);
});

test('good output does not help a program that fails, hangs or ends early', () => {
  expect(judged('passes', { status: 1, errors: 'a\nexit status 1\n' })).toEqual({
    passed: false,
    why: 'exit status 1',
  });
  expect(judged('passes', { status: null })).toMatchObject({ why: 'was killed: it took too long' });
  expect(verdict({ output: 'ok 1 - a\n1..2\n', errors: '', status: 0 })).toMatchObject({
    why: 'planned 2 tests, and there were 1',
  });
});

describe('the report', () => {
  const table: ExpectedFailure[] = [
    { program: 'old', fault: 'suite', place: 'a.go:1', why: 'wants the old text' },
    { program: 'lsm', fault: 'machine', place: 'b.go:1', why: 'needs AppArmor' },
  ];
  const pass: Verdict = { passed: true, skipped: false };
  const failure: Verdict = { passed: false, why: 'broken' };

  test.each<[string, Verdict, RegExp, number]>([
    ['good', pass, /^ok +good$/, 0],
    ['good', failure, /^FAILS +good +broken$/, 1],
    ['old', failure, /^expected +old +suite: wants the old text \(a\.go:1\)$/, 0],
    ['old', pass, /^passes +old +and is listed as failing$/, 1],
    ['lsm', failure, /^expected +lsm +machine: needs AppArmor/, 0],
    ['lsm', pass, /^ok +lsm$/, 0],
  ])('%s with %j', (program, result, line, status) => {
    const ran = { program, verdict: result };
    expect(lineOf(ran, table)).toMatch(line);
    expect(exitStatus([ran], table)).toBe(status);
  });

  test('counts', () => {
    const all = [
      { program: 'good', verdict: pass },
      { program: 'old', verdict: failure },
      { program: 'new', verdict: failure },
    ];
    expect(summary(all, table)).toBe(
      '3 programs: 1 pass, 1 fail as expected (1 suite, 0 machine, 0 choice), 1 surprises',
    );
  });
});

test('every expected failure is listed once, with its place', () => {
  const names = EXPECTED_FAILURES.map(({ program }) => program);
  expect(new Set(names).size).toBe(names.length);
  for (const { place, why } of EXPECTED_FAILURES) expect(`${place} ${why}`).toMatch(/^\S+\.go(:\d+)? \S/);
});
