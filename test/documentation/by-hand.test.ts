import { execFileSync, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { which } from '../integration/support/host.ts';
import { isTsrunc, RUNTIME } from '../integration/support/runtime.ts';
import { sandbox } from '../integration/support/sandbox.ts';
import { openScreen } from '../integration/support/terminal.ts';
import { blocks, ROOT } from './command-lines.ts';

const box = sandbox('by-hand');
const busybox = which('busybox');
/** The rootfs of these lines has nothing but it. */
const isStatic = busybox !== undefined && spawnSync('ldd', [busybox]).status !== 0;
const testByHand = isTsrunc && isStatic ? test : test.skip;

/** README.md, "By hand", for one who has built already, with places and names that nothing else has. */
function script(): string {
  const block = blocks('README.md').find((text) => text.includes('tsrunc spec')) ?? '';
  return block
    .replace(/^make$/m, 'set -ex')
    .replaceAll('/tmp/demo', path.join(box.dir, 'demo'))
    .replace('/path/to/tsrunc/bin/tsrunc', `${RUNTIME} --root ${box.root}`)
    .replace(/^(.*tsrunc (?:run|create|state|start|delete --force)) (one|two)/gm, `$1 ${box.name}-$2`);
}

testByHand('the lines of README.md, one after the other, at a terminal', async () => {
  const { screen, peer } = openScreen();
  const child = spawn('setsid', ['--ctty', 'bash', '-c', script()], {
    stdio: [peer, peer, peer],
    env: { PATH: process.env['PATH'] },
  });
  const done = new Promise<number | null>((resolve) => child.on('exit', resolve));
  fs.closeSync(peer);
  await screen.shows('/ # ', 30);
  screen.type('echo here $((6 * 7)); exit\n');
  const status = await done;
  // What the second shell reads is at its end at once.
  const told = /here 42\r\n.*\nhello from tsrunc\r\n.*"status": "created".*two +\d+ +(running|stopped)/s;
  expect(screen.shown()).toMatch(told);
  expect(status).toBe(0);
  screen.close();
});

testByHand('the demo', () => {
  const said = execFileSync('scripts/demo.sh', {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 100_000,
    env: { ...process.env, TSRUNC: RUNTIME },
  });
  expect(said).toContain('exit status 42, as the process wanted it');
});

testByHand('the line of docs/errors.md gives what is said there', () => {
  const [line = ''] = blocks('docs/errors.md');
  const bundle = box.bundle({ patch: { '/mounts/3/options': ['size=nonsense'] } });
  const command = line.replace('/bundles/web web', `${bundle} ${box.id()}`);
  const tsrunc = `tsrunc() { ${RUNTIME} --root ${box.root} "$@"; }`;
  const { status, stderr } = spawnSync('sh', ['-c', `${tsrunc}\n${command}`], { encoding: 'utf8', timeout: 60_000 });
  expect(status).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({
    code: 'syscall',
    pointer: '/mounts/3',
    syscall: 'fsconfig',
    errno: 'EINVAL',
  });
});
