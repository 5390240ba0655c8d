import type { Integer } from '../../../spec/config-linux.ts';
import type { CgroupDirectory } from '../directory.ts';
import { UNLIMITED, unlessZero } from './numbers.ts';

export interface PidsStatistics {
  readonly current?: Integer | undefined;
  /** Absent: none. */
  readonly limit?: Integer | undefined;
}

/** Without the controller the processes in the directory itself are counted. */
export function pidsStatistics(directory: CgroupDirectory): PidsStatistics {
  const current = directory.value('pids.current') ?? BigInt(directory.processes().length);
  const limit = directory.value('pids.max');
  return { current: unlessZero(current), limit: unlessZero(limit === UNLIMITED ? 0n : limit) };
}
