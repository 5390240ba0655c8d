import type { Resources } from '../../src/spec/config-linux.ts';

export interface ResourceConfig {
  readonly name: string;
  readonly resources: Resources;
  /** What the files then hold, or that nothing is made. Files that are not named have their defaults. */
  readonly files: Readonly<Record<string, string>> | 'refused';
}

const MiB = 1 << 20;
const DISK = { major: 98, minor: 0 } as const;
const OTHER = { major: 98, minor: 16 } as const;

/** Configurations for a machine with the controllers cpu, io, memory and pids. */
export const CONFIGS: readonly ResourceConfig[] = [
  config('nothing', {}, { 'pids.max': 'max', 'memory.max': 'max', 'cpu.max': 'max 100000', 'cpu.weight': '100' }),

  config('pids 5', { pids: { limit: 5 } }, { 'pids.max': '5' }),
  config('pids 1', { pids: { limit: 1 } }, { 'pids.max': '1' }),
  config('pids 0', { pids: { limit: 0 } }, { 'pids.max': '1' }),
  config('pids -1', { pids: { limit: -1 } }, { 'pids.max': 'max' }),
  config('pids 4194304', { pids: { limit: 4194304 } }, { 'pids.max': '4194304' }),
  config('pids more than a kernel can have', { pids: { limit: 4194306 } }, 'refused'),

  ...memory(64 * MiB, { 'memory.max': '67108864' }),
  ...memory(64 * MiB + 1, { 'memory.max': '67108864' }),
  ...memory(-1, { 'memory.max': 'max', 'memory.swap.max': 'max' }),
  ...memory(0, { 'memory.max': 'max' }),
  ...memory(2 ** 40, { 'memory.max': '1099511627776' }),
  ...memory(9007199254740993n, { 'memory.max': '9007199254740992' }),
  ...memory(9223372036854771712n, { 'memory.max': 'max' }),
  config('memory -2', { memory: { limit: -2 } }, 'refused'),
  config('reservation', { memory: { reservation: 8 * MiB } }, { 'memory.low': '8388608', 'memory.max': 'max' }),
  config('reservation -1', { memory: { reservation: -1 } }, { 'memory.low': 'max' }),
  config('reservation 0', { memory: { reservation: 0 } }, { 'memory.low': '0' }),
  config('limit and reservation', { memory: { limit: 64 * MiB, reservation: 32 * MiB } }, { 'memory.low': '33554432' }),
  swap(64 * MiB, 64 * MiB, '0'),
  swap(64 * MiB, 96 * MiB, '33554432'),
  swap(64 * MiB, -1, 'max'),
  swap(-1, -1, 'max'),
  swap(64 * MiB, 0, 'max'),
  config('swap without limit', { memory: { swap: 64 * MiB } }, 'refused'),
  config('swap below limit', { memory: { limit: 64 * MiB, swap: 32 * MiB } }, 'refused'),
  config('what v2 has not', { memory: { swappiness: 10, disableOOMKiller: true, useHierarchy: true } }, {}),
  config(
    'kernel memory',
    { memory: { limit: 64 * MiB, kernel: 16 * MiB, kernelTCP: MiB } },
    { 'memory.max': '67108864' },
  ),

  ...(
    [
      [2, '1'],
      [3, '2'],
      [10, '4'],
      [102, '17'],
      [512, '59'],
      [1024, '100'],
      [1025, '101'],
      [2048, '174'],
      [10000, '627'],
      [262144, '10000'],
      [0, '100'],
      [1, '1'],
    ] as const
  ).map(([shares, weight]) => config(`shares ${shares}`, { cpu: { shares } }, { 'cpu.weight': weight })),
  cpu('quota and period', { quota: 50000, period: 100000 }, '50000 100000'),
  cpu('the least quota and period', { quota: 1000, period: 1000 }, '1000 1000'),
  cpu('the longest period', { quota: 2000000, period: 1000000 }, '2000000 1000000'),
  cpu('quota alone', { quota: 20000 }, '20000 100000'),
  cpu('period alone', { period: 50000 }, 'max 50000'),
  cpu('quota -1', { quota: -1 }, 'max 100000'),
  cpu('quota -1 and period', { quota: -1, period: 50000 }, 'max 50000'),
  cpu('quota 0 and period 0', { quota: 0, period: 0 }, 'max 100000'),
  config('a quota below the least', { cpu: { quota: 999 } }, 'refused'),
  config('a period above the longest', { cpu: { quota: 1000, period: 1000001 } }, 'refused'),
  config('burst', { cpu: { quota: 50000, burst: 25000 } }, { 'cpu.max': '50000 100000', 'cpu.max.burst': '25000' }),
  config('burst above quota', { cpu: { quota: 50000, burst: 60000 } }, 'refused'),
  config('idle', { cpu: { idle: 1 } }, { 'cpu.idle': '1', 'cpu.weight': '0' }),
  config('not idle, shares', { cpu: { idle: 0, shares: 512 } }, { 'cpu.idle': '0', 'cpu.weight': '59' }),
  config('realtime', { cpu: { realtimeRuntime: 0, realtimePeriod: 0 } }, {}),

  throttle('throttleReadBpsDevice', 'rbps=1048576 wbps=max riops=max wiops=max'),
  throttle('throttleWriteBpsDevice', 'rbps=max wbps=1048576 riops=max wiops=max'),
  throttle('throttleReadIOPSDevice', 'rbps=max wbps=max riops=1048576 wiops=max'),
  throttle('throttleWriteIOPSDevice', 'rbps=max wbps=max riops=max wiops=1048576'),
  config(
    'throttles of two disks',
    {
      blockIO: {
        throttleReadBpsDevice: [
          { ...DISK, rate: 1000000 },
          { ...OTHER, rate: 2000000 },
        ],
        throttleWriteIOPSDevice: [{ ...OTHER, rate: 30 }],
      },
    },
    { 'io.max': '98:16 rbps=2000000 wbps=max riops=max wiops=30\n98:0 rbps=1000000 wbps=max riops=max wiops=max' },
  ),
  config(
    'a throttle of no disk',
    { blockIO: { throttleReadBpsDevice: [{ major: 99, minor: 99, rate: 1 }] } },
    'refused',
  ),
  config('a throttle of nothing', { blockIO: { throttleReadBpsDevice: [] } }, { 'io.max': '' }),
  config('a weight without a scheduler that has weights', { blockIO: { weight: 500 } }, 'refused'),
  config('huge pages without the controller', { hugepageLimits: [{ pageSize: '2MB', limit: 0 }] }, 'refused'),
  config('cpuset without the controller', { cpu: { cpus: '0' } }, 'refused'),
  config('network', { network: { classID: 1, priorities: [{ name: 'lo', priority: 1 }] } }, {}),

  unified('memory.high', '33554432'),
  unified('memory.min', '4194304'),
  unified('memory.low', '8388608'),
  unified('memory.max', '67108864'),
  unified('memory.swap.max', '0'),
  unified('memory.swap.high', '1048576'),
  unified('memory.oom.group', '1'),
  unified('pids.max', '77'),
  unified('cpu.weight', '321'),
  unified('cpu.weight.nice', '5'),
  unified('cpu.max', '12345 67890'),
  unified('cpu.idle', '1'),
  unified('io.max', '98:0 rbps=1000 wbps=max riops=max wiops=max'),
  unified('cgroup.max.depth', '3'),
  unified('cgroup.max.descendants', '10'),
  config('unified after the fields', { pids: { limit: 5 }, unified: { 'pids.max': '6' } }, { 'pids.max': '6' }),
  config('unified of no file', { unified: { 'memory.nonsense': '1' } }, 'refused'),
  config('unified of no controller', { unified: { 'nonsense.max': '1' } }, 'refused'),
  config('unified with a path', { unified: { '../pids.max': '1' } }, 'refused'),
  config('unified with a value that the kernel refuses', { unified: { 'pids.max': 'many' } }, 'refused'),

  config(
    'everything',
    {
      pids: { limit: 100 },
      memory: { limit: 128 * MiB, reservation: 64 * MiB, swap: 256 * MiB },
      cpu: { quota: 25000, period: 50000 },
      blockIO: { throttleWriteBpsDevice: [{ ...DISK, rate: 1000 }] },
      unified: { 'memory.high': '100663296' },
    },
    {
      'pids.max': '100',
      'memory.max': '134217728',
      'memory.low': '67108864',
      'memory.high': '100663296',
      'memory.swap.max': '134217728',
      'cpu.max': '25000 50000',
      'io.max': '98:0 rbps=max wbps=1000 riops=max wiops=max',
    },
  ),
];

