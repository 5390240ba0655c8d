import type { CgroupDirectory } from '../directory.ts';
import { type BlkioStatistics, blkioStatistics } from './blkio.ts';
import { type CpuStatistics, cpuStatistics } from './cpu.ts';
import { type HugetlbStatistics, hugetlbStatistics } from './hugetlb.ts';
import { type MemoryStatistics, memoryStatistics } from './memory.ts';
import { type PidsStatistics, pidsStatistics } from './pids.ts';

/**
 * What a cgroup has used, in the keys of `runc events`, which are those of cgroup v1. As with runc a member marked
 * optional is left out when it is zero, and what cgroup v2 does not count is zero.
 */
export interface CgroupStatistics {
  readonly cpu: CpuStatistics;
  readonly cpuset: typeof cpuset;
  readonly memory: MemoryStatistics;
  readonly pids: PidsStatistics;
  readonly blkio: BlkioStatistics;
  readonly hugetlb: HugetlbStatistics;
}

/** Reads each file once. Files of a controller that the cgroup does not have leave their part empty. */
export function readStatistics(directory: CgroupDirectory): CgroupStatistics {
  return {
    cpu: cpuStatistics(directory),
    cpuset,
    memory: memoryStatistics(directory),
    pids: pidsStatistics(directory),
    blkio: blkioStatistics(directory),
    hugetlb: hugetlbStatistics(directory),
  };
}

/** Files of cgroup v1. */
const cpuset = {
  cpu_exclusive: 0,
  mem_hardwall: 0,
  mem_exclusive: 0,
  memory_migrate: 0,
  memory_spread_page: 0,
  memory_spread_slab: 0,
  memory_pressure: 0,
  sched_load_balance: 0,
  sched_relax_domain_level: 0,
} as const;
