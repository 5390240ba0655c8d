import type { Engine, Native, NativeFunction, NativeMemory, NativeResult } from '../../engine/engine.ts';
import { nativeFunctions as functions } from '../../syscalls/native.ts';

/**
 * Functions of libraries: those that only reckon are called, as what libseccomp makes of a profile is known to nobody
 * else. What would reach the kernel succeeds without: a process that is spawned gets the number `child`, and a filter is
 * exported to nowhere.
 */
export class ImaginedNative implements Native {
  private memory: NativeMemory | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly child: number,
  ) {}

  call(fn: NativeFunction, args: readonly number[]): NativeResult {
    if (REAL.has(fn.symbol)) return this.engine.native().call(fn, args);
    if (fn.symbol === functions.posix_spawn.symbol && this.memory) {
      const { bytes, address } = this.memory;
      new DataView(bytes.buffer, bytes.byteOffset).setInt32((args[0] ?? address) - address, this.child, true);
    }
    return { value: 0, errno: 0 };
  }

  map(size: number): NativeMemory {
    this.memory = this.engine.native().map(size);
    return this.memory;
  }
}

const REAL: ReadonlySet<string> = new Set([
  functions.memcpy.symbol,
  ...Object.values(functions)
    .map(({ symbol }) => symbol)
    .filter((symbol) => symbol.startsWith('seccomp_') && symbol !== functions.seccomp_export_bpf.symbol),
]);
