import * as fs from 'node:fs';
import * as path from 'node:path';
import { isAlive } from './support/host.ts';
import { ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('lifecycle');
const SLEEP = { script: 'exec sleep 100' };

test('a container goes from created to running to stopped and is then gone', async () => {
  const container = box.create({ script: 'echo started; exec sleep 100' });
  expect(container.state()).toMatchObject({ id: container.id, status: 'created', pid: container.pid });
  container.start();
  expect(container.state()).toMatchObject({ status: 'running', pid: container.pid });
  container.kill('KILL');
  expect(await container.stopped()).toBe('started\n');
  expect(container.state()).toMatchObject({ status: 'stopped', pid: 0 });
  container.delete();
  refused(container.call(['state', container.id]), 'container does not exist');
  await box.clean(container.id);
});

testTsrunc('the time of its creation is the same for whoever looks while it is made and after', () => {
  const id = box.id();
  const copy = path.join(box.scratch(), 'state.json');
  const state = path.join(box.root, id, 'state.json');
  const hook = {
    path: '/bin/sh',
    args: ['sh', '-c', `cat ${state} > ${copy}; sleep 0.1`],
    env: ['PATH=/usr/bin:/bin'],
  };
  const container = box.create({ ...SLEEP, id, patch: { '/hooks': { createRuntime: [hook] } } });
  const early: { created: string } = JSON.parse(fs.readFileSync(copy, 'utf8'));
  expect(container.state().created).toBe(early.created);
  container.delete();
});

test('nothing of the container runs before start', async () => {
  const container = box.create({ script: 'echo ran' });
  expect(container.created.later()).toBe('');
  container.start();
  expect(await container.stopped()).toBe('ran\n');
});

test.each([
  ['TERM', 'created'],
  ['SIGTERM', 'created'],
  ['15', 'created'],
  ['HUP', 'created'],
  ['KILL', 'created'],
  ['9', 'running'],
])('kill ID %s ends a container that is %s', async (signal, status) => {
  const container = box.create(SLEEP);
  if (status === 'running') container.start();
  container.kill(signal);
  await container.stopped();
  expect(container.state()).toMatchObject({ status: 'stopped', pid: 0 });
  container.delete();
});

// A Go program ends by SIGTERM, SIGHUP and SIGINT only, so runc's does not.
testTsrunc.each(['usr1', 'SIGUSR2', 'QUIT', 'PIPE', '34', 'RTMAX'])(
  'kill ID %s ends a created container',
  async (signal) => {
    const container = box.create(SLEEP).kill(signal);
    await container.stopped();
    expect(container.state().status).toBe('stopped');
  },
);

test('kill without a signal sends SIGTERM', async () => {
  const container = box.create({
    script: 'trap "echo got TERM; exit 0" TERM; echo ready; while :; do sleep 0.05; done',
  });
  container.start();
  await until('the trap is set', () => container.created.later() === 'ready\n');
  ok(container.call(['kill', container.id]));
  expect(await container.stopped()).toBe('ready\ngot TERM\n');
});

test('a running init is safe from signals that it has no handler for, as PID 1 is', async () => {
  const container = box.create({ script: 'echo up; while :; do sleep 0.05; done' }).start();
  await until('it runs', () => container.created.later() !== '');
  container.kill('TERM');
  expect(container.state().status).toBe('running');
});

test.each(['BAD', 'SIGBAD', '-1', '1.5', 'SIG', 'TERM ', '99'])('kill refuses the signal "%s"', (signal) => {
  const container = box.create(SLEEP);
  // A word with a dash in front is an option that does not exist.
  const outcome = container.call(['kill', container.id, ...(signal.startsWith('-') ? ['--', signal] : [signal])]);
  refused(outcome, /unknown signal|unable to signal init|invalid/);
  expect(container.state().status).toBe('created');
});

describe('each verb in each status', () => {
  const cases: [verb: string, status: string, text: string | undefined][] = [
    ['start', 'running', 'cannot start an already running container'],
    ['start', 'stopped', 'cannot start a container that has stopped'],
    ['kill', 'stopped', 'container not running'],
    ['delete', 'running', 'that is not stopped: running'],
    ['delete', 'created', undefined],
    ['delete', 'stopped', undefined],
    ['delete --force', 'created', undefined],
    ['delete --force', 'running', undefined],
    ['delete --force', 'stopped', undefined],
    ['create', 'created', 'container with given ID already exists'],
    ['create', 'running', 'container with given ID already exists'],
    ['create', 'stopped', 'container with given ID already exists'],
    ['run', 'running', 'container with given ID already exists'],
    ['state', 'stopped', undefined],
  ];
  test.each(cases)('%s of a %s container: %s', async (verb, status, text) => {
    const container = box.create(SLEEP);
    const { pid } = container;
    if (status !== 'created') container.start();
    if (status === 'stopped') await container.kill().stopped();
    const bundle = verb === 'create' || verb === 'run' ? ['--bundle', box.bundle(SLEEP)] : [];
    const outcome = container.call([...verb.split(' '), ...bundle, container.id]);
    if (text === undefined) ok(outcome);
    else {
      refused(outcome, text);
      expect(container.state().status).toBe(status);
    }
    if (verb.startsWith('delete') && text === undefined) {
      expect(isAlive(pid)).toBe(false);
      await box.clean(container.id);
    }
  });
});

test.each(['state', 'start', 'kill', 'delete'])('%s of an unknown container says that it does not exist', (verb) => {
  refused(box.runtime([verb, box.id()]), 'container does not exist');
});

test('delete --force of an unknown container succeeds, and says nothing', () => {
  const outcome = ok(box.runtime(['delete', '--force', box.id()]));
  expect([outcome.stdout, outcome.stderr]).toEqual(['', '']);
});

test.each(['a/b', '../x', '.', '..', 'a b', 'ä', 'a\nb', ':'])('create refuses the ID %j', (id) => {
  refused(box.tryCreate({ ...SLEEP, id }).created, 'invalid container ID format');
});

test('create refuses an empty ID', () => {
  refused(box.tryCreate({ ...SLEEP, id: '' }).created, 'container id cannot be empty');
});

test.each(['1e3', '0123', '+', '-.-', 'A_b-c.d+e', 'x'.repeat(100)])('an ID may be made of %s', (suffix) => {
  const container = box.create({ ...SLEEP, id: `${box.id()}${suffix}` });
  expect(container.state().id).toBe(container.id);
  container.delete();
});

test('the pid file holds the PID in decimal and nothing else, and stays', () => {
  const file = path.join(box.scratch(), 'pid');
  const container = box.create({ ...SLEEP, flags: ['--pid-file', file] });
  expect(fs.readFileSync(file, 'utf8')).toBe(String(container.pid));
  expect(fs.readdirSync(path.dirname(file))).toEqual(['pid']);
  container.delete();
  expect(fs.existsSync(file)).toBe(true);
});

test('a relative pid file and a relative bundle are meant from the caller’s directory', () => {
  const bundle = box.bundle(SLEEP);
  const id = box.id();
  ok(box.runtime(['create', '-b', path.basename(bundle), '--pid-file', 'pid', id], { cwd: path.dirname(bundle) }));
  expect(fs.readFileSync(path.join(path.dirname(bundle), 'pid'), 'utf8')).toMatch(/^\d+$/);
});

// The specification allows to create it; runc does not.
testTsrunc('a container without a process can be created, not started, and deleted', async () => {
  const { id, created } = box.tryCreate({ patch: { '/process': undefined } });
  ok(created);
  refused(box.runtime(['start', id]), /process/);
  ok(box.runtime(['delete', '--force', id]));
  await box.clean(id);
});

test('a pid file that cannot be written fails create and leaves nothing', async () => {
  const { id, created } = box.tryCreate({ ...SLEEP, flags: ['--pid-file', '/nonexistent/pid'] });
  refused(created, 'no such file or directory');
  await box.clean(id);
});

test('the bundle is the current directory when none is given', () => {
  const bundle = box.bundle(SLEEP);
  const id = box.id();
  ok(box.runtime(['create', id], { cwd: bundle }));
  expect(JSON.parse(ok(box.runtime(['state', id])).stdout)).toMatchObject({ bundle });
});

test('options are accepted with one dash, with =, and after the ID', () => {
  const bundle = box.bundle(SLEEP);
  const id = box.id();
  ok(box.runtime(['create', id, `-bundle=${bundle}`, '-pid-file', path.join(bundle, 'pid')]));
  ok(box.runtime(['delete', id, '-force=true']));
  refused(box.runtime(['delete', '-force=false', id]), 'container does not exist');
});

test('a container that ends by itself reads stopped', async () => {
  const container = box.create({ script: 'exit 3' }).start();
  await container.stopped();
  expect(container.state()).toMatchObject({ status: 'stopped', pid: 0 });
});

test('killing init takes down every process of the container', async () => {
  const container = box.create({ script: '(sleep 100 &) ; (sleep 100 &) ; echo up; exec sleep 100' }).start();
  await until('all run', () => container.created.later() === 'up\n');
  await container.kill().stopped();
  container.delete();
  await box.clean(container.id);
});

test('in the host’s PID namespace, killing init with SIGKILL and deleting leaves no process either', async () => {
  const hostPid = { '/linux/namespaces': ['network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) };
  const container = box.create({ script: '(sleep 100 &); echo up; exec sleep 100', patch: hostPid }).start();
  await until('all run', () => container.created.later() === 'up\n');
  container.delete('--force');
  await box.clean(container.id);
});
