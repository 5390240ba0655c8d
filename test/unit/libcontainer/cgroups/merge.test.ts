import { mergeResources } from '../../../../src/libcontainer/cgroups/merge.ts';
import { cgroupWrites } from '../../../../src/libcontainer/cgroups/resources.ts';
import type { Resources } from '../../../../src/spec/config-linux.ts';

type Case = readonly [saved: Resources, update: Resources, merged: Resources, lines: readonly string[]];

const M = 1 << 20;
const device = (minor: number, rate: number) => ({ major: 8, minor, rate });

const cases: Readonly<Record<string, Case>> = {
  'nothing changes nothing': [{ pids: { limit: 5 } }, {}, { pids: { limit: 5 } }, []],
  'what is not given is kept, and not written': [
    { pids: { limit: 5 }, memory: { limit: M } },
    { pids: { limit: 6 } },
    { pids: { limit: 6 }, memory: { limit: M } },
    ['pids.max=6'],
  ],
  'a zero stands for what is not given': [
    { memory: { limit: M }, cpu: { shares: 9, cpus: '0' } },
    { memory: { limit: 0 }, cpu: { shares: 0, cpus: '' } },
    { memory: { limit: M }, cpu: { shares: 9, cpus: '0' } },
    [],
  ],
  'a big zero too': [{ cpu: { shares: 9 } }, { cpu: { shares: 0n } }, { cpu: { shares: 9 } }, []],
  'no processes at all is a limit': [
    { pids: { limit: 5 } },
    { pids: { limit: 0 } },
    { pids: { limit: 0 } },
    ['pids.max=1'],
  ],
  'swap is counted from the saved limit of memory': [
    { memory: { limit: 4 * M } },
    { memory: { swap: 6 * M } },
    { memory: { limit: 4 * M, swap: 6 * M } },
    [`memory.swap.max=${2 * M}`, `memory.max=${4 * M}`],
  ],
  'a new limit of memory leaves less for swap': [
    { memory: { limit: 4 * M, swap: 6 * M } },
    { memory: { limit: 5 * M } },
    { memory: { limit: 5 * M, swap: 6 * M } },
    [`memory.swap.max=${M}`, `memory.max=${5 * M}`],
  ],
  'unlimited memory means unlimited swap': [
    { memory: { limit: 4 * M, swap: 6 * M } },
    { memory: { limit: -1 } },
    { memory: { limit: -1 } },
    ['memory.swap.max=max', 'memory.max=max'],
  ],
  'unless swap is limited in the same breath': [
    { memory: { limit: 4 * M, swap: 6 * M } },
    { memory: { limit: -1, swap: M } },
    { memory: { limit: -1, swap: M } },
    [`memory.swap.max=${M}`, 'memory.max=max'],
  ],
  'the reservation alone writes the reservation alone': [
    { memory: { limit: 4 * M, swap: 6 * M } },
    { memory: { reservation: M } },
    { memory: { limit: 4 * M, swap: 6 * M, reservation: M } },
    [`memory.low=${M}`],
  ],
  'checkBeforeUpdate is about one update': [
    { memory: { limit: M } },
    { memory: { limit: 2 * M, checkBeforeUpdate: true } },
    { memory: { limit: 2 * M } },
    [`memory.max=${2 * M}`],
  ],
  'a quota keeps the period': [
    { cpu: { quota: 1000, period: 50000 } },
    { cpu: { quota: 2000 } },
    { cpu: { quota: 2000, period: 50000 } },
    ['cpu.max=2000 50000'],
  ],
  'a period keeps the quota': [
    { cpu: { quota: 1000, period: 50000 } },
    { cpu: { period: 60000 } },
    { cpu: { quota: 1000, period: 60000 } },
    ['cpu.max=1000 60000'],
  ],
  'a burst of nothing is a burst': [
    { cpu: { burst: 5, quota: 1000 } },
    { cpu: { burst: 0 } },
    { cpu: { burst: 0, quota: 1000 } },
    ['cpu.max.burst=0'],
  ],
  'becoming idle costs the shares': [
    { cpu: { shares: 512, quota: 1000 } },
    { cpu: { idle: 1 } },
    { cpu: { quota: 1000, idle: 1 } },
    ['cpu.idle=1'],
  ],
  'shares that come with it are kept': [
    { cpu: { shares: 512, idle: 1 } },
    { cpu: { shares: 2, idle: 0 } },
    { cpu: { shares: 2, idle: 0 } },
    ['cpu.idle=0', 'cpu.weight=1'],
  ],
  'a device is changed where it stands, a new one added, the others not written': [
    { blockIO: { throttleReadBpsDevice: [device(0, 1), device(1, 2)] } },
    { blockIO: { throttleReadBpsDevice: [device(2, 3), device(0, 9)] } },
    { blockIO: { throttleReadBpsDevice: [device(0, 9), device(1, 2), device(2, 3)] } },
    ['io.max=8:2 rbps=3', 'io.max=8:0 rbps=9'],
  ],
  'a weight of a device keeps its leafWeight': [
    { blockIO: { weight: 20, weightDevice: [{ major: 8, minor: 0, weight: 10, leafWeight: 11 }] } },
    { blockIO: { weightDevice: [{ major: 8, minor: 0, weight: 30 }] } },
    { blockIO: { weight: 20, weightDevice: [{ major: 8, minor: 0, weight: 30, leafWeight: 11 }] } },
    ['io.bfq.weight=8:0 30'],
  ],
  'huge pages go by size': [
    { hugepageLimits: [{ pageSize: '2MB', limit: 1 }] },
    {
      hugepageLimits: [
        { pageSize: '1GB', limit: 2 },
        { pageSize: '2MB', limit: 3 },
      ],
    },
    {
      hugepageLimits: [
        { pageSize: '2MB', limit: 3 },
        { pageSize: '1GB', limit: 2 },
      ],
    },
    ['hugetlb.1GB.max=2', 'hugetlb.1GB.rsvd.max=2', 'hugetlb.2MB.max=3', 'hugetlb.2MB.rsvd.max=3'],
  ],
  'unified and rdma go by name': [
    { unified: { 'memory.high': '1', 'cpu.weight': '2' }, rdma: { mlx: { hcaHandles: 1 } } },
    { unified: { 'memory.high': '3' }, rdma: { qib: { hcaObjects: 2 } } },
    { unified: { 'memory.high': '3', 'cpu.weight': '2' }, rdma: { mlx: { hcaHandles: 1 }, qib: { hcaObjects: 2 } } },
    ['rdma.max=qib hca_object=2', 'memory.high=3'],
  ],
  'device rules stay as they are': [
    { devices: [{ allow: true }] },
    { devices: [{ allow: false }], pids: { limit: 1 } },
    { devices: [{ allow: true }], pids: { limit: 1 } },
    ['pids.max=1'],
  ],
};

test.each(Object.entries(cases))('%s', (_, [saved, update, merged, lines]) => {
  const before = structuredClone(saved);
  const { resources, changes } = mergeResources(saved, update);
  expect(resources).toEqual(merged);
  expect(cgroupWrites(changes).map(({ file, value }) => `${file}=${value}`)).toEqual(lines);
  expect(changes.devices).toBeUndefined();
  expect(saved).toEqual(before);
});
