import * as fs from 'node:fs';
import * as path from 'node:path';
import { isAlive, slurp, statusField } from './support/host.ts';
import { ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('run');

test.each([0, 1, 3, 127, 255])('run exits with the container’s own status %i', (status) => {
  expect(box.run({ script: `exit ${status}` })).toMatchObject({ status, stderr: '' });
});

test('run exits with 128 and the signal when the container was killed', () => {
  const id = box.id();
  const child = box.run({ id, script: 'kill -9 $$; sleep 0.1; exit 5', patch: withoutPidNamespace() });
  expect(child.status).toBe(128 + 9);
});

test('run passes both output streams through, byte for byte', () => {
  const outcome = box.run({ script: 'printf "a\\0b\\n"; printf "c\\r\\n" >&2' });
  expect(outcome).toMatchObject({ status: 0, stdout: 'a\0b\n', stderr: 'c\r\n' });
});

test('run passes standard input through to its end', async () => {
  const input = path.join(box.scratch(), 'input');
  fs.writeFileSync(input, 'x'.repeat(200_000));
  const fd = fs.openSync(input, 'r');
  const output = fs.openSync(`${input}.out`, 'w');
  ok(box.run({ patch: { '/process/args': ['cat'] }, stdio: [fd, output, 'ignore'] }));
  expect(fs.readFileSync(`${input}.out`).equals(fs.readFileSync(input))).toBe(true);
  for (const open of [fd, output]) fs.closeSync(open);
});

test('run deletes the container afterwards', async () => {
  const id = box.id();
  ok(box.run({ id, script: 'true' }));
  refused(box.runtime(['state', id]), 'container does not exist');
  await box.clean(id);
});

test('run deletes the container also when the process has failed', async () => {
  const id = box.id();
  expect(box.run({ id, script: 'exit 7' }).status).toBe(7);
  await box.clean(id);
});

test('run --keep keeps it', () => {
  const id = box.id();
  ok(box.run({ id, script: 'true', flags: ['--keep'] }));
  expect(JSON.parse(ok(box.runtime(['state', id])).stdout)).toMatchObject({ status: 'stopped', pid: 0 });
  ok(box.runtime(['delete', id]));
});

testTsrunc('run --hold has another command start the container, and still exits with its status', async () => {
  const id = box.id();
  const file = path.join(box.scratch(), 'pid');
  const bundle = box.bundle({ script: 'exit 6' });
  const running = box.begin(['run', '--bundle', bundle, '--hold', '--pid-file', file, id]);
  await until('the PID file is written', () => fs.existsSync(file));
  expect(JSON.parse(ok(box.runtime(['state', id])).stdout)).toMatchObject({ status: 'created' });
  ok(box.runtime(['start', id]));
  expect(await running.done).toMatchObject({ status: 6, stderr: '' });
  await box.clean(id);
});

testTsrunc('run deletes nothing that has got the ID of its container since', async () => {
  const id = box.id();
  const bundle = box.bundle({ script: 'exec sleep 100' });
  const running = box.begin(['run', '--bundle', bundle, id]);
  const state = (): { status: string; pid: number } => JSON.parse(ok(box.runtime(['state', id])).stdout);
  const isRunning = (): boolean =>
    box.containers().includes(id) && box.runtime(['state', id]).stdout.includes('"running"');
  await until('the container runs', isRunning);
  process.kill(running.pid, 'SIGSTOP');
  try {
    ok(box.runtime(['delete', '--force', id]));
    ok(box.run({ id, bundle, flags: ['--detach'] }));
  } finally {
    process.kill(running.pid, 'SIGCONT');
  }
  const { pid } = state();
  expect(await running.done).toMatchObject({ status: 128 + 9 });
  expect(state()).toMatchObject({ status: 'running', pid });
});

test('run --detach returns while the container runs, and writes the pid file', () => {
  const id = box.id();
  const file = path.join(box.scratch(), 'pid');
  ok(box.run({ id, script: 'exec sleep 100', flags: ['--detach', '--pid-file', file] }));
  const state = JSON.parse(ok(box.runtime(['state', id])).stdout);
  expect(state).toMatchObject({ status: 'running', pid: Number(fs.readFileSync(file, 'utf8')) });
});

describe('an orphan of a container without a PID namespace', () => {
  /** Its parent ends at once, init goes on. */
  const script = '(sleep 100 & echo $! > /orphan); exec sleep 100';

  async function orphanOf(flags: readonly string[]): Promise<{ pid: number; parent: number; runtime: number }> {
    const patch = { ...withoutPidNamespace(), '/root/readonly': false };
    const bundle = box.bundle({ script, ownRootfs: true, patch });
    const id = box.id();
    const file = path.join(bundle, 'rootfs/orphan');
    const running = box.begin(['run', '--bundle', bundle, ...flags, id]);
    await until('there is one', () => slurp(file).endsWith('\n'));
    const pid = Number(slurp(file));
    await until('its parent has ended', () => statusField(pid, 'PPid') !== '' && commandOfParent(pid) !== 'sh');
    const parent = Number(statusField(pid, 'PPid'));
    ok(box.runtime(['delete', '--force', id]));
    await running.done;
    await until('it has ended', () => !isAlive(pid));
    return { pid, parent, runtime: running.pid };
  }

  const commandOfParent = (pid: number): string => slurp(`/proc/${statusField(pid, 'PPid')}/comm`).trim();

  test('is the foreground runtime’s, which waits for it', async () => {
    const { parent, runtime } = await orphanOf([]);
    expect(parent).toBe(runtime);
  });

  test.each([['--no-subreaper'], ['--detach']])('is not with %s', async (flag) => {
    const { parent, runtime } = await orphanOf([flag]);
    expect(parent).not.toBe(runtime);
  });
});

test.each(['TERM', 'HUP', 'INT', 'USR1', 'USR2', 'QUIT', 'ALRM'] as const)('run forwards SIG%s', async (signal) => {
  const script = `trap "echo got ${signal}; exit 0" ${signal}; echo ready; while :; do sleep 0.05; done`;
  const io = path.join(box.scratch(), 'out');
  const out = fs.openSync(io, 'w');
  const running = box.begin(['run', '--bundle', box.bundle({ script }), box.id()], {
    stdio: ['ignore', out, 'ignore'],
  });
  fs.closeSync(out);
  await until('the trap is set', () => fs.readFileSync(io, 'utf8') === 'ready\n');
  process.kill(running.pid, `SIG${signal}`);
  expect(await running.done).toMatchObject({ status: 0, signal: null });
  expect(fs.readFileSync(io, 'utf8')).toBe(`ready\ngot ${signal}\n`);
});

test('run of a container that is killed from elsewhere ends with 137', async () => {
  const id = box.id();
  const running = box.begin(['run', '--bundle', box.bundle({ script: 'exec sleep 100' }), id]);
  await until(
    'it runs',
    () => box.containers().includes(id) && box.runtime(['state', id]).stdout.includes('"running"'),
  );
  ok(box.runtime(['kill', id, 'KILL']));
  expect((await running.done).status).toBe(137);
  await box.clean(id);
});

test('children that outlive a daemonising parent die with the container', async () => {
  const id = box.id();
  expect(box.run({ id, script: '(sleep 100 >/dev/null 2>&1 &); exit 4' }).status).toBe(4);
  await box.clean(id);
});

test('a running container’s process keeps no trace of the runtime’s own process', async () => {
  const container = box.create({ script: 'exec sleep 100' }).start();
  await until('sleep runs', () => statusField(container.pid, 'Name') === 'sleep');
  expect(statusField(container.pid, 'Threads')).toBe('1');
});

function withoutPidNamespace() {
  return { '/linux/namespaces': ['network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) };
}
