import { cgroupRemarks } from '../../../../src/libcontainer/cgroups/remarks.ts';
import { cgroupWrites } from '../../../../src/libcontainer/cgroups/resources.ts';
import type { Resources } from '../../../../src/spec/config-linux.ts';

const device = { major: 8, minor: 16 };

test.each<[Resources, string[]]>([
  [{}, []],
  [{ pids: {} }, []],
  [{ pids: { limit: 10 } }, ['pids.max=10']],
  [{ pids: { limit: 0 } }, ['pids.max=1']],
  [{ pids: { limit: -1 } }, ['pids.max=max']],

  [{ memory: { limit: 0 } }, []],
  [{ memory: { limit: 65536 } }, ['memory.max=65536']],
  [{ memory: { limit: 9223372036854775807n } }, ['memory.max=9223372036854775807']],
  [{ memory: { limit: -1 } }, ['memory.swap.max=max', 'memory.max=max']],
  [{ memory: { limit: 1000, swap: 3000 } }, ['memory.swap.max=2000', 'memory.max=1000']],
  [{ memory: { limit: 1000, swap: 1000 } }, ['memory.swap.max=0', 'memory.max=1000']],
  [{ memory: { limit: 1000, swap: -1 } }, ['memory.swap.max=max', 'memory.max=1000']],
  [{ memory: { limit: -1, swap: 5000 } }, ['memory.swap.max=5000', 'memory.max=max']],
  [{ memory: { limit: -1, swap: -1 } }, ['memory.swap.max=max', 'memory.max=max']],
  [
    { memory: { limit: 9007199254740993n, swap: 9007199254740994n } },
    ['memory.swap.max=1', 'memory.max=9007199254740993'],
  ],
  [{ memory: { reservation: 4096 } }, ['memory.low=4096']],
  [{ memory: { reservation: -1 } }, ['memory.low=max']],

  [{ cpu: { shares: 0 } }, []],
  [{ cpu: { shares: 1 } }, ['cpu.weight=1']],
  [{ cpu: { shares: 2 } }, ['cpu.weight=1']],
  [{ cpu: { shares: 512 } }, ['cpu.weight=59']],
  [{ cpu: { shares: 1024 } }, ['cpu.weight=100']],
  [{ cpu: { shares: 2048 } }, ['cpu.weight=174']],
  [{ cpu: { shares: 262144 } }, ['cpu.weight=10000']],
  [{ cpu: { shares: 18446744073709551615n } }, ['cpu.weight=10000']],
  [{ cpu: { quota: 50000 } }, ['cpu.max=50000 100000']],
  [{ cpu: { quota: 50000, period: 20000 } }, ['cpu.max=50000 20000']],
  [{ cpu: { quota: -1 } }, ['cpu.max=max 100000']],
  [{ cpu: { quota: 0 } }, []],
  [{ cpu: { quota: 0, period: 20000 } }, ['cpu.max=max 20000']],
  [{ cpu: { period: 20000 } }, ['cpu.max=max 20000']],
  [{ cpu: { burst: 0 } }, ['cpu.max.burst=0']],
  [{ cpu: { burst: 1000, quota: 2000 } }, ['cpu.max.burst=1000', 'cpu.max=2000 100000']],
  [{ cpu: { idle: 1, shares: 1024 } }, ['cpu.weight=100', 'cpu.idle=1']],
  [{ cpu: { idle: 0, shares: 1024 } }, ['cpu.idle=0', 'cpu.weight=100']],
  [{ cpu: { cpus: '0-1', mems: '0' } }, ['cpuset.cpus=0-1', 'cpuset.mems=0']],
  [{ cpu: { cpus: '', mems: '' } }, []],

  [{ blockIO: { weight: 0 } }, []],
  [{ blockIO: { weight: 500 } }, ['io.bfq.weight=500']],
  [
    {
      blockIO: {
        weightDevice: [
          { ...device, weight: 30 },
          { ...device, weight: 0 },
        ],
      },
    },
    ['io.bfq.weight=8:16 30'],
  ],
  [
    {
      blockIO: {
        throttleWriteIOPSDevice: [{ ...device, rate: 4 }],
        throttleReadBpsDevice: [{ ...device, rate: 1 }],
        throttleWriteBpsDevice: [{ ...device, rate: 18446744073709551615n }],
        throttleReadIOPSDevice: [{ ...device, rate: 0 }],
      },
    },
    ['io.max=8:16 rbps=1', 'io.max=8:16 wbps=18446744073709551615', 'io.max=8:16 riops=max', 'io.max=8:16 wiops=4'],
  ],
  [{ hugepageLimits: [{ pageSize: '2MB', limit: 0 }] }, ['hugetlb.2MB.max=0', 'hugetlb.2MB.rsvd.max=0']],
  [
    { rdma: { mlx5_1: { hcaHandles: 3, hcaObjects: 10000 }, x: {} } },
    ['rdma.max=mlx5_1 hca_handle=3 hca_object=10000'],
  ],
  [
    { unified: { 'io.max': '8:0 rbps=1\n8:16 rbps=2\n', 'cpuset.cpus': '' } },
    ['io.max=8:0 rbps=1', 'io.max=8:16 rbps=2', 'cpuset.cpus=\n'],
  ],
])('%p is written as %p', (resources, lines) => {
  expect(cgroupWrites(resources).map(({ file, value }) => `${file}=${value}`)).toEqual(lines);
});

