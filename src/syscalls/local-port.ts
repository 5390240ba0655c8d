import type { Arch, Native, NativeMemory } from '../engine/engine.ts';
import { Address, Batch, type Entry, type Operand, Result, Word } from './batch.ts';
import { type Calls, callsOver } from './calls.ts';
import { arrange, putMemories, takeOutputs, valueOrPlace, wordAt } from './layout.ts';
import { nativeFunctions } from './native.ts';
import { syscallNumber } from './numbers.ts';
import { isFailure, type SyscallPort, throwFailure } from './port.ts';

/**
 * System calls in this process, through libc's syscall(2). Memory lies as in what a stub is sent; the entries need not
 * be written down.
 */
export class LocalPort implements SyscallPort {
  private memory: NativeMemory | undefined = undefined;
  private words: Int32Array = new Int32Array(0);

  constructor(
    private readonly native: () => Native,
    private readonly arch: Arch,
  ) {}

  run(batch: Batch): void {
    batch.begin();
    const memory = this.room();
    const { total } = arrange(batch);
    if (total > memory.bytes.length) throw new RangeError(`a batch of ${total} bytes is too large`);
    putMemories(batch, memory.bytes, memory.address, this.arch);
    const executed = this.execute(batch, memory.address);
    takeOutputs(batch.outputs, memory.bytes);
    throwFailure(batch, executed);
  }

  /** How many entries were executed. */
  private execute(batch: Batch, base: number): number {
    let executed = 0;
    for (const entry of batch.entries) {
      const value = entry.answer ?? this.one(entry, batch, base);
      entry.settle(value);
      executed++;
      if (isFailure(value) && !entry.expected) break;
    }
    return executed;
  }

  private one({ name, registers }: Entry, batch: Batch, base: number): number {
    if (name === 'store') return this.store(registers, batch, base);
    const args = [syscallNumber(name, this.arch)];
    for (let i = 0; i < registers.length; i++) args[i + 1] = this.valueOf(registers[i] ?? 0, batch, base);
    const { value, errno } = this.native().call(nativeFunctions.syscall, args);
    return value === -1 ? -errno : value;
  }

  private store([target, value = 0]: readonly Operand[], batch: Batch, base: number): number {
    if (!(target instanceof Address)) throw new TypeError('a store goes to an address');
    this.words[(target.memory.place + target.offset) / 4] = this.valueOf(value, batch, base);
    return 0;
  }

  private valueOf(operand: Operand, batch: Batch, base: number): number {
    if (typeof operand === 'number') return operand;
    if (operand instanceof Result) return operand.value;
    const value = valueOrPlace(operand, batch, base, this.arch);
    if (!(operand instanceof Word)) return value;
    const at = (value - base) / 4;
    return operand.width === 32 ? (this.words[at] ?? 0) : wordAt(this.words, at);
  }

  private room(): NativeMemory {
    if (this.memory === undefined) {
      this.memory = this.native().map(LOCAL_MEMORY);
      this.words = new Int32Array(this.memory.bytes.buffer, this.memory.bytes.byteOffset, LOCAL_MEMORY / 4);
    }
    return this.memory;
  }
}

/** Touched only as far as a batch needs it. */
const LOCAL_MEMORY = 1 << 20;

/** System calls of this process as functions: each runs at once and gives its number. */
export interface LocalKernel {
  readonly calls: Calls<number>;
  /** The same, where these failures are answers: they come back as a negative errno. */
  may(...codes: readonly string[]): Calls<number>;
  /** Calls that share memory: `build` adds them to one batch, which then runs. Failures named in `expected` are answers. */
  batch<T>(build: (batch: Batch, calls: Calls<Result>) => T, expected?: readonly string[]): T;
}

export function localKernel(port: SyscallPort): LocalKernel {
  const immediate = (expected?: readonly string[]): Calls<number> => {
    const sink = {
      batch: new Batch(),
      added(result: Result): number {
        const full = sink.batch;
        sink.batch = new Batch();
        port.run(full);
        return result.value;
      },
    };
    return callsOver(sink, expected ? { expected } : {});
  };
  const calls = immediate();
  return {
    calls,
    may: (...codes) => immediate(codes),
    batch(build, expected) {
      const batch = new Batch();
      const built = build(batch, callsOver({ batch, added: (result: Result) => result }, expected ? { expected } : {}));
      port.run(batch);
      return built;
    },
  };
}
