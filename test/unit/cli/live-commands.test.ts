import { type Machine, type Outcome, tsrunc } from './support.ts';

/** The commands that ask or change a living container. */
const verbs = {
  update: jest.fn(),
  events: jest.fn(),
  statistics: jest.fn(),
  processes: jest.fn(),
  processTable: jest.fn(),
};
jest.mock('../../../src/libcontainer/update.ts', () => ({ update: (...a: unknown[]) => verbs.update(...a) }), {
  virtual: true,
});
jest.mock(
  '../../../src/libcontainer/events.ts',
  () => ({
    events: (...a: unknown[]) => verbs.events(...a),
    statistics: (...a: unknown[]) => verbs.statistics(...a),
  }),
  { virtual: true },
);
jest.mock(
  '../../../src/libcontainer/ps.ts',
  () => ({
    processes: (...a: unknown[]) => verbs.processes(...a),
    processTable: (...a: unknown[]) => verbs.processTable(...a),
  }),
  { virtual: true },
);

beforeEach(() => {
  for (const verb of Object.values(verbs)) verb.mockReset();
});

const anyHost = expect.anything();

function fails(outcome: Outcome, message: string): void {
  expect({ status: outcome.status, message: outcome.stderr }).toEqual({ status: 1, message: `${message}\n` });
}

