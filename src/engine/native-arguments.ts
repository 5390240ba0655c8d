import type { NativeFunction } from './engine.ts';

/** Throws a RangeError for more arguments than there are, and for what is no integer: C would get another number. */
export function checkArguments(fn: NativeFunction, args: readonly number[]): void {
  if (args.length > fn.arity) throw new RangeError(`${fn.symbol} takes ${fn.arity} arguments`);
  for (const value of args) {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${fn.symbol}(${args.join(', ')}): not integers`);
  }
}
