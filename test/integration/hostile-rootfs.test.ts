import * as fs from 'node:fs';
import * as path from 'node:path';
import { mounts } from './support/host.ts';
import type { Patch } from './support/json.ts';
import { cloneRootfs } from './support/rootfs.ts';
import { isTsrunc, type Outcome, refused, testTsrunc, transcript } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

const box = sandbox('hostile');

interface Trap {
  readonly name: string;
  /** Path in the rootfs → target of the link that is put there. */
  readonly links: Readonly<Record<string, string>>;
  readonly patch?: Patch;
  /** Why runc 1.1 is not held to it. */
  readonly runc?: string;
}

/** From the rootfs to the directory that holds `canary`. */
const OUT = '../../../..';
/** CVE-2026-41579: a /dev that is a link has device nodes and links made on the host. */
const DEV = 'runc 1.1 makes its /dev links outside';
const tmpfsOn = (destination: string): Patch => ({ '/mounts/-': [{ type: 'tmpfs', source: 'tmpfs', destination }] });
const bindOn = (destination: string, source = '/etc/passwd'): Patch => ({
  '/mounts/-': [{ type: 'bind', source, destination, options: ['bind'] }],
});

const TOP = ['proc', 'sys', 'dev', 'etc', 'mnt', 'tmp', 'run'];

/** Each rootfs tries to lead the runtime to `canary`, which lies around it and is also linked to by its full path. */
const TRAPS: readonly Trap[] = [
  ...TOP.flatMap((name): Trap[] => [
    { name: `/${name} leads up and out`, links: { [name]: OUT }, patch: tmpfsOn('/mnt') },
    {
      name: `/${name} leads to a directory outside`,
      links: { [name]: `${OUT}/canary/${name}` },
      patch: tmpfsOn(`/${name}/new`),
    },
    {
      name: `/${name} leads to a canary, for a file to be made`,
      links: { [name]: `${OUT}/canary` },
      patch: bindOn(`/${name}/new`),
    },
    {
      name: `/${name} leads to a canary by its absolute path`,
      links: { [name]: 'CANARY' },
      patch: tmpfsOn(`/${name}/made`),
    },
  ]).map((trap) => ('dev' in trap.links ? { ...trap, runc: DEV } : trap)),
  ...[
    'dev/pts',
    'dev/shm',
    'dev/mqueue',
    'dev/null',
    'dev/ptmx',
    'dev/console',
    'dev/fd',
    'sys/fs',
    'sys/fs/cgroup',
  ].map(
    (name): Trap => ({
      name: `/${name} leads out, on a /dev and /sys of the image`,
      links: { [name]: 'CANARY/file' },
      patch: { '/mounts/1': undefined, '/mounts/4': undefined },
    }),
  ),
  {
    name: 'a dangling link where a directory would be made',
    links: { 'srv/dir': 'CANARY/dangling' },
    patch: tmpfsOn('/srv/dir'),
  },
  {
    name: 'a dangling link where a file would be made',
    links: { 'srv/file': 'CANARY/dangling' },
    patch: bindOn('/srv/file'),
  },
  { name: 'a link in the middle of a path that is made', links: { 'srv/a': 'CANARY' }, patch: tmpfsOn('/srv/a/b/c') },
  {
    name: 'a link to a link to the outside',
    links: { 'srv/one': 'two', 'srv/two': `${OUT}/canary` },
    patch: tmpfsOn('/srv/one/x'),
  },
  { name: 'dots behind a link', links: { 'srv/a': 'CANARY' }, patch: tmpfsOn('/srv/a/../../x') },
  { name: 'dots in a destination', links: {}, patch: tmpfsOn(`/${OUT}/canary/x`) },
  {
    name: 'a working directory that leads out',
    links: { 'srv/cwd': 'CANARY' },
    patch: { '/process/cwd': '/srv/cwd/made' },
  },
  { name: 'a working directory of dots', links: {}, patch: { '/process/cwd': `/${OUT}/canary/made` } },
  {
    name: 'a masked file that leads out',
    links: { 'srv/mask': 'CANARY/file' },
    patch: { '/linux/maskedPaths': ['/srv/mask'] },
  },
  {
    name: 'a masked directory that leads out',
    links: { 'srv/mask': 'CANARY' },
    patch: { '/linux/maskedPaths': ['/srv/mask'] },
  },
  {
    name: 'a read-only path that leads out',
    links: { 'srv/ro': 'CANARY' },
    patch: { '/linux/readonlyPaths': ['/srv/ro'] },
  },
  { name: '/etc/passwd, where HOME is looked up', links: { 'etc/passwd': 'CANARY/passwd' } },
  { name: 'the program itself', links: { 'bin/sh': 'CANARY/program' } },
  {
    name: 'a magic link to the runtime’s own root',
    links: { mnt: '/proc/self/root', 'srv/x': '/proc/1/root/tmp' },
    patch: tmpfsOn('/srv/x/y'),
  },
];

