import type { CgroupWrite } from '../resources.ts';
import type { Value } from './dbus/values.ts';
import type { Unit } from './unit.ts';

/** A property of a unit, as StartTransientUnit and SetUnitProperties take it. */
export interface Property {
  readonly name: string;
  readonly signature: string;
  readonly value: Value;
}

/** What makes a unit a container's, whatever its limits. `pid` is the first process of a scope. */
export function unitProperties({ slice, isSlice }: Unit, id: string, pid: number): Property[] {
  return [
    text('Description', `tsrunc container ${id}`),
    ...(isSlice
      ? [{ name: 'Wants', signature: 'as', value: [slice] }]
      : [text('Slice', slice), yes('Delegate'), { name: 'PIDs', signature: 'au', value: [pid] }]),
    // Counting from the first process on; memory cannot be charged to a cgroup later.
    yes('MemoryAccounting'),
    yes('CPUAccounting'),
    yes('IOAccounting'),
    yes('TasksAccounting'),
    // Else the unit would be stopped early in a shutdown, before the engine that manages it.
    { name: 'DefaultDependencies', signature: 'b', value: false },
  ];
}

/**
 * The limits that systemd knows too: told to it, since it may write what it knows at any time. What it does not
 * know, and every value that it would round, stands in the cgroup's files only.
 */
export function limitProperties(writes: readonly Told[], version: number): Property[] {
  return writes.flatMap(({ file, value, otherwise }) => {
    const row = table.find((candidate) => candidate.file === (otherwise?.file ?? file));
    const properties = row?.properties((otherwise?.value ?? value).trim()) ?? [];
    return properties.filter(({ since = 0 }) => since <= version).map(({ since: _, ...property }) => property);
  });
}

/** The files that systemd writes. */
export const filesOfSystemd = (): { file: string }[] => table.map(({ file }) => ({ file }));

type Told = Pick<CgroupWrite, 'file' | 'value' | 'otherwise'>;

interface Row {
  readonly file: string;
  /** Empty for a value that systemd has no words for. */
  properties(value: string): (Property & { readonly since?: number })[];
}

const table: readonly Row[] = [
  limit('memory.max', 'MemoryMax'),
  limit('memory.high', 'MemoryHigh'),
  limit('memory.low', 'MemoryLow'),
  limit('memory.min', 'MemoryMin'),
  limit('memory.swap.max', 'MemorySwapMax'),
  limit('pids.max', 'TasksMax'),
  limit('cpu.weight', 'CPUWeight'),
  limit('io.weight', 'IOWeight'),
  // A weight of zero is how systemd says idle.
  {
    file: 'cpu.idle',
    properties: (value) => (value === '1' ? [{ ...uint64('CPUWeight', 0n), since: 252 }] : []),
  },
  { file: 'cpu.max', properties: cpuQuota },
  { file: 'cpuset.cpus', properties: (value) => bitmap('AllowedCPUs', value) },
  { file: 'cpuset.mems', properties: (value) => bitmap('AllowedMemoryNodes', value) },
  {
    file: 'memory.oom.group',
    properties: (value) => [{ ...text('OOMPolicy', value === '1' ? 'kill' : 'continue'), since: 253 }],
  },
];

const INFINITY = 2n ** 64n - 1n;

function limit(file: string, name: string): Row {
  return {
    file,
    properties(value) {
      if (value === 'max') return [uint64(name, INFINITY)];
      return isNumber(value) ? [uint64(name, BigInt(value))] : [];
    },
  };
}

/** Whole percents of a CPU, rounded up: a unit file has no finer ones, and reloading goes through a file. */
function cpuQuota(value: string): (Property & { since?: number })[] {
  const [quota = '', period = String(DEFAULT_PERIOD)] = value.split(/\s+/);
  if (!isNumber(period) || BigInt(period) === 0n || !(quota === 'max' || isNumber(quota))) return [];
  const perSecond = quota === 'max' ? INFINITY : (BigInt(quota) * SECOND) / BigInt(period);
  const rounded = quota === 'max' ? INFINITY : ((perSecond + PERCENT - 1n) / PERCENT) * PERCENT;
  return [{ ...uint64('CPUQuotaPeriodUSec', BigInt(period)), since: 242 }, uint64('CPUQuotaPerSecUSec', rounded)];
}

const DEFAULT_PERIOD = 100_000;
const SECOND = 1_000_000n;
const PERCENT = SECOND / 100n;

/** The numbers of a list like `0-3,7` as bits, lowest first. A list that systemd has no words for is not told to it. */
function bitmap(name: string, list: string): (Property & { since?: number })[] {
  const bytes: number[] = [];
  for (const range of list.split(',').filter((part) => part !== '')) {
    const [, first = '', last = first] = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(range) ?? [];
    if (first === '') return [];
    for (let bit = Number(first); bit <= Number(last); bit++) {
      while (bytes.length <= bit >> 3) bytes.push(0);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  }
  return [{ name, signature: 'ay', value: bytes, since: 244 }];
}

function isNumber(value: string): boolean {
  return /^[0-9]{1,19}$/.test(value);
}

function uint64(name: string, value: bigint): Property {
  return { name, signature: 't', value };
}

function text(name: string, value: string): Property {
  return { name, signature: 's', value };
}

function yes(name: string): Property {
  return { name, signature: 'b', value: true };
}