test('The order is pids, memory, io, cpu, cpuset, hugetlb, rdma, unified', () => {
  const resources: Resources = {
    unified: { 'memory.high': '1' },
    rdma: { a: { hcaObjects: 1 } },
    hugepageLimits: [{ pageSize: '1GB', limit: 1 }],
    cpu: { cpus: '0', shares: 3 },
    blockIO: { weight: 10 },
    memory: { limit: 1 },
    pids: { limit: 1 },
  };
  const controllers = cgroupWrites(resources).map(({ controller }) => controller);
  expect([...new Set(controllers)]).toEqual(['pids', 'memory', 'io', 'cpu', 'cpuset', 'hugetlb', 'rdma']);
  expect(cgroupWrites(resources).at(-1)).toMatchObject({ file: 'memory.high', verbatim: true });
});

test.each<[Resources, string, string]>([
  [{ memory: { swap: 1 } }, 'unable to set swap limit without memory limit', 'memory/swap'],
  [{ memory: { limit: 2, swap: 1 } }, 'memory+swap limit should be >= memory limit', 'memory/swap'],
  [{ memory: { limit: 2, swap: -2 } }, 'invalid memory+swap value: -2', 'memory/swap'],
  [{ memory: { limit: -2 } }, 'invalid memory value: -2', 'memory/limit'],
  [{ hugepageLimits: [{ pageSize: '../x', limit: 1 }] }, 'invalid hugepage size "../x"', 'hugepageLimits/0/pageSize'],
  [{ rdma: { 'a b': { hcaObjects: 1 } } }, 'invalid rdma device "a b"', 'rdma/a b'],
  [{ blockIO: { weight: 9 } }, 'blockIO weight 9 is not within 10 and 1000', 'blockIO/weight'],
  [{ unified: { '../x.y': '1' } }, 'must be a file name (no slashes)', 'unified/..~1x.y'],
  [{ unified: { memory: '1' } }, 'must be in the form CONTROLLER.PARAMETER', 'unified/memory'],
  [{ unified: { '..': '1' } }, 'must be in the form CONTROLLER.PARAMETER', 'unified/..'],
])('%p is refused', (resources, message, field) => {
  expect(() => cgroupWrites(resources)).toThrow(message);
  expect(() => cgroupWrites(resources)).toThrow(
    expect.objectContaining({ code: 'invalid-config', pointer: `/linux/resources/${field}` }),
  );
});

test('Every write names what asks for it', () => {
  const resources: Resources = {
    blockIO: {
      throttleReadBpsDevice: [
        { ...device, rate: 1 },
        { ...device, rate: 2 },
      ],
    },
    unified: { 'cgroup.max.depth': '3' },
  };
  expect(cgroupWrites(resources).map(({ pointer }) => pointer)).toEqual([
    '/linux/resources/blockIO/throttleReadBpsDevice/0',
    '/linux/resources/blockIO/throttleReadBpsDevice/1',
    '/linux/resources/unified/cgroup.max.depth',
  ]);
  expect(cgroupWrites(resources).map(({ controller }) => controller)).toEqual(['io', 'io', undefined]);
});

test('What cgroup v2 cannot honour is remarked upon, and what asks for nothing is not', () => {
  const resources: Resources = {
    memory: { kernel: 1, swappiness: 60, disableOOMKiller: false, useHierarchy: true },
    network: { classID: 0, priorities: [] },
    blockIO: { weightDevice: [{ ...device, leafWeight: 10 }] },
  };
  expect(cgroupRemarks(resources).map(({ level, pointer }) => `${level} ${pointer}`)).toEqual([
    'warn /linux/resources/memory/kernel',
    'debug /linux/resources/memory/swappiness',
    'debug /linux/resources/memory/useHierarchy',
    'warn /linux/resources/blockIO/weightDevice',
  ]);
});
