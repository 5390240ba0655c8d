import type { Binding } from './binding.ts';

/** Throws for a function that engine.c does not list. */
export function addresses(binding: Binding): (symbol: string) => number {
  const known = new Map<string, number>();
  return (symbol) => {
    const found = known.get(symbol);
    if (found !== undefined) return found;
    const address = binding.address(symbol);
    if (address === 0) throw new Error(`the engine has no ${symbol}`);
    known.set(symbol, address);
    return address;
  };
}

/** One of C's functions, see {@link Binding.function}. */
export type Libc = ReturnType<Binding['function']>;

/** Throws for a function that engine.c does not list. */
export function libcOf(binding: Binding): (symbol: string) => Libc {
  const find = addresses(binding);
  return (symbol) => {
    find(symbol);
    return binding.function(symbol);
  };
}