const traps = TRAPS.filter((trap) => isTsrunc || trap.runc === undefined);
test.each(traps.map((trap) => [trap.name, trap] as const))('%s', async (_, trap) => {
  const { bundle, canary, around } = arena(trap);
  const before = { tree: snapshot(around), mounts: hostMounts() };
  const id = box.id();
  const outcome = box.runtime(['run', '--bundle', bundle, id], { log: true });
  const after = { tree: snapshot(around), mounts: hostMounts() };
  expect(after).toEqual(before);
  expectEscapeFree(outcome, canary);
  await box.clean(id);
});

/** `around/canary` beside `around/a/b/bundle/rootfs`, so that a few `..` lead to it. */
function arena(trap: Trap): { bundle: string; canary: string; around: string } {
  const around = box.scratch();
  const canary = path.join(around, 'canary');
  for (const name of TOP) fs.mkdirSync(path.join(canary, name), { recursive: true });
  fs.writeFileSync(path.join(canary, 'file'), 'canary');
  fs.writeFileSync(path.join(canary, 'passwd'), 'root:x:0:0::/leaked:/bin/sh\n');
  fs.writeFileSync(path.join(canary, 'program'), '#!/bin/busybox sh\necho escaped\n', { mode: 0o755 });
  const bundle = path.join(around, 'a/b/bundle');
  cloneRootfs(box.rootfs, path.join(bundle, 'rootfs'));
  const config = box.bundle({
    ownRootfs: true,
    patch: { ...trap.patch, '/root/readonly': false },
    script: 'pwd; env; ls -la /',
  });
  fs.renameSync(path.join(config, 'config.json'), path.join(bundle, 'config.json'));
  fs.rmSync(config, { recursive: true });
  for (const [name, target] of Object.entries(trap.links)) {
    const link = path.join(bundle, 'rootfs', name);
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.rmSync(link, { recursive: true, force: true });
    fs.symlinkSync(target.replace('CANARY', canary), link);
  }
  return { bundle, canary, around };
}

testTsrunc('a file that is called /dev/null does not become a stream of the container', () => {
  const dev = box.scratch();
  fs.writeFileSync(path.join(dev, 'null'), '');
  const patch = {
    '/mounts/1': { type: 'bind', source: dev, destination: '/dev', options: ['rbind'] },
    '/linux/maskedPaths': undefined,
  };
  refused(box.tryCreate({ patch }).created, '/dev/null in the container is not the null device');
});

/** It may run, having stayed inside, or be refused. Neither may show anything of the canary. */
function expectEscapeFree(outcome: Outcome, canary: string): void {
  const { status, stdout } = outcome;
  const leaked =
    stdout.includes('escaped') || stdout.includes('/leaked') || (status !== 0 && outcome.stderr.trim() === '');
  if (leaked || (status !== 0 && status !== 1))
    throw new Error(`${canary} was reached, or it ended oddly\n${transcript(outcome)}`);
}

/** Everything around the rootfs: names, modes, owners, sizes, times, and the filesystem it lies on. */
function snapshot(directory: string): string[] {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (entry.name === 'rootfs') return [];
    const { mode, uid, gid, size, mtimeMs, ctimeMs, dev, rdev } = fs.lstatSync(file);
    const fact = `${file} ${[mode.toString(8), uid, gid, size, mtimeMs, ctimeMs, dev, rdev].join(' ')}`;
    return entry.isDirectory() ? [fact, ...snapshot(file)] : [fact];
  });
}

function hostMounts(): string[] {
  return mounts().map((mount) => `${mount.target} ${mount.type} ${mount.options}`);
}
