import type { Capabilities } from '../spec/config.ts';
import { capabilities } from '../syscalls/constants.ts';

/** A set of capabilities as the kernel's bits: number N is bit N. */
export type CapabilityBits = bigint;

/** The bits of named capabilities. Names that this table does not have are ignored, as the specification asks. */
export function capabilityBits(names: readonly string[] = []): CapabilityBits {
  return names.reduce((bits, name) => {
    const number = capabilityNumber(name);
    return number === undefined ? bits : bits | (1n << BigInt(number));
  }, 0n);
}

export function capabilityNumber(name: string): number | undefined {
  return Object.hasOwn(capabilities, name) ? capabilities[name as keyof typeof capabilities] : undefined;
}

export const capabilityNames: readonly string[] = Object.keys(capabilities);

/** The fields of capset's data for these sets: two 32-bit halves of each. */
export function capsetFields({ effective, permitted, inheritable }: Capabilities): Record<string, number> {
  const low = (bits: CapabilityBits) => Number(bits & 0xffffffffn);
  const high = (bits: CapabilityBits) => Number(bits >> 32n);
  const sets = { effective, permitted, inheritable };
  return Object.fromEntries(
    Object.entries(sets).flatMap(([name, names]) => {
      const bits = capabilityBits(names);
      return [
        [`${name}_low`, low(bits)],
        [`${name}_high`, high(bits)],
      ];
    }),
  );
}
