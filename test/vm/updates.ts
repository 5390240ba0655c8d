/** One `update`: options, or a file of resources. */
export interface Update {
  readonly options?: string;
  /** A string is the file's text. */
  readonly resources?: object | string;
  /** No runtime may take it. */
  readonly refused?: true;
  /** Why runc 1.1 does it otherwise. */
  readonly difference?: string;
}

const MiB = 1 << 20;
const disk = (rate: number) => ({ major: 98, minor: 0, rate });
const absent = [{ major: 99, minor: 0, rate: 5 }];
const CURVE = 'runc has the other curve from shares to weight since 1.3.2';
const FORGETS = 'runc forgets the saved period at an update of anything else';
const THROTTLES = 'runc changes limits of devices since 1.3.3';
const RESTORES = 'runc 1.1 leaves what it wrote before the failure';
const NOT_YET = 'runc 1.1 does not change it';
const KEEPS = 'runc before 1.2 forgot the saved counterpart of memory or swap';

/** In an order that matters: each finds what those before it have left. */
export const UPDATES: readonly Update[] = [
  { options: '--pids-limit 20' },
  { options: '--pids-limit -1' },
  { options: '--pids-limit 33' },
  { options: '--memory 100m' },
  { options: '--memory 52428800' },
  { options: '--memory-reservation 10m' },
  { options: '--memory-reservation -1' },
  { options: '--memory 64m --memory-swap 96m' },
  { options: '--memory-swap -1' },
  { options: '--memory -1' },
  { options: '--memory 70m --memory-swap 200m' },
  { options: '--memory 1g --memory-swap -1 --memory-reservation 512m' },
  { options: '--memory 1.5g' },
  { options: '--memory 2GB' },
  { options: '--memory 30000kb' },
  { options: '--memory 80MiB --memory-swap 80MiB' },
  { options: '--memory abc', refused: true },
  { options: '--memory 12x', refused: true },
  { options: '--memory 100m --memory-swap 10m', refused: true },
  { options: '--memory 300m --memory-swap -1 --kernel-memory 50m' },
  { options: '--cpu-share 2' },
  { options: '--cpu-share 262144' },
  { options: '--cpu-share 0' },
  { options: '--cpu-share 512', difference: CURVE },
  { options: '--cpu-share x', refused: true },
  { options: '--cpu-quota 50000' },
  { options: '--cpu-quota 20000 --cpu-period 40000' },
  { options: '--cpu-quota -1' },
  { options: '--cpu-quota 500', refused: true },
  { options: '--cpu-quota 30000 --cpu-period 100', refused: true },
  { options: '--cpu-period 1000001', refused: true },
  { options: '--cpu-period -5', refused: true },
  { options: '--cpu-rt-period 1000000 --cpu-rt-runtime 950000' },
  { options: '--memory 256m --memory-swap -1 --pids-limit 77 --cpu-quota 60000', difference: FORGETS },
  { options: '--pids-limit 44 --memory 128m --memory-swap -1 --cpu-quota 5', refused: true, difference: RESTORES },
  {
    resources: {
      memory: { limit: 200 * MiB, swap: 300 * MiB },
      cpu: { quota: 70000, period: 140000 },
      pids: { limit: 12 },
    },
  },
  { resources: { memory: { limit: 100 * MiB }, pids: { limit: 13 } }, difference: KEEPS },
  { resources: { memory: { limit: 100 * MiB, swap: -1 } } },
  { resources: { unified: { 'memory.high': '50000000', 'pids.max': '99' } } },
  { resources: { unified: { 'memory.nope': '1' } }, refused: true },
  { resources: { unified: { 'hugetlb.2MB.max': '1' } }, refused: true },
  { resources: { unified: { '../x': '1' } }, refused: true },
  { resources: { blockIO: { throttleReadBpsDevice: [disk(MiB)] } }, difference: THROTTLES },
  {
    resources: { blockIO: { throttleReadBpsDevice: [disk(2 * MiB)], throttleWriteIOPSDevice: [disk(100)] } },
    difference: THROTTLES,
  },
  {
    resources: { blockIO: { throttleWriteBpsDevice: [disk(1000000)], throttleReadIOPSDevice: [disk(10)] } },
    difference: THROTTLES,
  },
  { resources: { blockIO: { throttleReadBpsDevice: absent } }, refused: true, difference: THROTTLES },
  {
    resources: { blockIO: { throttleReadBpsDevice: [disk(MiB), ...absent] }, pids: { limit: 50 } },
    refused: true,
    difference: THROTTLES,
  },
  { resources: { cpu: { shares: 2, cpus: '', mems: '' } } },
  { resources: { devices: [{ allow: false, access: 'rwm' }] } },
  { resources: { memory: null, pids: null }, difference: 'runc 1.1 panics' },
  { resources: '{', refused: true },
  { resources: '[]', refused: true },
  { resources: { memory: { limit: 'x' } }, refused: true },
  { resources: {} },
  { resources: { cpu: { idle: 1 } }, difference: NOT_YET },
  { resources: { cpu: { idle: 2 } }, refused: true, difference: NOT_YET },
  { resources: { cpu: { idle: 0 } } },
  { resources: { cpu: { quota: 100000, burst: 20000 } }, difference: NOT_YET },
];
