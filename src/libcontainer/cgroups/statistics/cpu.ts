import type { Integer } from '../../../spec/config-linux.ts';
import type { CgroupDirectory } from '../directory.ts';
import { exact, unlessZero } from './numbers.ts';
import { type Pressure, pressure } from './pressure.ts';

export interface CpuStatistics {
  /** Nanoseconds. */
  readonly usage: { readonly total?: Integer | undefined; readonly kernel: Integer; readonly user: Integer };
  readonly throttling: {
    readonly periods?: Integer | undefined;
    readonly throttledPeriods?: Integer | undefined;
    readonly throttledTime?: Integer | undefined;
  };
  readonly psi?: Pressure | undefined;
}

/** The file is there without the controller too, with less in it. */
export function cpuStatistics(directory: CgroupDirectory): CpuStatistics {
  const stat = directory.counts('cpu.stat');
  const nanoseconds = (key: string): bigint => (stat.get(key) ?? 0n) * 1000n;
  return {
    usage: {
      total: unlessZero(nanoseconds('usage_usec')),
      kernel: exact(nanoseconds('system_usec')),
      user: exact(nanoseconds('user_usec')),
    },
    throttling: {
      periods: unlessZero(stat.get('nr_periods')),
      throttledPeriods: unlessZero(stat.get('nr_throttled')),
      throttledTime: unlessZero(nanoseconds('throttled_usec')),
    },
    psi: pressure(directory, 'cpu.pressure'),
  };
}
