import type { Integer } from '../../../spec/config-linux.ts';
import type { CgroupDirectory } from '../directory.ts';
import { exact, UNLIMITED, unlessZero } from './numbers.ts';
import { type Pressure, pressure } from './pressure.ts';

export interface MemoryStatistics {
  readonly cache?: Integer | undefined;
  readonly usage: MemoryUse;
  /** Memory and swap together, as cgroup v1 counts it. */
  readonly swap: MemoryUse;
  readonly kernel: MemoryUse;
  readonly kernelTCP: MemoryUse;
  /** memory.stat. */
  readonly raw?: Readonly<Record<string, Integer>>;
  readonly psi?: Pressure | undefined;
}

/** A limit of 2^64 - 1 is none. */
interface MemoryUse {
  readonly limit: Integer;
  readonly usage?: Integer | undefined;
  readonly max?: Integer | undefined;
  readonly failcnt: Integer;
}

export function memoryStatistics(directory: CgroupDirectory): MemoryStatistics {
  const stat = directory.counts('memory.stat');
  const memory = readUse(directory, 'memory');
  const raw = Object.fromEntries([...stat].map(([key, value]) => [key, exact(value)]));
  return {
    cache: unlessZero(stat.get('file')),
    usage: inWords(memory),
    swap: inWords(together(memory, readUse(directory, 'memory.swap'))),
    kernel: NOTHING,
    kernelTCP: NOTHING,
    ...(stat.size > 0 && { raw }),
    psi: pressure(directory, 'memory.pressure'),
  };
}

interface Use {
  readonly usage: bigint;
  readonly limit: bigint;
  readonly peak: bigint;
}

function readUse(directory: CgroupDirectory, prefix: 'memory' | 'memory.swap'): Use {
  const usage = directory.value(`${prefix}.current`);
  if (usage === undefined) return { usage: 0n, limit: 0n, peak: 0n };
  // The peaks are there since Linux 5.19 and 6.5.
  return { usage, limit: directory.value(`${prefix}.max`) ?? 0n, peak: directory.value(`${prefix}.peak`) ?? 0n };
}

function together(memory: Use, swap: Use): Use {
  const unlimited = memory.limit === UNLIMITED || swap.limit === UNLIMITED;
  return {
    usage: memory.usage + swap.usage,
    limit: unlimited ? UNLIMITED : memory.limit + swap.limit,
    // The peaks of the two need not have been at the same time.
    peak: 0n,
  };
}

function inWords({ usage, limit, peak }: Use): MemoryUse {
  return { limit: exact(limit), usage: unlessZero(usage), max: unlessZero(peak), failcnt: 0 };
}

const NOTHING: MemoryUse = { limit: 0, failcnt: 0 };
