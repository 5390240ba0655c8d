import { ContainerError } from '../../../src/libcontainer/errors.ts';
import { kernelSays, tsrunc } from './support.ts';

const state = jest.fn();
jest.mock('../../../src/libcontainer/state.ts', () => ({ state: (...args: unknown[]) => state(...args) }), {
  virtual: true,
});

const doesNotExist = new ContainerError('does-not-exist', 'container does not exist');
const c1 = {
  ociVersion: '1.3.0',
  id: 'c1',
  pid: 42,
  status: 'running',
  bundle: '/b',
  rootfs: '/b/rootfs',
  created: '2026-01-02T03:04:05.6Z',
  owner: '',
};

beforeEach(() => {
  state.mockReset().mockReturnValue(c1);
});

function failing(error: unknown): void {
  state.mockImplementation(() => {
    throw error;
  });
}

describe('A command that succeeds', () => {
  test('exits 0 and prints its answer only', async () => {
    const { status, stdout, stderr } = await tsrunc(['state', 'c1']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(JSON.stringify(c1, null, 2));
  });

  test('leaves the log empty', async () => {
    const { files } = await tsrunc(['--log', '/log', 'state', 'c1']);
    expect(files.get('/log')).toBe('');
  });

  test('leaves the log empty when it only warned, for podman reads the whole file as one value', async () => {
    state.mockImplementation((host) => {
      host.log.warn('odd');
      return c1;
    });
    const { files, stderr } = await tsrunc(['--log', '/log', 'state', 'c1']);
    expect([files.get('/log'), stderr]).toEqual(['', '']);
  });

  test.each(['--log-level=warning', '--log-level=debug', '--debug'])('logs its warnings under %s', async (option) => {
    state.mockImplementation((host) => {
      host.log.warn('odd');
      return c1;
    });
    const { files } = await tsrunc(['--log', '/log', '--log-format=json', option, 'state', 'c1']);
    expect(files.get('/log')).toContain('{"level":"warning","msg":"odd","time":"2026-01-02T03:04:05.000000006Z"}\n');
  });

  test('gets the host that the global options describe', async () => {
    await tsrunc(['--root', '/r', '--systemd-cgroup', '--rootless=true', 'state', 'c1']);
    const host = { root: '/r', cgroupManager: 'systemd', rootless: true };
    expect(state).toHaveBeenCalledWith(expect.objectContaining(host), 'c1');
  });

  test('gets the defaults otherwise', async () => {
    await tsrunc(['state', 'c1']);
    const host = { root: '/run/tsrunc', cgroupManager: 'cgroupfs', rootless: 'auto' };
    expect(state).toHaveBeenCalledWith(expect.objectContaining(host), 'c1');
  });
});

describe('A command that fails', () => {
  test('exits 1 with one line of text on standard error', async () => {
    failing(doesNotExist);
    expect(await tsrunc(['state', 'c1'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'time="2026-01-02T03:04:05.000000006Z" level=error msg="container does not exist"\n',
    });
  });

  test('writes JSON instead when asked to', async () => {
    failing(doesNotExist);
    const { stderr } = await tsrunc(['--log-format', 'json', 'state', 'c1']);
    expect(stderr).toBe(
      '{"level":"error","msg":"container does not exist","time":"2026-01-02T03:04:05.000000006Z","code":"does-not-exist"}\n',
    );
  });

  test('writes the short form to a terminal', async () => {
    failing(doesNotExist);
    const { stderr } = await tsrunc(['state', 'c1'], { terminal: true });
    expect(stderr).toBe('ERRO[0000] container does not exist\n');
  });

  test('appends one line to the log file in one write, and the bare message to standard error', async () => {
    failing(doesNotExist);
    const machine = { files: { '/log': 'before\n' } };
    const { files, stderr, calls } = await tsrunc(['--log', '/log', '--log-format', 'json', 'state', 'c1'], machine);
    expect(files.get('/log')).toMatch(/^before\n\{"level":"error","msg":"container does not exist",[^\n]*\}\n$/);
    expect(stderr).toBe('container does not exist\n');
    expect(calls).toEqual(['open /log O_WRONLY O_APPEND O_CREAT O_SYNC 0644', 'write /log', 'write 2']);
  });

  test('gives machines the facts: code, step, pointer, system call, errno and hint', async () => {
    const cause = kernelSays('mount_setattr', '/dev/shm', 'EACCES');
    failing(new ContainerError('syscall', 'mount tmpfs', { step: 'mounts', pointer: '/mounts/3', hint: 'try', cause }));
    const { stderr } = await tsrunc(['--log-format', 'json', 'state', 'c1']);
    expect(JSON.parse(stderr)).toEqual({
      level: 'error',
      msg: 'mount tmpfs: mount_setattr "/dev/shm": permission denied (try)',
      time: '2026-01-02T03:04:05.000000006Z',
      code: 'syscall',
      step: 'mounts',
      pointer: '/mounts/3',
      syscall: 'mount_setattr',
      errno: 'EACCES',
      hint: 'try',
    });
  });

  test.each(['text', 'json'])('keeps to one line in %s whatever a name in the message holds', async (format) => {
    failing(new ContainerError('exec', 'exec "a\nlevel=error msg=fake\r\u001b[2J\u009b"'));
    const argv = ['--log', '/log', '--log-format', format, 'state', 'c1'];
    const { files, stderr } = await tsrunc(argv);
    for (const text of [files.get('/log') ?? '', stderr]) {
      expect(text.endsWith('\n')).toBe(true);
      for (const char of ['\n', '\r', '\u001b']) expect(text.slice(0, -1)).not.toContain(char);
    }
    expect(stderr).not.toContain('\u009b');
  });

  test('reports a kernel error that nobody explained', async () => {
    failing(kernelSays('openat2', '/x', 'EACCES'));
    const { stderr } = await tsrunc(['--log', '/log', 'state', 'c1']);
    expect(stderr).toBe('openat2 "/x": permission denied\n');
  });
});

describe('A bug', () => {
  test('is one line that says so', async () => {
    failing(new TypeError('x is not a function'));
    const { status, stderr } = await tsrunc(['--log-format=json', 'state', 'c1']);
    expect(status).toBe(1);
    expect(stderr.split('\n')).toHaveLength(2);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'internal', msg: 'internal error: x is not a function' });
  });

  test('shows its stack in the debug log', async () => {
    failing(new TypeError('x is not a function'));
    const { files, stderr } = await tsrunc(['--debug', '--log=/log', '--log-format=json', 'state', 'c1']);
    const lines = (files.get('/log') ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      expect.objectContaining({ level: 'debug', msg: 'state c1' }),
      expect.objectContaining({ level: 'debug', msg: expect.stringMatching(/^TypeError: x is not a function\n +at /) }),
      expect.objectContaining({ level: 'error', msg: 'internal error: x is not a function' }),
    ]);
    expect(stderr).toBe('internal error: x is not a function\n');
  });

  test.each([null, undefined, 'text', 7])('may even throw %p', async (thrown) => {
    failing(thrown);
    const { status, stderr } = await tsrunc(['state', 'c1']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^time="[^"]*" level=error msg="internal error[^\n]*\n$/);
  });
});

