import { CgroupDirectory } from '../../../../src/libcontainer/cgroups/directory.ts';
import { type CgroupStatistics, readStatistics } from '../../../../src/libcontainer/cgroups/statistics/statistics.ts';
import { writeJson } from '../../../../src/spec/json.ts';
import { FakeTree } from './tree.ts';

let tree: FakeTree;
beforeEach(() => {
  tree = new FakeTree('');
  tree.mkdir('a');
});
afterEach(() => tree.discard());

/** As a client reads it. */
function statistics(files: Readonly<Record<string, string>> = {}): CgroupStatistics {
  for (const [file, text] of Object.entries(files)) tree.set(`a/${file}`, text);
  const reads: string[] = [];
  const engine = tree.host.engine;
  const read = (path: string): Uint8Array => {
    reads.push(path);
    return engine.files.read(path);
  };
  const counted = { ...engine, files: { ...engine.files, read } };
  const text = writeJson(
    readStatistics(new CgroupDirectory({ ...tree.host, engine: counted }, tree.mount, tree.path('a'))),
  );
  expect(reads).toEqual([...new Set(reads)]);
  return JSON.parse(text);
}

const nothing = { limit: 0, failcnt: 0 };

test('without any controller all keys that are never left out are there, and processes are counted', () => {
  expect(statistics({ 'cgroup.procs': '12\n13\n' })).toEqual({
    cpu: { usage: { kernel: 0, user: 0 }, throttling: {} },
    cpuset: {
      cpu_exclusive: 0,
      mem_hardwall: 0,
      mem_exclusive: 0,
      memory_migrate: 0,
      memory_spread_page: 0,
      memory_spread_slab: 0,
      memory_pressure: 0,
      sched_load_balance: 0,
      sched_relax_domain_level: 0,
    },
    memory: { usage: nothing, swap: nothing, kernel: nothing, kernelTCP: nothing },
    pids: { current: 2 },
    blkio: {},
    hugetlb: {},
  });
});

test('cpu.stat is in microseconds, the statistics are in nanoseconds', () => {
  const stat =
    'usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 5\nnr_throttled 4\nthrottled_usec 7\nnr_bursts 0\n';
  expect(statistics({ 'cpu.stat': stat }).cpu).toEqual({
    usage: { total: 30000, kernel: 10000, user: 20000 },
    throttling: { periods: 5, throttledPeriods: 4, throttledTime: 7000 },
  });
});

test('swap is counted together with memory', () => {
  const files = {
    'memory.stat': 'anon 1\nfile 2\n',
    'memory.current': '100\n',
    'memory.max': '1000\n',
    'memory.peak': '150\n',
    'memory.swap.current': '30\n',
    'memory.swap.max': '500\n',
    'memory.swap.peak': '40\n',
  };
  expect(statistics(files).memory).toEqual({
    cache: 2,
    usage: { limit: 1000, usage: 100, max: 150, failcnt: 0 },
    swap: { limit: 1500, usage: 130, failcnt: 0 },
    kernel: nothing,
    kernelTCP: nothing,
    raw: { anon: 1, file: 2 },
  });
});

test('no limit is 2^64 - 1, digit by digit', () => {
  for (const file of ['memory.max', 'memory.swap.max']) tree.set(`a/${file}`, 'max\n');
  for (const file of ['memory.current', 'memory.swap.current']) tree.set(`a/${file}`, '1\n');
  const text = writeJson(readStatistics(new CgroupDirectory(tree.host, tree.mount, tree.path('a'))).memory);
  expect(text).toContain('"usage":{"limit":18446744073709551615,"usage":1');
  expect(text).toContain('"swap":{"limit":18446744073709551615,"usage":2');
});

test.each([
  ['max\n', { current: 3 }],
  ['7\n', { current: 3, limit: 7 }],
])('pids.max of %j', (max, expected) => {
  expect(statistics({ 'pids.current': '3\n', 'pids.max': max }).pids).toEqual(expected);
});

test('io.stat becomes two lists, as cgroup v1 has them', () => {
  const stat = '8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=0\n0:7 rbytes=6 wbytes=0 rios=0 wios=0\n253:1\n';
  expect(statistics({ 'io.stat': stat }).blkio).toEqual({
    ioServiceBytesRecursive: [
      { major: 8, op: 'Read', value: 1 },
      { major: 8, op: 'Write', value: 2 },
      { minor: 7, op: 'Read', value: 6 },
      { minor: 7, op: 'Write' },
    ],
    ioServicedRecursive: [
      { major: 8, op: 'Read', value: 3 },
      { major: 8, op: 'Write', value: 4 },
      { minor: 7, op: 'Read' },
      { minor: 7, op: 'Write' },
    ],
  });
});

test('huge pages by size: what is reserved where that is counted', () => {
  const files = {
    'hugetlb.2MB.events': 'max 3\n',
    'hugetlb.2MB.current': '1\n',
    'hugetlb.2MB.rsvd.current': '4096\n',
    'hugetlb.1GB.events': 'max 0\n',
    'hugetlb.1GB.current': '2\n',
  };
  expect(statistics(files).hugetlb).toEqual({ '1GB': { usage: 2, failcnt: 0 }, '2MB': { usage: 4096, failcnt: 3 } });
});

test.each(['cpu', 'memory', 'io'] as const)('pressure of %s', (controller) => {
  const some = 'some avg10=0.12 avg60=1.50 avg300=100.00 total=9007199254740993';
  const all = statistics({ [`${controller}.pressure`]: `${some}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n` });
  expect(all[controller === 'io' ? 'blkio' : controller].psi).toEqual({
    some: { avg10: 0.12, avg60: 1.5, avg300: 100, total: Number(9007199254740993n) },
    full: { avg10: 0, avg60: 0, avg300: 0, total: 0 },
  });
});

test('a cgroup that is gone has used nothing', () => {
  tree.host.engine.files.rmdir(tree.path('a'));
  expect(statistics().pids).toEqual({});
});
