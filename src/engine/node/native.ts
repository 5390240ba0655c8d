import type { Native, NativeFunction, NativeMemory, NativeResult } from '../engine.ts';
import { checkArguments } from '../native-arguments.ts';
import type { Addon } from './addon.ts';

/**
 * libc by ffi-rs. The raw addon is used, without the package's index.js: that spends 8 ms to detect musl.
 * A wrong description aborts the whole process (a Rust panic), so every function here takes and gives
 * 64-bit integers only, and this is the one place that calls `load`.
 */
export function bindNative(addon: Addon): Native {
  const open = new Set<string>();
  const ready = (library: string): void => {
    if (open.has(library)) return;
    addon.open({ library, path: library });
    open.add(library);
  };
  const int64s = (count: number): number[] => Array.from({ length: count }, () => I64);

  const call = (fn: NativeFunction, args: readonly number[]): NativeResult => {
    checkArguments(fn, args);
    ready(fn.library);
    const values = [...args, ...Array<number>(fn.arity - args.length).fill(0)];
    const { value, errnoCode } = addon.load({
      library: fn.library,
      funcName: fn.symbol,
      retType: I64,
      paramsType: int64s(fn.arity),
      paramsValue: values,
      errno: true,
      freeResultMemory: false,
    });
    return { value: Number(value), errno: errnoCode };
  };

  const map = (size: number): NativeMemory => {
    const args = [0, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0];
    const { value: address } = call({ library: LIBC, symbol: 'mmap', arity: 6 }, args);
    if (address === -1) throw new RangeError(`no memory for ${size} bytes`);
    // memmove of nothing returns its first argument: the address as the External that a Buffer is made of.
    const { value: external } = addon.load({
      library: LIBC,
      funcName: 'memmove',
      retType: EXTERNAL,
      paramsType: int64s(3),
      paramsValue: [address, address, 0],
      errno: true,
      freeResultMemory: false,
    });
    return { address, bytes: addon.createExternalBuffer(external, size) };
  };

  return { call, map };
}

const LIBC = 'libc.so.6';
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
/** ffi-rs's DataType.I64 and DataType.External. */
const I64 = 8;
const EXTERNAL = 11;
