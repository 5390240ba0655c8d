import type { Resources } from '../../spec/config-linux.ts';
import { POINTER } from './conversions.ts';

/** A field that cgroup v2 cannot honour, and what becomes of it. */
export interface Remark {
  /** `debug` where every engine writes the field out of habit, or nobody can miss it. */
  readonly level: 'warn' | 'debug';
  readonly pointer: string;
  /** The whole sentence. */
  readonly message: string;
  readonly why: string;
}

/** The fields in `resources` that were given to no purpose. */
export function cgroupRemarks(resources: Resources): Remark[] {
  return table
    .filter(({ given }) => given(resources))
    .map(({ field, level, why }) => ({
      level,
      pointer: `${POINTER}/${field}`,
      message: `${field} is ignored: ${why}`,
      why,
    }));
}

interface Row {
  readonly field: string;
  readonly level: Remark['level'];
  readonly why: string;
  given(resources: Resources): boolean;
}

const V1 = 'cgroup v2 has no equivalent';

const table: readonly Row[] = [
  row('memory/kernel', 'warn', 'kernel memory is part of memory.max', ({ memory }) => memory?.kernel),
  row('memory/kernelTCP', 'warn', 'kernel memory is part of memory.max', ({ memory }) => memory?.kernelTCP),
  row('memory/swappiness', 'debug', V1, ({ memory }) => memory?.swappiness),
  row('memory/disableOOMKiller', 'debug', V1, ({ memory }) => memory?.disableOOMKiller),
  row('memory/useHierarchy', 'debug', 'cgroup v2 is always hierarchical', ({ memory }) => memory?.useHierarchy),
  row('cpu/realtimeRuntime', 'warn', V1, ({ cpu }) => cpu?.realtimeRuntime),
  row('cpu/realtimePeriod', 'warn', V1, ({ cpu }) => cpu?.realtimePeriod),
  row('blockIO/leafWeight', 'warn', V1, ({ blockIO }) => blockIO?.leafWeight),
  row('blockIO/weightDevice', 'warn', 'cgroup v2 has no leafWeight', ({ blockIO }) =>
    blockIO?.weightDevice?.some(({ leafWeight }) => leafWeight),
  ),
  row('network/classID', 'warn', V1, ({ network }) => network?.classID),
  row('network/priorities', 'warn', V1, ({ network }) => network?.priorities?.length),
];

/** Zero and false ask for nothing. */
function row(
  field: string,
  level: Remark['level'],
  why: string,
  value: (resources: Resources) => number | bigint | boolean | undefined,
): Row {
  return { field, level, why, given: (resources) => Boolean(value(resources)) };
}
