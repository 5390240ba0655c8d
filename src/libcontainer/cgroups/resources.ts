import type { Integer, Resources } from '../../spec/config-linux.ts';
import { invalid, POINTER, swapMax, unlessUnset, weightOfBlockIO, weightOfShares } from './conversions.ts';
import { hugepages, type LinesRow, rdma, throttle, unified, weightDevices } from './lines.ts';

/** One line to be written to one file of the container's cgroup. */
export interface CgroupWrite {
  readonly file: string;
  readonly value: string;
  /** What asks for it in config.json. */
  readonly pointer: string;
  /** Without it the file is not there. Undefined for the files of every cgroup, `cgroup.*`. */
  readonly controller: string | undefined;
  /** Nothing is lost where the file is not there: the value only says what is so anyway. */
  readonly optional?: boolean;
  /** What to write where the file is not there. */
  readonly otherwise?: Pick<CgroupWrite, 'file' | 'value'>;
  /** EINVAL may be due to an older value of a file that comes later: try again at the end. */
  readonly retry?: boolean;
  /** From `unified`: file and value are the configuration's own. */
  readonly verbatim?: boolean;
}

/** The lines that `resources` comes to, in the order in which they are to be written. Devices are not among them. */
export function cgroupWrites(resources: Resources): CgroupWrite[] {
  return table.flatMap((row) => {
    if (!row.lines) return valueLine(row, resources);
    return row.lines(resources).map(({ at, ...line }) => ({
      ...line,
      pointer: `${POINTER}/${row.field}${at}`,
      controller: controllerOf(line.file),
    }));
  });
}

type Row = ValueRow | LinesRow;

/** A field that makes one line. */
interface ValueRow {
  /** Below linux.resources. */
  readonly field: string;
  readonly file: string;
  /** Undefined: nothing is asked for. `max` is always optional. */
  value(resources: Resources): string | undefined;
  optional?(value: string): boolean;
  retry?(resources: Resources): boolean;
  otherwise?(resources: Resources): Pick<CgroupWrite, 'file' | 'value'>;
  readonly lines?: undefined;
}

const table: readonly Row[] = [
  { field: 'pids/limit', file: 'pids.max', value: ({ pids }) => pidsMax(pids?.limit) },

  // Swap first, so that a lower memory.max does not push pages into swap that is about to be forbidden.
  {
    field: 'memory/swap',
    file: 'memory.swap.max',
    value: ({ memory }) => swapMax(memory?.limit, memory?.swap),
    optional: (value) => value === '0',
  },
  { field: 'memory/limit', file: 'memory.max', value: ({ memory }) => bytes('memory/limit', memory?.limit) },
  {
    field: 'memory/reservation',
    file: 'memory.low',
    value: ({ memory }) => bytes('memory/reservation', memory?.reservation),
  },

  {
    field: 'blockIO/weight',
    file: 'io.bfq.weight',
    value: ({ blockIO }) => unlessUnset(blockIO?.weight),
    otherwise: ({ blockIO }) => ({ file: 'io.weight', value: weightOfBlockIO(blockIO?.weight ?? 0) }),
  },
  { field: 'blockIO/weightDevice', lines: weightDevices },
  throttle('throttleReadBpsDevice', 'rbps'),
  throttle('throttleWriteBpsDevice', 'wbps'),
  throttle('throttleReadIOPSDevice', 'riops'),
  throttle('throttleWriteIOPSDevice', 'wiops'),

  // The kernel refuses a weight for an idle cgroup: leave idle before it is written, enter afterwards.
  { field: 'cpu/idle', file: 'cpu.idle', value: ({ cpu }) => (isIdle(cpu?.idle) ? undefined : text(cpu?.idle)) },
  { field: 'cpu/shares', file: 'cpu.weight', value: ({ cpu }) => weightOfShares(cpu?.shares) },
  { field: 'cpu/idle', file: 'cpu.idle', value: ({ cpu }) => (isIdle(cpu?.idle) ? text(cpu?.idle) : undefined) },
  // The burst may not exceed the quota at any moment. Lowering both works in this order, raising both in the other.
  {
    field: 'cpu/burst',
    file: 'cpu.max.burst',
    value: ({ cpu }) => text(cpu?.burst),
    retry: (resources) => cpuMax(resources) !== undefined,
  },
  { field: 'cpu/quota', file: 'cpu.max', value: cpuMax, optional: (value) => value === `max ${DEFAULT_PERIOD}` },

  { field: 'cpu/cpus', file: 'cpuset.cpus', value: ({ cpu }) => cpu?.cpus || undefined },
  { field: 'cpu/mems', file: 'cpuset.mems', value: ({ cpu }) => cpu?.mems || undefined },

  { field: 'hugepageLimits', lines: hugepages },
  { field: 'rdma', lines: rdma },
  { field: 'unified', lines: unified },
];

const DEFAULT_PERIOD = 100000;

function valueLine(row: ValueRow, resources: Resources): CgroupWrite[] {
  const value = row.value(resources);
  if (value === undefined) return [];
  return [
    {
      file: row.file,
      value,
      pointer: `${POINTER}/${row.field}`,
      controller: controllerOf(row.file),
      ...((value === 'max' || row.optional?.(value)) && { optional: true }),
      ...(row.retry?.(resources) && { retry: true }),
      ...(row.otherwise && { otherwise: row.otherwise(resources) }),
    },
  ];
}

/** `cgroup.*` files are there in every cgroup. */
function controllerOf(file: string): string | undefined {
  const [controller] = file.split('.');
  return controller === 'cgroup' ? undefined : controller;
}

function text(value: Integer | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** Zero is a limit too, and the kernel's `0` is one that systemd does not know: 1 has the same effect. */
function pidsMax(limit: Integer | undefined): string | undefined {
  if (limit === undefined) return undefined;
  if (limit < 0) return 'max';
  return limit > 0 ? String(limit) : '1';
}

function bytes(field: string, value: Integer | undefined): string | undefined {
  if (value !== undefined && value < -1) throw invalid(`invalid memory value: ${value}`, `${POINTER}/${field}`);
  return unlessUnset(value);
}

function isIdle(idle: Integer | undefined): boolean {
  return idle !== undefined && idle > 0;
}

function cpuMax({ cpu }: Resources): string | undefined {
  const quota = unlessUnset(cpu?.quota);
  const period = unlessUnset(cpu?.period);
  if (quota === undefined && period === undefined) return undefined;
  const limited = cpu?.quota !== undefined && cpu.quota > 0;
  return `${limited ? quota : 'max'} ${period ?? DEFAULT_PERIOD}`;
}
