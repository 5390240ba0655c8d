import type { Integer } from '../../../spec/config-linux.ts';

/** What stands for `max` in numbers: no limit. */
export const UNLIMITED = 2n ** 64n - 1n;

/** A bigint only where a number would not be exact. */
export function exact(value: bigint): Integer {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** For members that are left out when they are zero. */
export function unlessZero(value: bigint | undefined): Integer | undefined {
  return value === undefined || value === 0n ? undefined : exact(value);
}
