import type { Integer } from '../../spec/config-linux.ts';
import { ContainerError } from '../errors.ts';

/** Where all of this is in config.json. */
export const POINTER = '/linux/resources';

/** -1 is `max`. Zero stands for absent: the specification's numbers come from structs that cannot tell. */
export function unlessUnset(value: Integer | undefined): string | undefined {
  if (value === undefined || BigInt(value) === 0n) return undefined;
  return BigInt(value) === -1n ? 'max' : String(value);
}

/**
 * memory.swap.max, which counts swap alone, from `memory.swap`, which counts memory and swap. Unlimited memory
 * with no word on swap means unlimited swap, as it did with cgroup v1.
 */
export function swapMax(limit: Integer = 0, swap: Integer = 0): string | undefined {
  const [memory, total] = [BigInt(limit), BigInt(swap)];
  const pointer = `${POINTER}/memory/swap`;
  if (total === 0n) return memory === -1n ? 'max' : undefined;
  if (total === -1n) return 'max';
  if (total < 0n) throw invalid(`invalid memory+swap value: ${total}`, pointer);
  if (memory === -1n) return String(total);
  if (memory === 0n) throw invalid('unable to set swap limit without memory limit', pointer);
  if (total < memory) throw invalid('memory+swap limit should be >= memory limit', pointer);
  return String(total - memory);
}

/**
 * cpu.weight (1 to 10000, default 100) from cpu.shares (2 to 262144, default 1024): a quadratic function of the
 * logarithms through the three points.
 */
export function weightOfShares(shares: Integer = 0): string | undefined {
  const value = Number(shares);
  if (value === 0) return undefined;
  if (value <= 2) return '1';
  if (value >= 262144) return '10000';
  const log = Math.log2(value);
  return String(Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34)));
}

/** io.weight (1 to 10000) from blockIO.weight (10 to 1000). */
export function weightOfBlockIO(weight: number): string {
  if (weight < 10 || weight > 1000) {
    throw invalid(`blockIO weight ${weight} is not within 10 and 1000`, `${POINTER}/blockIO/weight`);
  }
  return String(1 + Math.floor(((weight - 10) * 9999) / 990));
}

export function invalid(message: string, pointer: string): ContainerError {
  return new ContainerError('invalid-config', message, { pointer });
}
