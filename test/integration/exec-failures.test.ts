import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { which } from './support/host.ts';
import type { Patch } from './support/json.ts';
import { ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('exec');

interface Failure {
  readonly name: string;
  /** Puts `/srv/program` into the rootfs. */
  readonly make: (program: string, rootfs: string) => void;
  readonly says: RegExp | string;
  readonly patch?: Patch;
}

/** A script's or program's text, executable. */
function file(text: string | Uint8Array, mode = 0o755): Failure['make'] {
  return (program) => fs.writeFileSync(program, text, { mode });
}

/** An ELF header for `machine`, enough for the kernel to look at and refuse. */
function elf(machine: number): Uint8Array {
  const bytes = new Uint8Array(4096);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  new DataView(bytes.buffer).setUint16(16, 2, true);
  new DataView(bytes.buffer).setUint16(18, machine, true);
  new DataView(bytes.buffer).setUint32(20, 1, true);
  return bytes;
}

const EM_S390 = 22;

/** What `create` cannot see, because only the kernel's execve tells: `start` has to fail and say why. */
const AT_START: readonly Failure[] = [
  {
    name: 'an interpreter that is missing',
    make: file('#!/bin/nosuch\n'),
    says: /its interpreter \/bin\/nosuch does not exist in the container/,
  },
  {
    name: 'an interpreter with a carriage return',
    make: file('#!/bin/sh\r\necho\r\n'),
    says: /its first line ends with a carriage return \(CRLF\): the kernel looks for \\?"\/bin\/sh\\+r/,
  },
  {
    name: 'no interpreter line',
    make: file('echo hello\n'),
    says: 'exec format error (the file is neither an ELF executable nor a script that starts with #!)',
  },
  { name: 'an interpreter line that is empty', make: file('#!\n'), says: 'its #! line names no interpreter' },
  { name: 'an empty file', make: file(''), says: 'exec format error (the file is empty)' },
  {
    name: 'a program for another machine',
    make: file(elf(EM_S390)),
    says: /exec format error \(the file is for s390x, this machine is \w+\)/,
  },
  { name: 'a program cut short', make: file(elf(62).slice(0, 40)), says: /exec format error/i },
  {
    name: 'interpreters in a circle',
    make: file('#!/srv/program\n'),
    says: /too many levels|exec format error|loop/i,
  },
  {
    name: 'a dynamic program whose loader is missing',
    make: dynamicProgram,
    says: /its (loader|interpreter) \S+ does not exist in the container/,
  },
  {
    name: 'an interpreter that may not be executed',
    make: file('#!/etc/passwd\n'),
    says: /permission denied/i,
  },
];

/** What is seen when the program is looked up as the container's user. */
const AT_CREATE: readonly Failure[] = [
  { name: 'a directory', make: (program) => fs.mkdirSync(program), says: /is a directory|permission denied/i },
  { name: 'no x bit', make: file('#!/bin/sh\n', 0o644), says: /permission denied/i },
  {
    name: 'an x bit for others only',
    make: file('#!/bin/sh\n', 0o700),
    says: /permission denied/i,
    patch: { '/process/user': { uid: 1000, gid: 1000 } },
  },
  {
    name: 'a link that leads nowhere',
    make: (program) => fs.symlinkSync('/nowhere', program),
    says: /no such file or directory/i,
  },
];

testTsrunc.each(AT_START.map((row) => [row.name, row] as const))('start says so: %s', async (_, row) => {
  const container = box.create({ bundle: spoilt(row) });
  const outcome = container.call(['start', container.id], { log: true });
  refused(outcome, row.says);
  expect(outcome.stderr).toContain('/srv/program');
  expect(outcome.log.trimEnd().split('\n')).toHaveLength(1);
  expect(container.state().status).toBe('stopped');
  container.delete();
  await box.clean(container.id);
});

testTsrunc.each(AT_START.map((row) => [row.name, row] as const))(
  'run says so, and deletes the container: %s',
  async (_, row) => {
    const id = box.id();
    refused(box.run({ id, bundle: spoilt(row) }), row.says);
    await box.clean(id);
  },
);

test.each(AT_CREATE.map((row) => [row.name, row] as const))('create says so: %s', async (_, row) => {
  const { id, created } = box.tryCreate({ bundle: spoilt(row) });
  refused(created, row.says);
  await box.clean(id);
});

testTsrunc('start says so: a noexec mount', () => {
  const bin = path.join(box.rootfs, 'bin');
  const bind = { type: 'bind', source: bin, destination: '/mnt', options: ['bind', 'noexec'] };
  const { id, created } = box.tryCreate({ patch: { '/mounts/-': [bind], '/process/args': ['/mnt/true'] } });
  // Whether create sees it is its own affair: access(2) knows of noexec.
  const outcome = created.status === 0 ? box.runtime(['start', id]) : created;
  refused(outcome, /noexec|permission denied/i);
});

testTsrunc('start says so: execve has been killed because the address space is limited', async () => {
  const rlimits = [{ type: 'RLIMIT_AS', soft: 1_000_000, hard: 1_000_000 }];
  const { id, created } = box.tryCreate({ patch: { '/process/rlimits': rlimits } });
  ok(created);
  refused(box.runtime(['start', id]), /SIG(KILL|SEGV)|cannot allocate memory|RLIMIT_AS|killed/i);
  ok(box.runtime(['delete', '--force', id]));
  await box.clean(id);
});

/** A hybrid machine's own memory controller will do: the limit comes when init is parked already. */
const memory = '/sys/fs/cgroup/memory';
const limitMemory = fs.existsSync(`${memory}/memory.limit_in_bytes`) ? testTsrunc : test.skip; // no such controller

limitMemory('start says so: execve has been killed because memory is limited', async () => {
  const { id, created } = box.tryCreate({});
  ok(created);
  const cgroup = fs.mkdtempSync(`${memory}/${box.name}-`);
  try {
    // Enough for the stub's last calls, and too little for the stack and page tables of a new image.
    fs.writeFileSync(`${cgroup}/memory.limit_in_bytes`, `${28 * 1024}`);
    fs.writeFileSync(`${cgroup}/cgroup.procs`, `${JSON.parse(box.runtime(['state', id]).stdout).pid}`);
    refused(box.runtime(['start', id]), /execute the program: .*(signal 9|OOM)/);
    ok(box.runtime(['delete', '--force', id]));
  } finally {
    await until('the cgroup is empty', () => fs.readFileSync(`${cgroup}/cgroup.procs`, 'utf8') === '');
    fs.rmdirSync(cgroup);
  }
  await box.clean(id);
});

testTsrunc('start says so: the arguments are too long', async () => {
  const { id, created } = box.tryCreate({ patch: { '/process/args': ['/bin/true', 'x'.repeat(200_000)] } });
  const outcome = created.status === 0 ? box.runtime(['start', id]) : created;
  refused(outcome, /argument list too long/i);
  ok(box.runtime(['delete', '--force', id]));
  await box.clean(id);
});

test('arguments and environment of a megabyte in all arrive', () => {
  const args = Array.from({ length: 10 }, (_, i) => String(i).repeat(60_000));
  const script = 'n=0; for arg; do n=$((n + $(echo -n "$arg" | wc -c))); done; echo $n $(echo -n "$LONG" | wc -c)';
  const env = ['PATH=/bin', `LONG=${'e'.repeat(100_000)}`];
  const { stdout } = ok(
    box.run({ patch: { '/process/args': ['sh', '-c', script, 'sh', ...args], '/process/env': env } }),
  );
  expect(stdout).toBe('600000 100000\n');
});

test('a program that ends at once is a success of start, not a failure of execve', async () => {
  for (let i = 0; i < 10; i++) {
    const container = box.create({ patch: { '/process/args': ['/bin/false'] } });
    container.start();
    await container.stopped();
    container.delete();
  }
});

function spoilt({ make, patch }: Failure): string {
  const bundle = box.bundle({ ownRootfs: true, patch: { ...patch, '/process/args': ['/srv/program'] } });
  make(path.join(bundle, 'rootfs/srv/program'), path.join(bundle, 'rootfs'));
  return bundle;
}

/** Node itself is dynamic on most machines; where nothing is, a script stands in for it. */
function dynamicProgram(program: string, rootfs: string): void {
  const candidate = ['ls', 'cat', 'bash'].map(which).find((name) => name !== undefined && isDynamic(name));
  if (candidate === undefined) return file('#!/lib/ld-missing.so\n')(program, rootfs);
  fs.copyFileSync(fs.realpathSync(candidate), program);
  for (const directory of ['lib', 'lib64', 'usr/lib'])
    fs.rmSync(path.join(rootfs, directory), { recursive: true, force: true });
}

function isDynamic(program: string): boolean {
  try {
    return execFileSync('ldd', [program], { encoding: 'utf8', stdio: 'pipe' }).includes('=>');
  } catch {
    return false;
  }
}
