import { execFileSync, spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { which } from '../integration/support/host.ts';
import { isTsrunc, RUNTIME } from '../integration/support/runtime.ts';
import { sandbox } from '../integration/support/sandbox.ts';
import { byHand, typedByHand } from './by-hand.ts';
import { blocks, ROOT } from './command-lines.ts';

const box = sandbox('by-hand');
const busybox = which('busybox');
/** The rootfs of these lines has nothing but it. */
const isStatic = busybox !== undefined && spawnSync('ldd', [busybox]).status !== 0;
const testByHand = isTsrunc && isStatic ? test : test.skip;

testByHand('the lines of README.md, one after the other, at a terminal', async () => {
  const tsrunc = `${RUNTIME} --root ${box.root}`;
  expect(await typedByHand(byHand(box.name, path.join(box.dir, 'demo'), tsrunc))).toBe(0);
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
