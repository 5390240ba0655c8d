import type { Binding } from './binding.ts';

/** One of C's functions by name: what it returns, as a C int. */
export type Libc = (symbol: string, ...args: readonly (number | string | Uint8Array)[]) => number;

/** The kernel's answer to a call that failed. */
export class Refused extends Error {
  constructor(readonly errno: number) {
    super(`errno ${errno}`);
  }
}

/** Looks each function up once. A call that returns -1 throws {@link Refused}. */
export function libcOf(binding: Binding): Libc {
  const find = addresses(binding);
  return (symbol, ...args) => {
    const value = binding.call(find(symbol), ...args) | 0;
    if (value === -1) throw new Refused(binding.errno());
    return value;
  };
}

/** Throws for a function that engine.c does not list. */
export function addresses(binding: Binding): (symbol: string) => number {
  const known = new Map<string, number>();
  return (symbol) => {
    const address = known.get(symbol) ?? binding.address(symbol);
    if (address === 0) throw new Error(`the engine has no ${symbol}`);
    known.set(symbol, address);
    return address;
  };
}
