import { type ChildProcess, execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { mounts } from './support/host.ts';
import type { Json, Patch } from './support/json.ts';
import { ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { hold } from './support/user.ts';

const box = sandbox('mount-namespace');

/** A process whose mount namespace has a file system with a mark at /mnt, which no other has. */
let holder: ChildProcess;
let pid: number;
beforeEach(async () => {
  const caller = `exec unshare --mount --propagation private sh -c 'mount -t tmpfs tmpfs /mnt && echo mark > /mnt/mark && exec "$@"' sh "$@"`;
  holder = await hold({ caller }, 'env');
  pid = holder.pid ?? 0;
});
afterEach(() => {
  holder.kill('SIGKILL');
});

const NO_CGROUP_MOUNT: Patch = { '/mounts/6': undefined };
const joined = (file: string): Patch => ({ ...NO_CGROUP_MOUNT, '/linux/namespaces/4': { type: 'mount', path: file } });
const ofHolder = (): Patch => joined(`/proc/${pid}/ns/mnt`);
const mark = (...options: string[]): Json => ({
  type: 'bind',
  source: '/mnt',
  destination: '/mnt',
  options: ['rbind', ...options],
});

test('the rootfs is set up in the mount namespace that is joined, and sources are those of it', () => {
  const script =
    'readlink /proc/self/ns/mnt; pwd; ls -d /* | grep -c .; cat /mnt/mark; touch /mnt/x 2>/dev/null || echo ro';
  const link = fs.readlinkSync(`/proc/${pid}/ns/mnt`);
  const { stdout } = ok(box.run({ script, patch: { ...ofHolder(), '/mounts/-': [mark('ro')] } }));
  expect(stdout).toBe(`${link}\n/\n${fs.readdirSync(box.rootfs).length}\nmark\nro\n`);
});

test('it has the root and the working directory that the config asks for, and no way out', () => {
  const script =
    'pwd; stat -c %i / /proc/1/root/ /proc/1/cwd/..; cd /..; pwd; grep -c " / / " /proc/self/mountinfo; true';
  const patch = { ...ofHolder(), '/process/cwd': '/srv' };
  const lines = ok(box.run({ script, patch })).stdout.trim().split('\n');
  const inode = String(fs.statSync(box.rootfs).ino);
  expect(lines).toEqual(['/srv', inode, inode, inode, '/', '0']);
});

test('nothing of it reaches the host’s mounts', () => {
  const before = mounts().length;
  ok(box.run({ script: 'true', patch: ofHolder() }));
  expect(mounts()).toHaveLength(before);
});

test.each<[string, Patch]>([
  ['a seccomp filter', { '/linux/seccomp': { defaultAction: 'SCMP_ACT_ALLOW' } }],
  ['rootfsPropagation', { '/linux/rootfsPropagation': 'rshared' }],
])('the old root is out of reach with %s too', (_, patch) => {
  const script = 'cut -d" " -f5 /proc/self/mountinfo | sort | uniq -d; ls /mnt | grep -c .; echo $?';
  expect(ok(box.run({ script, patch: { ...ofHolder(), ...patch } })).stdout).toBe('0\n1\n');
  expect(mounts(pid).map(({ target }) => target)).not.toContain('/mnt');
});

test('a container takes its verbs as any other', async () => {
  const container = box.create({ script: 'exec sleep 100', patch: ofHolder() });
  expect(container.state().status).toBe('created');
  container.start();
  expect(container.state().status).toBe('running');
  expect(fs.readlinkSync(`/proc/${container.pid}/ns/mnt`)).toBe(fs.readlinkSync(`/proc/${pid}/ns/mnt`));
  container.kill();
  await container.stopped();
  container.delete();
});

testTsrunc('a create that fails takes its mounts away', () => {
  const before = mounts(pid).map(({ target }) => target);
  const patch = { ...ofHolder(), '/mounts/3/type': 'nonesuch' };
  refused(box.tryCreate({ patch }).created, /this kernel has no file system \\?"nonesuch/);
  expect(mounts(pid).map(({ target }) => target)).toEqual(before);
});

testTsrunc.each<[string, Patch]>([
  ['at the program', { '/process/args': ['/nonexistent'] }],
  ['at a hook', { '/hooks': { createContainer: [{ path: '/bin/false' }] } }],
])('a create that fails %s takes its mounts away', (_, patch) => {
  const before = mounts(pid);
  const cwd = fs.readlinkSync(`/proc/${pid}/cwd`);
  const root = fs.statSync(`/proc/${pid}/root`).ino;
  expect(box.tryCreate({ patch: { ...ofHolder(), ...patch } }).created.status).toBe(1);
  expect(mounts(pid)).toEqual(before);
  // Whoever was in there has the root and the directory that he had.
  expect([fs.statSync(`/proc/${pid}/root`).ino, fs.readlinkSync(`/proc/${pid}/cwd`)]).toEqual([root, cwd]);
});

testTsrunc('so does one that cannot write its PID file', () => {
  const before = mounts(pid);
  const flags = ['--pid-file', '/nonexistent/pid'];
  const patch = { ...ofHolder(), '/linux/seccomp': { defaultAction: 'SCMP_ACT_ALLOW' } };
  refused(box.tryCreate({ patch, script: 'true', flags }).created, '/nonexistent');
  expect(mounts(pid)).toEqual(before);
});

testTsrunc.each<[string, Patch, string[]]>([
  ['the program', { '/process/args': ['/nonexistent'] }, []],
  ['the PID file', {}, ['--pid-file', '/nonexistent/pid']],
])('with --no-pivot one that fails at %s leaves none of its mounts', (_, patch, more) => {
  const targets = (): string[] => mounts(pid).map(({ target }) => target);
  const before = targets();
  const flags = ['--no-pivot', ...more];
  refused(box.tryCreate({ patch: { ...ofHolder(), ...patch }, flags }).created, '/nonexistent');
  expect(targets().filter((target) => !before.includes(target) || target === '/')).toEqual(['/']);
});

testTsrunc('what the namespace itself has mounted at the path of the rootfs stays', () => {
  const rootfs = path.join(box.bundle({ ownRootfs: true }), 'rootfs');
  execFileSync('nsenter', ['--mount', '--target', String(pid), 'mount', '--bind', rootfs, rootfs]);
  const before = mounts(pid);
  const patch = { ...ofHolder(), '/root/path': rootfs };
  for (const wrong of [
    { '/linux/rootfsPropagation': 'nonsense' },
    { '/mounts/3/type': 'nonesuch' },
    { '/process/args': ['/nonexistent'] },
  ]) {
    expect(box.tryCreate({ patch: { ...patch, ...wrong } }).created.status).toBe(1);
    expect(mounts(pid)).toEqual(before);
  }
});

testTsrunc.each([
  ['that of the runtime itself', '/proc/self/ns/mnt', 'is the mount namespace of the runtime itself'],
  ['what is another namespace', '/proc/self/ns/net', 'is not a mount namespace'],
  ['what is no namespace', '/proc/self/status', 'is not a mount namespace'],
  ['what is not there', '/nonexistent', 'no such file or directory'],
])('%s is refused', (_, file, words) => {
  refused(box.tryCreate({ patch: joined(file) }).created, words);
});

testTsrunc('that of PID 1 is refused from another one', () => {
  const caller = 'exec unshare --mount --propagation private "$@"';
  refused(
    box.tryCreate({ patch: joined('/proc/1/ns/mnt'), caller }).created,
    /is the mount namespace of PID 1|permission denied/,
  );
});

testTsrunc('a link of it is copied', () => {
  const link = path.join(box.scratch(), 'link');
  fs.symlinkSync('there', link);
  const entry = { type: 'bind', source: link, destination: '/tmp/link', options: ['rbind', 'copy-symlink'] };
  const patch = { ...ofHolder(), '/mounts/-': [{ type: 'tmpfs', source: 'tmpfs', destination: '/tmp' }, entry] };
  expect(ok(box.run({ script: 'readlink /tmp/link', patch })).stdout).toBe('there\n');
});
