import { kernelSays, type Machine, type Outcome, tsrunc } from './support.ts';

const verbs = {
  create: jest.fn(),
  run: jest.fn(),
  start: jest.fn(),
  state: jest.fn(),
  kill: jest.fn(),
  remove: jest.fn(),
  list: jest.fn(),
};
/** jest lifts these above the imports, so each reaches for its function when it is called. */
jest.mock('../../../src/libcontainer/create.ts', () => ({ create: (...a: unknown[]) => verbs.create(...a) }), {
  virtual: true,
});
jest.mock('../../../src/libcontainer/run.ts', () => ({ run: (...a: unknown[]) => verbs.run(...a) }), { virtual: true });
jest.mock('../../../src/libcontainer/start.ts', () => ({ start: (...a: unknown[]) => verbs.start(...a) }), {
  virtual: true,
});
jest.mock('../../../src/libcontainer/kill.ts', () => ({ kill: (...a: unknown[]) => verbs.kill(...a) }), {
  virtual: true,
});
jest.mock('../../../src/libcontainer/delete.ts', () => ({ remove: (...a: unknown[]) => verbs.remove(...a) }), {
  virtual: true,
});
jest.mock('../../../src/libcontainer/list.ts', () => ({ list: (...a: unknown[]) => verbs.list(...a) }), {
  virtual: true,
});
jest.mock(
  '../../../src/libcontainer/features.ts',
  () => ({
    supported: {
      mountOptions: ['ro', 'bind'],
      cgroup: { systemd: false, systemdUser: false, rdma: false },
      apparmor: false,
      selinux: false,
      intelRdt: { enabled: false, schemata: false, monitoring: false },
      memoryPolicy: false,
      idmap: false,
      netDevices: false,
      checkpoint: false,
    },
  }),
  { virtual: true },
);

beforeEach(() => {
  for (const verb of Object.values(verbs)) verb.mockReset();
  verbs.list.mockReturnValue({ states: [], failures: [] });
  verbs.run.mockReturnValue({ status: 0 });
});

const bundles: Machine = { cwd: '/home', files: { '/home': null, '/home/b': null, '/b': null } };
const defaults = { noPivot: false, noNewKeyring: false, preserveFds: 0 };
const runDefaults = { ...defaults, detach: false, hold: false, keep: false, noSubreaper: false };
const anyHost = expect.anything();

function fails(outcome: Outcome, message: string): void {
  expect({ status: outcome.status, message: outcome.stderr }).toEqual({ status: 1, message: `${message}\n` });
}