describe('A stream that cannot be written', () => {
  test.each([
    ['ENOSPC', 'no space left on device'],
    ['EBADF', 'bad file descriptor'],
    ['EPIPE', 'broken pipe'],
  ])('fails a command whose answer is lost: %s', async (code, words) => {
    const { status, stderr } = await tsrunc(['state', 'c1'], { full: { 1: code } });
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^time="[^"]*" level=error msg="write /dev/stdout: ${words}"\n$`));
  });

  test.each([[['--help']], [['--version']], [['create', '--help']]])('does not matter to %j', async (argv) => {
    expect(await tsrunc(argv, { full: { 1: 'ENOSPC' } })).toMatchObject({ status: 0, stderr: '' });
  });

  test('changes nothing about a failure: standard error', async () => {
    failing(doesNotExist);
    expect(await tsrunc(['state', 'c1'], { full: { 2: 'EBADF' } })).toMatchObject({ status: 1, stdout: '' });
  });

  test('changes nothing about a failure: the log', async () => {
    failing(doesNotExist);
    const outcome = await tsrunc(['--log', '/log', 'state', 'c1'], { full: { '/log': 'ENOSPC' } });
    expect(outcome).toMatchObject({ status: 1, stderr: 'container does not exist\n' });
  });
});

describe('Options that make no sense', () => {
  test.each([
    [['--log-format', 'xml'], 'invalid log-format: xml'],
    [['--log-level', 'loud'], 'invalid log-level: loud'],
    [['--cgroup-manager', 'x'], 'invalid cgroup-manager: x'],
    [['--rootless', 'maybe'], 'invalid rootless: maybe'],
    [['--root', '/'], 'Option --root argument should not be set to /'],
    [['--root', '/a/../..'], 'Option --root argument should not be set to /'],
    [['--root', '.'], 'Option --root argument should not be set to /'],
    [['--root', ''], 'Option --root argument should not be set to /'],
  ])('%j is refused: %s', async (options, message) => {
    const { status, stdout, stderr } = await tsrunc([...options, 'state', 'c1']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(`msg="${message}"\n`);
    expect(state).not.toHaveBeenCalled();
  });

  test('A log that cannot be opened is reported on standard error', async () => {
    const { status, stderr } = await tsrunc(['--log', '/nowhere/log', '--log-format', 'json', 'state', 'c1']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^time="[^"]*" level=error msg="cannot open the log: .*no such file or directory"\n$/);
    expect(state).not.toHaveBeenCalled();
  });

  test('An empty --log is standard error', async () => {
    failing(doesNotExist);
    const { stderr, calls } = await tsrunc(['--log', '', 'state', 'c1']);
    expect(stderr).toContain('level=error msg="container does not exist"');
    expect(calls).toEqual(['write 2']);
  });
});

describe('A usage failure', () => {
  test('puts help on standard output and the error on standard error', async () => {
    const { status, stdout, stderr } = await tsrunc(['state', '--bogus']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Incorrect Usage: flag provided but not defined: -bogus\n\nNAME:\n {3}tsrunc state - /);
    expect(stderr).toContain('level=error msg="flag provided but not defined: -bogus"\n');
  });

  test('reaches the log that was asked for', async () => {
    const { files, stderr } = await tsrunc(['--log', '/log', '--log-format', 'json', 'state']);
    const message = 'tsrunc: "state" requires exactly 1 argument(s)';
    expect(JSON.parse(files.get('/log') ?? '')).toMatchObject({
      level: 'error',
      msg: message,
      code: 'invalid-argument',
    });
    expect(stderr).toBe(`${message}\n`);
  });

  test('fails a probe for a command that is not there', async () => {
    const { status, stdout } = await tsrunc(['teleport', '--help']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  test.each(['checkpoint', 'restore'])('fails a probe for %s without criu, and helps all the same', async (command) => {
    const { status, stdout, stderr } = await tsrunc([command, '--help'], { env: { PATH: '/usr/bin:/sbin' } });
    expect(status).toBe(1);
    expect(stdout).toContain(`tsrunc ${command} [command options] <container-id>`);
    expect(stderr).toContain('criu: executable file not found in $PATH');
  });
});

test('--version has the lines that clients look for, and nothing on standard error', async () => {
  const { status, stdout, stderr } = await tsrunc(['--version']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^tsrunc version \d+\.\d+\.\d+\ncommit: \S+\nspec: 1\.3\.0\n$/);
});
