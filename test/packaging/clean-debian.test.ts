import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { byHand, typedByHand } from '../documentation/by-hand.ts';
import { ROOT } from '../documentation/command-lines.ts';
import { which } from '../integration/support/host.ts';
import { isTsrunc } from '../integration/support/runtime.ts';
import { sandbox } from '../integration/support/sandbox.ts';

/**
 * The way of somebody new: a Debian with nothing on it, one package, and README.md line by line. It takes minutes, and
 * Debian's mirrors.
 */
const box = sandbox('debian');
const isPossible = ['debootstrap', 'dpkg-deb'].every((program) => which(program) !== undefined) && isTsrunc;
const inFull = process.env['TSRUNC_FULL'] === '1' && isPossible ? test : test.skip;
const MINUTES = 60_000;
/** Kept for the next time. */
const debian = path.join(os.tmpdir(), 'tsrunc-debian-bookworm');
const packages = path.join(ROOT, 'build/packages');

jest.setTimeout(10 * MINUTES);

beforeAll(() => {
  if (!isPossible || process.env['TSRUNC_FULL'] !== '1') return;
  execFileSync('make', ['--silent', 'package'], { cwd: ROOT, stdio: 'pipe', timeout: 3 * MINUTES });
  if (fs.existsSync(debian)) return;
  // Under its name only when it is whole.
  const partial = `${debian}-${process.pid}`;
  try {
    execFileSync('debootstrap', ['--variant=minbase', 'bookworm', partial], { stdio: 'pipe', timeout: 5 * MINUTES });
    fs.renameSync(partial, debian);
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
});

/** The packages that README.md names as requirements, and the busybox of its lines. */
inFull.each([
  ['.deb', '', 'apt-get install -qq -y busybox-static /packages/tsrunc_*_amd64.deb'],
  [
    'package for npm',
    npmDirectory(),
    'apt-get install -qq -y busybox-static; npm install --silent --offline -g /packages/tsrunc-*[0-9].tgz',
  ],
])('the %s on a Debian with nothing on it, and then README.md by hand', async (_, npm, install) => {
  const script = ['set -e', 'apt-get update -qq', install, 'cd /tmp', byHand(box.name, '/tmp/demo')].join('\n');
  const where = [path.join(__dirname, 'clean-debian.sh'), debian, packages, npm];
  expect(await typedByHand(script, where, 200)).toBe(0);
});

function npmDirectory(): string {
  const npm = which('npm');
  return npm === undefined ? '' : path.join(path.dirname(fs.realpathSync(npm)), '..');
}