/** Why runc 1.1 makes something else of a configuration; docs/conformance.md tells of it. */
const DIFFERENCES: readonly (readonly [RegExp, string])[] = [
  [/^shares (1|3|10|102|512|1024|1025|2048|10000)$/, 'runc has the curve of shares that tsrunc has since 1.3.2'],
  [/^(burst|idle|not idle)/, 'runc 1.1 does not know these fields'],
  [/^pids 0$/, 'runc takes zero for unset until 1.4'],
];

export function differenceOf(name: string): string | undefined {
  return DIFFERENCES.find(([pattern]) => pattern.test(name))?.[1];
}

function config(name: string, resources: Resources, files: ResourceConfig['files']): ResourceConfig {
  return { name, resources, files };
}

function memory(limit: number | bigint, files: Readonly<Record<string, string>>): ResourceConfig[] {
  return [config(`memory ${limit}`, { memory: { limit } }, files)];
}

function swap(limit: number, total: number, max: string): ResourceConfig {
  return config(`limit ${limit} and swap ${total}`, { memory: { limit, swap: total } }, { 'memory.swap.max': max });
}

function cpu(name: string, fields: NonNullable<Resources['cpu']>, max: string): ResourceConfig {
  return config(name, { cpu: fields }, { 'cpu.max': max });
}

function throttle(field: `throttle${'Read' | 'Write'}${'Bps' | 'IOPS'}Device`, limits: string): ResourceConfig {
  return config(field, { blockIO: { [field]: [{ ...DISK, rate: 1048576 }] } }, { 'io.max': `98:0 ${limits}` });
}

function unified(file: string, value: string): ResourceConfig {
  return config(`unified ${file}`, { unified: { [file]: value } }, { [file]: value });
}
