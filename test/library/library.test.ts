import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Container, ContainerError, type CreateOptions } from '../../src/library/index.ts';
import { childrenOf, isAlive, processesOf } from '../integration/support/host.ts';
import { RUNTIME } from '../integration/support/runtime.ts';
import { type BundleOptions, sandbox } from '../integration/support/sandbox.ts';
import { pause, until } from '../integration/support/wait.ts';

const box = sandbox('library');
const empty = Readable.from([]);
const settings = { executable: RUNTIME, root: box.root };

function create(bundle: BundleOptions, options: Partial<CreateOptions> = {}) {
  return Container.create({ ...settings, id: box.id(), bundle: box.bundle(bundle), ...options });
}

test('create, start, wait, delete', async () => {
  const container = await create({ script: 'echo out; echo err >&2; exit 7' }, { stdout: 'pipe', stderr: 'pipe' });
  expect(await container.state()).toMatchObject({ id: container.id, status: 'created' });
  await container.start();
  expect(await text(container.stdout ?? empty)).toBe('out\n');
  expect(await text(container.stderr ?? empty)).toBe('err\n');
  expect(await container.wait()).toBe(7);
  expect(await container.state()).toMatchObject({ status: 'stopped', pid: 0 });
  await container.delete();
  await expect(container.state()).rejects.toMatchObject({ code: 'does-not-exist' });
});

test('standard input is a stream', async () => {
  const container = await create({ script: 'exec cat' }, { stdin: 'pipe', stdout: 'pipe' });
  await container.start();
  container.stdin?.end('x'.repeat(200_000));
  expect((await text(container.stdout ?? empty)).length).toBe(200_000);
  expect(await container.wait()).toBe(0);
});

test('a killed container’s status is 128 and the signal', async () => {
  const container = await create({ script: 'exec sleep 100' });
  await container.start();
  await container.kill('KILL');
  expect(await container.wait()).toBe(137);
});

test('exec has streams and a status of its own', async () => {
  const container = await create({ script: 'exec sleep 100' });
  await container.start();
  const options = { cwd: '/tmp', env: { A: 'b' }, user: { uid: 5, gid: 6 }, stdout: 'pipe' } as const;
  const process = await container.exec(['sh', '-c', 'pwd; echo $A; id -u; id -g; exit 3'], options);
  expect(await text(process.stdout ?? empty)).toBe('/tmp\nb\n5\n6\n');
  expect(await process.wait()).toBe(3);
});

test('exec of what is not there rejects, and the same status of a program does not', async () => {
  const container = await create({ script: 'exec sleep 100' });
  await container.start();
  await expect(container.exec(['no-such-program'])).rejects.toMatchObject({ code: 'exec' });
  expect(await (await container.exec(['sh', '-c', 'exit 255'])).wait()).toBe(255);
});

test('pause, resume, ps, stats, open, list', async () => {
  const container = await create({ script: 'exec sleep 100' });
  await container.start();
  const other = await Container.open(container.id, settings);
  await other.pause();
  expect((await container.state()).status).toBe('paused');
  await other.resume();
  expect(await other.ps()).toEqual([(await container.state()).pid]);
  expect((await other.stats()).cpu.usage.total).toBeGreaterThanOrEqual(0);
  const list = await Container.list(settings);
  expect(list.map(({ id }) => id)).toContain(container.id);
  await other.kill('KILL');
  await container.wait();
});

test('events come until the container ends', async () => {
  const container = await create({ script: 'exec sleep 100' });
  await container.start();
  const types: string[] = [];
  for await (const { type } of container.events({ interval: 50 })) {
    types.push(type);
    if (types.length === 2) await container.kill('KILL');
  }
  expect(types.slice(0, 2)).toEqual(['stats', 'stats']);
});

