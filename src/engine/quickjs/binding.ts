import type { Arch } from '../engine.ts';

/** What engine.c gives: what JavaScript cannot do by itself, and no more. */
export interface Binding {
  /** The command line without the program. */
  readonly argv: readonly string[];
  /** Has no prototype: a variable may be called as anything. */
  readonly env: Readonly<Record<string, string>>;
  readonly arch: Arch;
  /** Where a C function is that engine.c lists; 0 if it lists none of that name. */
  address(symbol: string): number;
  /**
   * Calls the function there with at most seven arguments. Text arrives as a C string in UTF-8, an array as the address
   * of its bytes; both only for the time of the call. The result is all 64 bits.
   */
  call(address: number, ...args: readonly (number | string | Uint8Array)[]): number;
  /**
   * The same as one of JavaScript's functions: the result is what C calls an int, and instead of -1 it throws errno, a
   * number.
   */
  function(symbol: string): (...args: readonly (number | string | Uint8Array)[]) => number;
  /** errno as {@link call} left it. */
  errno(): number;
  /** The memory at an address, which must stay there. */
  memory(address: number, size: number): ArrayBuffer;
  /** UTF-8, where an unpaired surrogate becomes what is none. */
  encode(text: string): ArrayBuffer;
  decode(bytes: Uint8Array): string;
}
