import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { sandbox } from '../integration/support/sandbox.ts';
import { installPackage } from './package.ts';

const EXAMPLES = path.join(__dirname, '../../examples');
const box = sandbox('examples');

beforeAll(() => {
  installPackage(box.dir);
  fs.cpSync(EXAMPLES, path.join(box.dir, 'examples'), { recursive: true });
});

function example(name: string, ...args: readonly string[]): string {
  const program = path.join(box.dir, 'examples', name);
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

test('run.mjs', () => {
  expect(example('run.mjs', box.bundle({ script: 'echo hello; exit 3' }))).toBe('exit status 3, 6 characters: hello\n');
});

test('errors.mjs', () => {
  const broken = box.bundle({ patch: { '/process/args': ['no-such-program'] } });
  expect(example('errors.mjs', broken)).toBe('exec, because of /process/args/0; hint: none\n');
  expect(example('errors.mjs', box.bundle({ script: 'true' }))).toBe('nothing is wrong\n');
});

test('watch.mjs', () => {
  const output = example('watch.mjs', box.bundle({ script: 'exec sleep 100' }), 'sh', '-c', 'sleep 1; echo done');
  expect(output).toMatch(/CPU: \d+ ns\n/);
  expect(output).toMatch(/^done$/m);
});

test('every example has a test', () => {
  expect(
    fs
      .readdirSync(EXAMPLES)
      .filter((name) => name.endsWith('.mjs'))
      .sort(),
  ).toEqual(['errors.mjs', 'run.mjs', 'watch.mjs']);
});

test('docs/api.md shows run.mjs as it is', () => {
  const page = fs.readFileSync(path.join(EXAMPLES, '../docs/api.md'), 'utf8');
  expect(page).toContain(`\`\`\`js\n${fs.readFileSync(path.join(EXAMPLES, 'run.mjs'), 'utf8')}\`\`\``);
});
