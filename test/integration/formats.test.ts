import * as fs from 'node:fs';
import * as path from 'node:path';
import { isTsrunc, ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

const box = sandbox('formats');
const SLEEP = { script: 'exec sleep 100' };
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

test('state prints the document that go-runc decodes, indented by two, in runc’s order', () => {
  const bundle = box.bundle({ ...SLEEP, patch: { '/annotations': { 'org.example/key': 'value' } } });
  const container = box.create({ bundle });
  const { stdout } = ok(container.call(['state', container.id]));
  const state = container.state();
  const document = {
    ociVersion: state.ociVersion,
    id: container.id,
    pid: container.pid,
    status: 'created',
    bundle,
    rootfs: box.rootfs,
    created: state.created,
    annotations: { 'org.example/key': 'value' },
    owner: '',
  };
  expect(stdout.trimEnd()).toBe(JSON.stringify(document, null, 2));
  expect(state.ociVersion).toMatch(/^1\./);
  expect(state.created).toMatch(RFC3339);
});

test('state leaves out annotations that are not there', () => {
  expect(box.create(SLEEP).state()).not.toHaveProperty('annotations');
});

test('list shows a table of six columns that line up', () => {
  const container = box.create(SLEEP);
  const { stdout, stderr } = ok(container.call(['list']));
  const [head = '', ...rows] = stdout.trimEnd().split('\n');
  const row = rows.find((line) => line.startsWith(`${container.id} `)) ?? '';
  expect(head.split(/ {2,}/)).toEqual(['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER']);
  expect(row.split(/ {2,}/)).toEqual([
    container.id,
    String(container.pid),
    'created',
    container.state().bundle,
    container.state().created,
    'root',
  ]);
  for (const column of ['PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER']) {
    const start = head.indexOf(column);
    expect(row.slice(start - 3, start + 1)).toMatch(/^ {3}\S$/);
  }
  expect(stderr).toBe('');
});

test('list --format json is the states as an array on one line, with their owner', () => {
  const container = box.create(SLEEP);
  const { stdout } = ok(container.call(['list', '--format', 'json']));
  expect(stdout.trimEnd()).not.toContain('\n');
  expect(JSON.parse(stdout)).toContainEqual({ ...container.state(), owner: 'root' });
});

test('list --quiet prints IDs only, in order', () => {
  const ids = [box.create(SLEEP), box.create(SLEEP)].map((container) => container.id);
  const listed = ok(box.runtime(['list', '-q']))
    .stdout.trimEnd()
    .split('\n');
  expect(listed).toEqual([...listed].sort());
  expect(listed).toEqual(expect.arrayContaining(ids));
});

test('an empty list is a header, or null', () => {
  const empty = box.scratch();
  const root = ['--root', empty];
  expect(ok(box.runtime([...root, 'list'])).stdout).toMatch(/^ID +PID +STATUS +BUNDLE +CREATED +OWNER\n$/);
  expect(ok(box.runtime([...root, 'list', '--format', 'json'])).stdout.trimEnd()).toBe('null');
  expect(ok(box.runtime([...root, 'list', '--quiet'])).stdout).toBe('');
});

test('list refuses a format that it does not know', () => {
  refused(box.runtime(['list', '--format', 'yaml']), 'invalid format option');
});

// runc 1.1 lists a missing root as an empty one.
testTsrunc('list of a root that is given and missing fails', () => {
  refused(box.runtime(['--root', path.join(box.dir, 'missing'), 'list']), 'no such file or directory');
});

test('list shows what it can read, and complains of the rest in a line each', () => {
  const root = box.scratch();
  const container = box.create({ ...SLEEP });
  fs.symlinkSync(path.join(box.root, container.id), path.join(root, container.id));
  fs.mkdirSync(path.join(root, 'broken'));
  const { stdout, stderr } = ok(box.runtime(['--root', root, 'list', '-q']));
  expect(stdout).not.toContain('broken\n');
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining('broken')]);
});

test('--version tells the program, the commit and the specification', () => {
  const { stdout, stderr } = ok(box.runtime(['--version']));
  expect(stdout).toMatch(/^\S+ version \S+\n/);
  expect(stdout).toMatch(/^spec: 1\.\d+\.\d+/m);
  expect(stderr).toBe('');
  expect(ok(box.runtime(['-v'])).stdout).toBe(stdout);
});

test.each([['--help'], ['-h'], ['help'], ['create', '--help'], ['help', 'create'], ['state', '-h']])(
  '%s %s prints help on standard output and succeeds',
  (...args) => {
    const { stdout, stderr } = ok(box.runtime(args.filter(Boolean)));
    expect(stdout).toMatch(/usage/i);
    expect(stderr).toBe('');
  },
);