describe('create', () => {
  test.each([
    ['create c1', { bundle: '/home' }],
    ['create --bundle /b c1', { bundle: '/b' }],
    ['create -b b c1', { bundle: '/home/b' }],
    ['create --bundle= c1', { bundle: '/home' }],
    ['create --pid-file p -b /b c1', { bundle: '/b', pidFile: '/home/p' }],
    ['create --pid-file /p c1', { bundle: '/home', pidFile: '/p' }],
    ['create --pid-file= c1', { bundle: '/home' }],
    [
      'create --no-pivot --no-new-keyring --preserve-fds 2 c1',
      { bundle: '/home', noPivot: true, noNewKeyring: true, preserveFds: 2 },
    ],
    ['create --console-socket= c1', { bundle: '/home' }],
    [
      'create --console-socket /s --pidfd-socket=p c1',
      { bundle: '/home', consoleSocket: '/s', pidfdSocket: '/home/p' },
    ],
  ])('%s', async (typed, options) => {
    expect(await tsrunc(typed.split(' '), bundles)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(verbs.create.mock.calls).toEqual([[anyHost, 'c1', { ...defaults, ...options }]]);
  });

  test.each([
    ['--preserve-fds=-1', '--preserve-fds must not be negative'],
    ['--bundle=/nowhere', 'chdir "/nowhere": no such file or directory'],
  ])('%s is refused: %s', async (option, message) => {
    for (const verb of ['create', 'run']) {
      fails(await tsrunc(['--log=/l', verb, option, 'c1'], bundles), `tsrunc ${verb} failed: ${message}`);
    }
    expect([verbs.create.mock.calls, verbs.run.mock.calls]).toEqual([[], []]);
  });

  test('keeps the code and the system call of what failed below its prefix', async () => {
    verbs.create.mockImplementation(() => {
      throw kernelSays('mkdir', '/run', 'EACCES');
    });
    const { stderr } = await tsrunc(['--log-format=json', 'create', 'c1']);
    expect(JSON.parse(stderr)).toMatchObject({
      msg: 'tsrunc create failed: mkdir "/run": permission denied',
      code: 'syscall',
      syscall: 'mkdir',
      errno: 'EACCES',
    });
  });

  test('calls a bug a bug below its prefix', async () => {
    verbs.create.mockImplementation(() => {
      throw new RangeError('oops');
    });
    fails(await tsrunc(['--log=/l', 'create', 'c1']), 'tsrunc create failed: internal error: oops');
  });
});

describe('run', () => {
  test('takes the options of create and its own', async () => {
    await tsrunc(['run', '-d', '--keep', '-no-subreaper', '--bundle', '/b', 'c1'], bundles);
    const options = { ...runDefaults, bundle: '/b', detach: true, keep: true, noSubreaper: true };
    expect(verbs.run.mock.calls).toEqual([[anyHost, 'c1', options]]);
  });

  test.each([0, 1, 42, 137, 255])('exits with what the process exited with: %d', async (status) => {
    verbs.run.mockReturnValue({ status });
    expect(await tsrunc(['run', 'c1'])).toMatchObject({ status, stdout: '', stderr: '' });
  });

  test('says why the process was killed, if the cgroup knows', async () => {
    verbs.run.mockReturnValue({ status: 137, obituary: 'out of memory' });
    expect(await tsrunc(['run', 'c1'])).toMatchObject({ status: 137, stdout: '', stderr: 'out of memory\n' });
  });
});

test('start passes the ID on', async () => {
  expect(await tsrunc(['start', '0123'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(verbs.start.mock.calls).toEqual([[anyHost, '0123']]);
});

test.each([
  ['delete c1', false],
  ['delete --force c1', true],
  ['delete c1 -f', true],
])('%s', async (typed, force) => {
  expect(await tsrunc(typed.split(' '))).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(verbs.remove.mock.calls).toEqual([[anyHost, 'c1', { force }]]);
});

describe('kill', () => {
  test.each([
    [['c1'], 15, false],
    [['c1', ''], 15, false],
    [['c1', 'KILL'], 9, false],
    [['c1', 'sigint'], 2, false],
    [['c1', '0'], 0, false],
    [['--all', 'c1', '9'], 9, true],
    [['c1', '9', '-a'], 9, true],
  ])('%j sends %d', async (args, signal, all) => {
    expect(await tsrunc(['kill', ...args])).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(verbs.kill.mock.calls).toEqual([[anyHost, 'c1', signal, { all }]]);
  });

  test.each(['FOO', '65', 'T\nERM'])('%j is an unknown signal', async (text) => {
    fails(await tsrunc(['--log=/l', 'kill', 'c1', text]), `unknown signal ${JSON.stringify(text)}`);
    expect(verbs.kill).not.toHaveBeenCalled();
  });
});

describe('list', () => {
  const machine: Machine = { files: { '/run/tsrunc': null, '/r': null } };
  const header = 'ID          PID         STATUS      BUNDLE      CREATED     OWNER\n';
  const base = { ociVersion: '1.3.0', rootfs: '/b/rootfs', created: '2026-01-02T03:04:05.6Z', owner: 'root' };
  const states = [
    { ...base, id: 'c1', pid: 42, status: 'running', bundle: '/b' },
    { ...base, id: 'a-longer-name', pid: 0, status: 'stopped', bundle: '/é', owner: '#1000' },
  ];

  test('is a table whose columns are 12 wide, or as wide as needed with 3 between', async () => {
    verbs.list.mockReturnValue({ states, failures: [] });
    const { stdout } = await tsrunc(['list'], machine);
    expect(stdout).toBe(
      [
        'ID              PID         STATUS      BUNDLE      CREATED                  OWNER',
        'c1              42          running     /b          2026-01-02T03:04:05.6Z   root',
        'a-longer-name   0           stopped     /é          2026-01-02T03:04:05.6Z   #1000',
        '',
      ].join('\n'),
    );
  });

  test('cannot be spoiled by the name of a bundle', async () => {
    verbs.list.mockReturnValue({ states: [{ ...states[0], bundle: '/b\nfake\u001b[2J' }], failures: [] });
    const { stdout } = await tsrunc(['list'], machine);
    expect(stdout.split('\n')).toHaveLength(3);
    expect(stdout).toContain('/b\\nfake\\x1b[2J   2026');
  });

  test('is an array on one line in JSON', async () => {
    verbs.list.mockReturnValue({ states, failures: [] });
    const { stdout } = await tsrunc(['list', '--format=json'], machine);
    expect(stdout).toBe(`${JSON.stringify(states)}\n`);
  });

  test('is the IDs when quiet, whatever the format', async () => {
    verbs.list.mockReturnValue({ states, failures: [] });
    for (const options of [['-q'], ['-q', '-f', 'json']]) {
      expect(await tsrunc(['list', ...options], machine)).toMatchObject({ stdout: 'c1\na-longer-name\n' });
    }
  });

  test.each([
    ['list', header],
    ['list -f json', 'null\n'],
    ['list -q', ''],
  ])('of nothing: %s', async (typed, stdout) => {
    expect(await tsrunc(typed.split(' '), machine)).toMatchObject({ status: 0, stdout, stderr: '' });
  });

  test('is empty when the default directory is not there yet', async () => {
    expect(await tsrunc(['list'])).toMatchObject({ status: 0, stdout: header, stderr: '' });
    expect(verbs.list).not.toHaveBeenCalled();
  });

  test('fails when a directory that was named is not there', async () => {
    fails(await tsrunc(['--log=/l', '--root=/nowhere', 'list']), 'stat "/nowhere": no such file or directory');
  });

  test('names what cannot be read on standard error and lists the rest', async () => {
    const failures = [{ id: 'bad', error: kernelSays('read', '/r/bad/state.json', 'EACCES') }];
    verbs.list.mockReturnValue({ states, failures });
    expect(await tsrunc(['--root=/r', 'list', '-q'], machine)).toMatchObject({
      status: 0,
      stdout: 'c1\na-longer-name\n',
      stderr: 'load container bad: read "/r/bad/state.json": permission denied\n',
    });
  });

  test('refuses a format that it does not know', async () => {
    fails(await tsrunc(['--log=/l', 'list', '--format=xml'], machine), 'invalid format option');
  });
});

describe('spec', () => {
  const machine: Machine = { ...bundles, uid: 1000 };
  const config = (outcome: Outcome, path: string): unknown => JSON.parse(outcome.files.get(path) ?? 'null');

  test('writes config.json with tabs into the current directory', async () => {
    const outcome = await tsrunc(['spec'], machine);
    expect(outcome).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(outcome.files.get('/home/config.json')).toMatch(/^\{\n\t"ociVersion": "1\.3\.0",\n\t"process": \{\n\t\t"/);
    expect(outcome.calls).toContain('open config.json O_WRONLY O_CREAT O_EXCL 0666');
  });

  test('or into a bundle', async () => {
    const outcome = await tsrunc(['spec', '--bundle', 'b'], machine);
    expect(config(outcome, '/home/b/config.json')).toMatchObject({ hostname: 'tsrunc' });
  });

  test("maps the caller's effective IDs with --rootless", async () => {
    const outcome = await tsrunc(['spec', '--rootless'], machine);
    expect(config(outcome, '/home/config.json')).toMatchObject({
      linux: { uidMappings: [{ hostID: 1000 }], gidMappings: [{ hostID: 1001 }] },
    });
  });

  test('never overwrites', async () => {
    const files = { ...machine.files, '/home/config.json': 'mine' };
    const outcome = await tsrunc(['--log=/l', 'spec'], { ...machine, files });
    fails(outcome, 'File config.json exists. Remove it first');
    expect(outcome.files.get('/home/config.json')).toBe('mine');
  });

  test('leaves nothing behind when the disk is full', async () => {
    const outcome = await tsrunc(['--log=/l', 'spec'], { ...machine, full: { '/home/config.json': 'ENOSPC' } });
    expect(outcome.stderr).toMatch(/no space left on device\n$/);
    expect(outcome.files.has('/home/config.json')).toBe(false);
  });
});

test('features prints one document with four spaces', async () => {
  const { status, stdout, stderr } = await tsrunc(['features']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^\{\n {4}"ociVersionMin": "1\.0\.0",\n[\s\S]*\n\}\n$/);
  expect(JSON.parse(stdout)).toMatchObject({ mountOptions: ['bind', 'ro'] });
});

describe('help', () => {
  test('lists every command and every global option', async () => {
    const { status, stdout, stderr } = await tsrunc(['help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^NAME:\n {3}tsrunc - [^\n]+\n\nUSAGE:\n {3}tsrunc \[global options\] command /);
    for (const name of Object.keys(verbs).filter((verb) => verb !== 'remove')) {
      expect(stdout).toMatch(new RegExp(`^ {3}${name} +\\w`, 'm'));
    }
    expect(stdout).toMatch(/^ {3}--log-format FORMAT +text or json \(default: text\)$/m);
    expect(stdout).toMatch(/^ {3}--help, -h +/m);
    expect(stdout).toBe((await tsrunc(['--help'])).stdout);
    expect(stdout).toBe((await tsrunc([])).stdout);
  });

  test('shows the arguments and options of a command', async () => {
    const { stdout } = await tsrunc(['help', 'kill']);
    expect(stdout).toMatch(/^USAGE:\n {3}tsrunc kill \[command options\] <container-id> \[signal\]$/m);
    expect(stdout).not.toContain('--all');
    expect(stdout).toBe((await tsrunc(['kill', '--help'])).stdout);
  });

  test('shows the short name of an option with its value', async () => {
    const { stdout } = await tsrunc(['help', 'create']);
    expect(stdout).toMatch(/^ {3}--bundle DIR, -b DIR +/m);
  });

  test('knows no other topic', async () => {
    fails(await tsrunc(['--log=/l', 'help', 'bogus']), "No help topic for 'bogus'");
  });

  test('fits into 120 columns', async () => {
    for (const topic of [[], ...Object.keys(verbs).map((verb) => [verb === 'remove' ? 'delete' : verb])]) {
      const { stdout } = await tsrunc(['help', ...topic]);
      expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([]);
    }
  });
});