test('events end with the loop over them, and with the caller’s signal', async () => {
  const container = await create({ script: 'exec sleep 100' });
  await container.start();
  for await (const _ of container.events({ interval: 50 })) break;
  const abort = new AbortController();
  for await (const _ of container.events({ interval: 50, signal: abort.signal })) abort.abort();
  const listening = () => childrenOf(process.pid).filter((pid) => cmdline(pid).includes('events'));
  await until('nobody listens any more', () => listening().length === 0);
});

test('a failure is an error with a code, and with what asked for it', async () => {
  const failure = create({ patch: { '/mounts/-': [{ destination: '/m', source: '/no/such', options: ['bind'] }] } });
  await expect(failure).rejects.toBeInstanceOf(ContainerError);
  await expect(failure).rejects.toMatchObject({
    code: 'syscall',
    message: expect.stringContaining('/no/such'),
    record: { pointer: '/mounts/7', errno: 'ENOENT' },
  });
  await expect(Container.open('nobody', settings)).rejects.toMatchObject({ code: 'does-not-exist' });
});

test('an executable that cannot say why it failed', async () => {
  const executable = path.join(box.scratch(), 'broken');
  fs.writeFileSync(executable, '#!/bin/sh\necho a library is missing >&2; exit 127\n', { mode: 0o755 });
  const failure = { code: 'internal', message: expect.stringContaining('exited with status 127') };
  await expect(create({ script: 'true' }, { executable })).rejects.toMatchObject(failure);
  await expect(Container.list({ executable })).rejects.toMatchObject(failure);
  await expect(Container.list({ executable })).rejects.toThrow('a library is missing');
});

test('an executable that is not there', async () => {
  await expect(Container.list({ executable: '/no/tsrunc' })).rejects.toMatchObject({ code: 'host' });
});

test('a program that cannot be executed fails create', async () => {
  await expect(create({ patch: { '/process/args': ['/tmp'] } })).rejects.toMatchObject({ code: 'exec' });
});

test('ten at once block no event loop', async () => {
  let longest = 0;
  let last = Date.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, Date.now() - last);
    last = Date.now();
  }, 10);
  const one = async () => {
    const container = await create({ script: 'exit 0' });
    await container.start();
    const status = await container.wait();
    await container.delete();
    return status;
  };
  expect(await Promise.all(Array.from({ length: 10 }, one))).toEqual(Array(10).fill(0));
  clearInterval(timer);
  // The thirty commands take more than twice as long together.
  expect(longest).toBeLessThan(1000);
});

test('nothing of the calling process is changed', async () => {
  const facts = () => ({
    cwd: process.cwd(),
    umask: process.umask(),
    environment: { ...process.env },
    signals: process.eventNames(),
    subreaper: isSubreaper(),
    files: fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('tsrunc-call-')),
  });
  const before = facts();
  const container = await create({ script: 'exec sleep 100' });
  await container.start();
  await container.kill('KILL');
  await container.wait();
  await container.delete();
  expect(facts()).toEqual(before);
});

test('the container outlives the program that made it, which nothing keeps from ending', async () => {
  const id = box.id();
  const program = path.join(box.scratch(), 'program.mjs');
  const library = path.join(__dirname, '../../build/library/index.js');
  const options = JSON.stringify({ ...settings, id, bundle: box.bundle({ script: 'exec sleep 100' }) });
  fs.writeFileSync(
    program,
    `import { Container } from ${JSON.stringify(library)};
const container = await Container.create(${options});
await container.start();`,
  );
  execFileSync(process.execPath, [program], { timeout: 20_000 });
  const container = await Container.open(id, settings);
  const { pid, status } = await container.state();
  expect(status).toBe('running');
  await container.kill('KILL');
  await until('it has ended', () => !isAlive(pid));
  await pause(50);
  expect(processesOf(id)).toEqual([]);
  await container.delete();
});

function cmdline(pid: number): string {
  return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

/** An orphan of a child: whose child it becomes tells whether this process has become a subreaper. */
function isSubreaper(): boolean {
  const orphan = Number(execFileSync('sh', ['-c', 'sleep 1 > /dev/null & echo $!'], { encoding: 'utf8' }));
  return childrenOf(process.pid).includes(orphan);
}