describe('update', () => {
  test.each([
    ['', {}],
    ['--memory 100m', { memory: { limit: 104857600 } }],
    ['--memory=-1', { memory: { limit: -1 } }],
    ['--memory -1 --memory-swap -1', { memory: { limit: -1, swap: -1 } }],
    ['--memory-reservation 1g', { memory: { reservation: 1073741824 } }],
    ['--kernel-memory 1 --kernel-memory-tcp 2', { memory: { kernel: 1, kernelTCP: 2 } }],
    ['--cpu-period 1000 --cpu-quota -1', { cpu: { period: 1000, quota: -1 } }],
    ['--cpu-burst 0', { cpu: { burst: 0 } }],
    ['--cpu-share 18446744073709551615', { cpu: { shares: 18446744073709551615n } }],
    ['--cpu-rt-period 1 --cpu-rt-runtime 2', { cpu: { realtimePeriod: 1, realtimeRuntime: 2 } }],
    ['--cpuset-cpus 0-1,3 --cpuset-mems 0', { cpu: { cpus: '0-1,3', mems: '0' } }],
    ['--cpu-idle 1', { cpu: { idle: 1 } }],
    ['--pids-limit 0', { pids: { limit: 0 } }],
    ['--pids-limit -1', { pids: { limit: -1 } }],
    ['--blkio-weight 500', { blockIO: { weight: 500 } }],
    ['--memory= --cpu-share= --cpuset-cpus=', {}],
    ['--memory 1k --cpu-share 2 --pids-limit 3', { memory: { limit: 1024 }, cpu: { shares: 2 }, pids: { limit: 3 } }],
  ])('%s', async (typed, resources) => {
    const outcome = await tsrunc(['update', ...typed.split(' ').filter((word) => word !== ''), 'c1']);
    expect(outcome).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(verbs.update.mock.calls).toEqual([[anyHost, 'c1', resources, {}]]);
  });

  test('schemas of Intel RDT go beside the limits', async () => {
    await tsrunc(['update', '--l3-cache-schema', 'L3:0=f', '--mem-bw-schema=MB:0=20', 'c1']);
    expect(verbs.update.mock.calls).toEqual([[anyHost, 'c1', {}, { l3CacheSchema: 'L3:0=f', memBwSchema: 'MB:0=20' }]]);
  });

  test.each([
    ['--memory abc', "invalid value for memory: invalid size: 'abc'"],
    ['--memory -2', "invalid value for memory: invalid size: '-2'"],
    ['--cpu-period -1', 'invalid value for cpu-period: parsing "-1": invalid syntax'],
    ['--cpu-quota x', 'invalid value for cpu-quota: parsing "x": invalid syntax'],
    ['--cpu-idle 1.5', 'invalid value for cpu-idle: parsing "1.5": invalid syntax'],
  ])('%s is refused', async (typed, message) => {
    fails(await tsrunc(['--log=/l', 'update', ...typed.split(' '), 'c1']), message);
    expect(verbs.update).not.toHaveBeenCalled();
  });

  const text = '{"memory": {"limit": 9007199254740993, "swap": null}, "hugetlb": 1, "pids": {"limit": 0}}';
  const resources = { memory: { limit: 9007199254740993n }, pids: { limit: 0 } };

  test('a file of resources counts alone', async () => {
    const machine: Machine = { files: { '/r.json': text } };
    await tsrunc(['update', '--memory', '1m', '-r', '/r.json', 'c1'], machine);
    expect(verbs.update.mock.calls).toMatchObject([[anyHost, 'c1', resources, {}]]);
  });

  test.each([
    ['{', /^\/r\.json:1:2: /],
    ['[]', /^\/r\.json:1:1: must be an object, is an array$/],
    ['{"memory":\n {"limit": "1"}}', /^\/r\.json:2:12: \/memory\/limit: must be .*, is a string \(numbers are written/],
  ])('%j is no file of resources', async (content, message) => {
    const outcome = await tsrunc(['--log=/l', 'update', '--resources=/r.json', 'c1'], {
      files: { '/r.json': content },
    });
    expect(outcome.status).toBe(1);
    expect(outcome.stderr.trim()).toMatch(message);
    expect(verbs.update).not.toHaveBeenCalled();
  });
});

describe('events', () => {
  const data = { limit: 2n ** 64n - 1n, psi: { avg10: 0.5 } };

  test('--stats prints one line', async () => {
    verbs.statistics.mockReturnValue({ type: 'stats', id: 'c1', data });
    const { stdout } = await tsrunc(['events', '--stats', 'c1']);
    expect(stdout).toBe('{"type":"stats","id":"c1","data":{"limit":18446744073709551615,"psi":{"avg10":0.5}}}\n');
    expect(verbs.events).not.toHaveBeenCalled();
  });

  test.each([
    [[], 5_000_000_000n],
    [['--interval', '250ms'], 250_000_000n],
    [['--interval=1m'], 60_000_000_000n],
  ])('%j', async (args, interval) => {
    verbs.events.mockImplementation((_host, id, _interval, emit) => {
      emit({ type: 'oom', id });
      emit({ type: 'oom', id });
    });
    const line = '{"type":"oom","id":"c1"}\n';
    expect(await tsrunc(['events', ...args, 'c1'])).toMatchObject({ status: 0, stdout: line + line });
    expect(verbs.events.mock.calls).toEqual([[anyHost, 'c1', interval, expect.anything()]]);
  });

  test.each([
    ['0', 'duration interval must be greater than 0'],
    ['-1s', 'duration interval must be greater than 0'],
    ['5', 'invalid value "5" for flag -interval: parse error'],
  ])('not every %s', async (interval, message) => {
    fails(await tsrunc(['--log=/l', 'events', '--stats', `--interval=${interval}`, 'c1']), message);
  });
});

describe('ps', () => {
  test.each([
    [[7, 8], '[7,8]\n'],
    [[], 'null\n'],
  ])('%j as JSON', async (pids, stdout) => {
    verbs.processes.mockReturnValue(pids);
    expect(await tsrunc(['ps', '--format', 'json', 'c1'])).toMatchObject({ status: 0, stdout });
    expect(verbs.processTable).not.toHaveBeenCalled();
  });

  test.each([
    [['c1'], ['-ef']],
    [
      ['c1', '-o', 'pid', '--format', 'x'],
      ['-o', 'pid', '--format', 'x'],
    ],
    [['-f', 'table', 'c1', '-f'], ['-f']],
  ])('%j asks ps with %j', async (args, asked) => {
    verbs.processes.mockReturnValue([7]);
    verbs.processTable.mockReturnValue(['PID', ' 7']);
    expect(await tsrunc(['ps', ...args])).toMatchObject({ status: 0, stdout: 'PID\n 7\n' });
    expect(verbs.processTable.mock.calls).toEqual([[anyHost, [7], asked]]);
  });

  test('another format is refused', async () => {
    fails(await tsrunc(['--log=/l', 'ps', '-f', 'yaml', 'c1']), 'invalid format option');
  });
});
