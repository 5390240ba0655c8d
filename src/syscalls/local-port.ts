import type { Arch, Native, NativeMemory } from '../engine/engine.ts';
import { Batch, type Result } from './batch.ts';
import { type Calls, callsOver } from './calls.ts';
import { decode, ENTRY, ENTRY_FLAG, encode, HEADER, OPERAND, readWord, writeWord } from './layout.ts';
import { nativeFunctions } from './native.ts';
import { isFailure, type SyscallPort, throwFailure } from './port.ts';

/** System calls in this process, through libc's syscall(2). Interprets the same memory that a stub is sent. */
export class LocalPort implements SyscallPort {
  private memory: NativeMemory | undefined;

  constructor(
    private readonly native: () => Native,
    private readonly arch: Arch,
  ) {}

  run(batch: Batch): void {
    batch.begin();
    const memory = this.room();
    const { bytes, replyLength } = encode(batch, memory.address, this.arch);
    if (bytes.length > memory.bytes.length) throw new RangeError(`a batch of ${bytes.length} bytes is too large`);
    memory.bytes.set(bytes);
    this.execute(new DataView(memory.bytes.buffer, memory.bytes.byteOffset, bytes.length), memory.address);
    throwFailure(batch, decode(batch, memory.bytes.subarray(0, replyLength)));
  }

  private execute(view: DataView, base: number): void {
    const count = view.getUint32(HEADER.count, true);
    const entries = view.getUint32(HEADER.entries, true);
    for (let i = 0; i < count; i++) {
      const at = entries + ENTRY.size * i;
      const flags = view.getUint32(at + ENTRY.flags, true);
      const value = this.one(view, base, at, flags);
      writeWord(view, HEADER.size + 8 * i, value);
      if (isFailure(value) && !(flags & ENTRY_FLAG.ignore)) {
        view.setUint32(HEADER.remaining, count - i - 1, true);
        return;
      }
    }
    view.setUint32(HEADER.remaining, 0, true);
  }

  private one(view: DataView, base: number, at: number, flags: number): number {
    const args = [0, 1, 2, 3, 4, 5].map((i) => {
      const value = readWord(view, at + ENTRY.arguments + 8 * i);
      const kind = (flags >> (2 * i)) & 3;
      if (kind === OPERAND.constant) return value;
      return kind === OPERAND.word32 ? view.getInt32(value - base, true) : readWord(view, value - base);
    });
    if (flags & ENTRY_FLAG.store) {
      const [address = 0, value = 0, result = 0] = args;
      view.setInt32(address - base, value, true);
      return result;
    }
    const { value, errno } = this.native().call(nativeFunctions.syscall, [view.getUint32(at, true), ...args]);
    return value === -1 ? -errno : value;
  }

  private room(): NativeMemory {
    this.memory ??= this.native().map(LOCAL_MEMORY);
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
    let batch = new Batch();
    return callsOver(
      {
        get batch() {
          return batch;
        },
        added(result: Result): number {
          const full = batch;
          batch = new Batch();
          port.run(full);
          return result.value;
        },
      },
      expected ? { expected } : {},
    );
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