describe('a wrong command line prints usage on standard output and fails with one line', () => {
  const cases: [args: string[], text: string][] = [
    [['create'], '"create" requires exactly 1 argument(s)'],
    [['state'], '"state" requires exactly 1 argument(s)'],
    [['state', 'a', 'b'], '"state" requires exactly 1 argument(s)'],
    [['start'], '"start" requires exactly 1 argument(s)'],
    [['delete', 'a', 'b'], '"delete" requires exactly 1 argument(s)'],
    [['kill'], '"kill" requires a minimum of 1 argument(s)'],
    [['kill', 'a', '9', '1'], '"kill" requires a maximum of 2 argument(s)'],
    [['run', '--bundle'], 'flag needs an argument: -bundle'],
    [['state', '--nope', 'a'], 'flag provided but not defined: -nope'],
    [['--nope', 'list'], 'flag provided but not defined: -nope'],
  ];
  test.each(cases)('%j: %s', (args, text) => {
    const { status, stdout, stderr } = box.runtime(args);
    expect({ status, lines: stderr.trimEnd().split('\n') }).toEqual({
      status: 1,
      lines: [expect.stringContaining(text.replaceAll('"', stderr.includes('\\"') ? '\\"' : '"'))],
    });
    expect(stdout).not.toBe('');
  });
});

test('an unknown command fails in one line', () => {
  const { status, stderr } = box.runtime(['frobnicate']);
  expect(status).toBe(isTsrunc ? 1 : 3);
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining('frobnicate')]);
});

test('--log-format refuses what it does not know', () => {
  refused(box.runtime(['--log-format', 'xml', 'list']), 'invalid log-format: xml');
});

describe('a failure', () => {
  test('is one text line on standard error when there is no log', () => {
    const { stderr } = refused(box.runtime(['state', 'nope']), 'container does not exist');
    expect(stderr).toMatch(/^time="[^"]+" level=error msg="container does not exist"\n$/);
  });

  test('is one JSON object in a JSON log and the bare message on standard error', () => {
    const { stderr, log } = refused(box.runtime(['state', 'nope'], { log: true }), 'container does not exist');
    expect(stderr).toBe('container does not exist\n');
    expect(log).toMatch(/^[^\n]+\n$/);
    const entry: Record<string, string> = JSON.parse(log);
    expect(entry).toMatchObject({ level: 'error', msg: 'container does not exist' });
    expect(new Date(entry['time'] ?? '').getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  test('is one text line in a text log', () => {
    const file = path.join(box.scratch(), 'log');
    const { stderr } = box.runtime(['--log', file, 'state', 'nope']);
    expect(stderr).toBe('container does not exist\n');
    expect(fs.readFileSync(file, 'utf8')).toMatch(/^time="[^"]+" level=error msg="container does not exist"\n$/);
  });

  test('is appended to a log that others write to', () => {
    const file = path.join(box.scratch(), 'log');
    fs.writeFileSync(file, 'before\n');
    box.runtime(['--log', file, '--log-format', 'json', 'state', 'nope']);
    box.runtime(['--log', file, '--log-format', 'json', 'start', 'nope']);
    expect(fs.readFileSync(file, 'utf8').trimEnd().split('\n')).toEqual([
      'before',
      expect.stringContaining('does not exist'),
      expect.stringContaining('does not exist'),
    ]);
  });
});

test('a success writes nothing into the log and nothing on either stream', () => {
  const bundle = box.bundle(SLEEP);
  const id = box.id();
  for (const args of [
    ['create', '--bundle', bundle, id],
    ['start', id],
    ['kill', id, 'KILL'],
    ['delete', '-f', id],
  ]) {
    const { stdout, stderr, log } = ok(box.runtime(args, { log: true }));
    expect([stdout, stderr, log]).toEqual(['', '', '']);
  }
});

test('spec writes a bundle’s config.json, once', () => {
  const bundle = box.scratch();
  const first = ok(box.runtime(['spec', '--bundle', bundle]));
  expect([first.stdout, first.stderr]).toEqual(['', '']);
  const text = fs.readFileSync(path.join(bundle, 'config.json'), 'utf8');
  expect(text).toContain('\n\t"process": {\n\t\t"terminal": true,');
  refused(box.runtime(['spec', '--bundle', bundle]), 'File config.json exists. Remove it first');
  expect(fs.readFileSync(path.join(bundle, 'config.json'), 'utf8')).toBe(text);
});

test('a container runs from what spec writes, once its terminal is off', () => {
  const bundle = box.bundle({ ownRootfs: true });
  fs.rmSync(path.join(bundle, 'config.json'));
  ok(box.runtime(['spec'], { cwd: bundle }));
  const config: { process: Record<string, unknown> } = JSON.parse(
    fs.readFileSync(path.join(bundle, 'config.json'), 'utf8'),
  );
  Object.assign(config.process, { terminal: false, args: ['sh', '-c', 'echo "$$ $(cat /proc/sys/kernel/hostname)"'] });
  fs.writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(config));
  expect(ok(box.run({ bundle })).stdout).toBe(`1 ${isTsrunc ? 'tsrunc' : 'runc'}\n`);
});

// runc has `features` since 1.1, though not these keys.
testTsrunc('features prints one document and nothing on standard error', () => {
  const { stdout, stderr } = ok(box.runtime(['features']));
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    ociVersionMin: '1.0.0',
    ociVersionMax: '1.3.0',
    linux: { cgroup: { v1: false, v2: true } },
  });
});
