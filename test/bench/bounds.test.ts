import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { bounds } from '../../bench/bounds.ts';
import type { Results } from '../../bench/report.ts';
import { isTsrunc } from '../integration/support/runtime.ts';
import { sandbox } from '../integration/support/sandbox.ts';

/** `make bench`, small: what is counted, and times only as ratios. */
const ROOT = path.join(__dirname, '../..');
const box = sandbox('bounds');
const measured = isTsrunc ? test : test.skip;
let results: Results;

jest.setTimeout(180_000);

beforeAll(() => {
  if (!isTsrunc) return;
  const output = box.scratch();
  const env = { ...process.env, BENCH_TIMES: '5', BENCH_ONLY: '^(create|run true)$', BENCH_RESULTS: output };
  const bench = ['scripts/run-typescript.mjs', 'bench/main.ts'];
  execFileSync('unshare', ['--mount', '--propagation=private', 'node', ...bench], { cwd: ROOT, env, stdio: 'pipe' });
  results = JSON.parse(fs.readFileSync(path.join(output, 'latest.json'), 'utf8'));
});

measured.each(bounds.map((bound) => [bound.name, bound.most, bound] as const))('%s: at most %d', (_, most, { of }) => {
  const found = of(results);
  // Not here: a program to measure with, or to compare with, is missing.
  if (found !== undefined) expect(found).toBeLessThanOrEqual(most);
});

measured('what is here to measure with was measured', () => {
  expect(results.roundTripsPerCreate).toBeGreaterThan(0);
  expect(results.counts['tsrunc']?.createdRss).toBeGreaterThan(0);
  expect(results.times['run true']?.['tsrunc']?.median).toBeGreaterThan(0);
});
