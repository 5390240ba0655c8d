import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { which } from '../integration/support/host.ts';
import { sandbox } from '../integration/support/sandbox.ts';

/**
 * Containers on arm64: the executable on a machine that qemu imitates, instruction by instruction, with Debian's kernel.
 * `make test-arm64` sets both variables: the executable, and what `arm64/root.sh` has unpacked.
 */
const { TSRUNC_ARM64: executable, TSRUNC_ARM64_ROOT: root } = process.env;
const QEMU = 'qemu-system-aarch64';
const MINUTES = 60_000;
const box = sandbox('arm64-machine');
const onArm64 = executable && root && which(QEMU) ? test : test.skip;

jest.setTimeout(10 * MINUTES);

let sections: Readonly<Record<string, string>> = {};

beforeAll(() => {
  if (executable && root && which(QEMU)) sections = sectionsOf(boot(executable, root));
});

/** What the guest says. Its disk is its memory: an archive of the executable, its libraries and the two scripts. */
function boot(executable: string, root: string): string {
  const tree = box.scratch();
  for (const directory of ['bin', 'lib', 'usr', 'new']) fs.mkdirSync(path.join(tree, directory));
  for (const directory of ['lib/ld-linux-aarch64.so.1', 'lib/aarch64-linux-gnu', 'usr/lib/aarch64-linux-gnu']) {
    fs.cpSync(path.join(root, directory), path.join(tree, directory), { recursive: true, verbatimSymlinks: true });
  }
  fs.copyFileSync(path.join(root, 'bin/busybox'), path.join(tree, 'bin/busybox'));
  fs.symlinkSync('busybox', path.join(tree, 'bin/sh'));
  fs.copyFileSync(executable, path.join(tree, 'bin/tsrunc'));
  fs.copyFileSync(path.join(__dirname, 'arm64/init.sh'), path.join(tree, 'init'));
  fs.copyFileSync(path.join(__dirname, 'arm64/guest.sh'), path.join(tree, 'guest.sh'));
  fs.chmodSync(path.join(tree, 'init'), 0o755);
  const archive = path.join(box.scratch(), 'initrd');
  spawnSync('sh', ['-c', `busybox find . | busybox cpio -o -H newc > ${archive}`], { cwd: tree, stdio: 'ignore' });
  const [kernel = ''] = fs.readdirSync(path.join(root, 'boot')).filter((name) => name.startsWith('vmlinuz-'));
  const { stdout } = spawnSync(
    QEMU,
    [
      ...['-M', 'virt', '-cpu', 'max,pauth-impdef=on', '-smp', '2', '-m', '2200', '-no-reboot'],
      ...['-nographic', '-nodefaults', '-serial', 'stdio'],
      ...['-kernel', path.join(root, 'boot', kernel), '-initrd', archive],
      ...['-append', 'console=ttyAMA0 rdinit=/init quiet panic=-1'],
    ],
    { encoding: 'utf8', timeout: 8 * MINUTES, input: '' },
  );
  return stdout.replaceAll('\r', '');
}

function sectionsOf(output: string): Readonly<Record<string, string>> {
  const parts = output.split(/^== (\w+)\n/m);
  expect(parts).toContain('end');
  return Object.fromEntries(parts.flatMap((name, i) => (i % 2 === 1 ? [[name, parts[i + 1] ?? '']] : [])));
}

onArm64('a container runs, and its status is that of run', () => {
  expect(sections['run']).toBe('tsrunc\naarch64\n0\nstatus 7\n');
});

onArm64('a created container is the stub: a sealed memfd of at most 64 KiB resident', () => {
  expect(sections['created']).toMatch(/^status 0\n +"status": "created",\n/);
  expect(sections['created']).toContain('/memfd:tsrunc-init (deleted)\n');
  expect(Number(/VmRSS:\s+(\d+) kB/.exec(sections['created'] ?? '')?.[1])).toBeLessThanOrEqual(64);
});

onArm64('start, exec, update, pause, resume, kill and delete do what they say', () => {
  expect(sections['running']).toBe('status 0\n0\nstatus 3\n67108864\n  "status": "paused",\nstatus 0\n');
});

onArm64('a signal to run reaches the container', () => {
  expect(sections['signal']).toBe('status 5\nready\ncaught\n');
});

onArm64('a seccomp profile for aarch64 holds', () => {
  expect(sections['seccomp']).toMatch(/chroot: .*Function not implemented\nstatus \d+\n$/);
});

onArm64('a program that is not there is an error of create', () => {
  expect(sections['missing']).toMatch(/\/no\/such\/program.*no such file or directory.*\nstatus 1\n$/);
});

onArm64('nothing is left, and check finds that the machine can run containers', () => {
  expect(sections['left']).toMatch(/^(seccomp\S*\n)?check 0\n$/);
});
