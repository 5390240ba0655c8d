import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { sandbox } from '../integration/support/sandbox.ts';

/**
 * The executable for arm64 under qemu-user, for what that can run: commands that start no process. The stub would need
 * an arm64 kernel; its own tests (test/unit/syscalls) start it under qemu-user directly.
 */
const executable = process.env['TSRUNC_ARM64'];
const onArm64 = executable === undefined ? test.skip : test;
const QEMU = ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'] as const;
const box = sandbox('arm64');

jest.setTimeout(120_000);

function tsrunc(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const [qemu, ...prefix] = QEMU;
  const { status, stdout, stderr } = spawnSync(qemu, [...prefix, path.resolve(executable ?? ''), ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    ...options,
  });
  return { status, stdout, stderr };
}

onArm64('--version, features and spec say what the other executable says', () => {
  const native = (...args: readonly string[]) => spawnSync('bin/tsrunc', args, { encoding: 'utf8' }).stdout;
  // They may have been built from different commits.
  const lines = (text: string) => text.split('\n').filter((line) => !line.startsWith('commit: '));
  const version = tsrunc(['--version']);
  expect(version).toMatchObject({ status: 0, stderr: '' });
  expect(lines(version.stdout)).toEqual(lines(native('--version')));
  const features = tsrunc(['features']);
  expect(features.stderr).toBe('');
  expect(JSON.parse(features.stdout).linux.namespaces).toEqual(JSON.parse(native('features')).linux.namespaces);
  const [mine, theirs] = [box.scratch(), box.scratch()];
  tsrunc(['spec'], { cwd: mine });
  native('spec', '--bundle', theirs);
  const read = (directory: string) => fs.readFileSync(path.join(directory, 'config.json'), 'utf8');
  expect(read(mine)).toBe(read(theirs));
});

onArm64('validate finds what is wrong, and where', () => {
  const bundle = box.bundle({ patch: { '/process/cwd': 'tmp' } });
  const { status, stdout } = tsrunc(['validate', '--bundle', bundle]);
  expect(stdout).toContain('/process/cwd: must be absolute, is "tmp"');
  expect(status).toBe(1);
});

onArm64('plan makes no system call and says all of them', () => {
  const { status, stdout } = tsrunc(['plan', '--bundle', box.bundle({ script: 'true' })]);
  expect(stdout).toContain('pivot_root(');
  expect(stdout).toContain('clone3({flags=CLONE_');
  expect(status).toBe(0);
});

onArm64('state and list read, through the native binding too', () => {
  const root = box.scratch();
  const { status, stderr } = tsrunc(['--root', root, 'state', 'none']);
  expect(stderr).toContain('container does not exist');
  expect(status).toBe(1);
  expect(tsrunc(['--root', root, 'list'])).toMatchObject({ status: 0, stderr: '' });
  expect(tsrunc(['check']).stdout).toMatch(/ok +vm\.memfd_noexec/);
});

onArm64('variables that steer Node or OpenSSL do nothing', () => {
  const files = box.scratch();
  const env = {
    PATH: process.env['PATH'],
    NODE_OPTIONS: '--no-such-option',
    NODE_DEBUG: 'fs,module',
    NODE_COMPILE_CACHE: files,
    NODE_REPL_EXTERNAL_MODULE: '/nonexistent.js',
    OPENSSL_CONF: '/nonexistent',
  };
  expect(tsrunc(['--version'], { env })).toMatchObject({ status: 0, stderr: '' });
  expect(fs.readdirSync(files)).toEqual([]);
});
