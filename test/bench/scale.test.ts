import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { isTsrunc } from '../integration/support/runtime.ts';

/** `make scale`, small. What it times is for people; that nothing is left is for everybody. */
const measured = isTsrunc ? test : test.skip;

jest.setTimeout(120_000);

measured('of many containers nothing is left when they have been deleted, and each is small while it waits', () => {
  const bench = ['node', 'scripts/run-typescript.mjs', 'bench/scale.ts'];
  const output = execFileSync('unshare', ['--mount', '--propagation=private', ...bench], {
    cwd: path.join(__dirname, '../..'),
    env: { ...process.env, SCALE: '1 25' },
    encoding: 'utf8',
    timeout: 110_000,
  });
  const { rows, left } = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
  expect(rows.map(({ size }: { size: number }) => size)).toEqual([1, 25]);
  for (const { rssEach } of rows) expect(rssEach).toBeLessThanOrEqual(64);
  expect(left).toEqual([]);
});
