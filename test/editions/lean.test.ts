import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { sandbox } from '../integration/support/sandbox.ts';
import { until } from '../integration/support/wait.ts';

const LEAN = path.join(__dirname, '../../bin/tsrunc-lean');
const box = sandbox('lean');
const lean = fs.existsSync(LEAN) ? test : test.skip;

lean('is one static file of at most 4 MB', () => {
  expect(fs.statSync(LEAN).size).toBeLessThanOrEqual(4_000_000);
  expect(execFileSync('readelf', ['-lW', LEAN], { encoding: 'utf8' })).not.toMatch(/INTERP|DYNAMIC/);
});

lean('works in a root where nothing else is', () => {
  const root = box.scratch();
  fs.copyFileSync(LEAN, path.join(root, 'tsrunc'));
  // What needs no /proc.
  const rows: [string[], RegExp][] = [
    [['--version'], /^tsrunc version \d/],
    [['create', '--help'], /tsrunc create - create a container/],
    [[], /COMMANDS/],
  ];
  for (const [argv, says] of rows) {
    const { status, stdout, stderr } = spawnSync('chroot', [root, '/tsrunc', ...argv], { encoding: 'utf8' });
    expect({ argv, status, stderr }).toEqual({ argv, status: 0, stderr: '' });
    expect(stdout).toMatch(says);
  }
});

lean('has at most 8 MB resident while it runs a container', async () => {
  const id = box.id();
  const bundle = box.bundle({ script: 'exec sleep 100' });
  const running = box.begin(['run', '--bundle', bundle, id], { runtime: LEAN });
  await until('it runs', () => box.runtime(['state', id], { runtime: LEAN }).stdout.includes('"running"'));
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${running.pid}/status`, 'utf8')) ?? [];
  expect(box.runtime(['kill', id, 'KILL'], { runtime: LEAN }).status).toBe(0);
  await running.done;
  await box.clean(id);
  expect(Number(peak)).toBeGreaterThan(0);
  expect(Number(peak)).toBeLessThanOrEqual(8192);
});

lean('has no compiler: what a container’s author writes cannot become code', () => {
  const symbols = execFileSync('strings', ['-n', '6', LEAN], { encoding: 'utf8', maxBuffer: 1 << 26 });
  // What QuickJS's compiler says of a mistake.
  expect(symbols).not.toMatch(/unexpected token in expression/);
});
