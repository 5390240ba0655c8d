import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { sandbox } from '../integration/support/sandbox.ts';

const ROOT = path.join(__dirname, '../..');
const box = sandbox('reproducible');

jest.setTimeout(180_000);

/** Builds the executable of this checkout in another directory, by another user's habits, as it were. */
function built(name: string, env: Readonly<Record<string, string>>): Buffer {
  const place = path.join(box.scratch(), name);
  fs.mkdirSync(path.join(place, 'build'), { recursive: true });
  for (const part of ['src', 'scripts', 'schemas', 'package.json', 'package-lock.json', 'build/validators.ts']) {
    fs.cpSync(path.join(ROOT, part), path.join(place, part), { recursive: true });
  }
  // Links where that can be: they are 500 MB.
  const copy = 'cp -al "$0" "$1" 2> /dev/null || cp -a "$0" "$1"';
  execFileSync('sh', ['-c', copy, path.join(ROOT, 'node_modules'), place]);
  execFileSync('node', ['scripts/build.mjs'], {
    cwd: place,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 80_000,
  });
  return fs.readFileSync(path.join(place, 'bin/tsrunc'));
}

test('two builds in two directories, with different variables, are the same byte for byte', () => {
  const first = built('a', { HOME: '/nonexistent', LANG: 'C', TZ: 'UTC' });
  const temporary = box.scratch();
  const second = built('another-directory', {
    TMPDIR: temporary,
    TZ: 'Asia/Tokyo',
    USER: 'somebody',
    FORCE_COLOR: '1',
  });
  expect(second.length).toBe(first.length);
  expect(Buffer.compare(first, second)).toBe(0);
  expect(first.includes(temporary)).toBe(false);
});
