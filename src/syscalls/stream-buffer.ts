import type { Native, NativeFunction, NativeMemory } from '../engine/engine.ts';
import { nativeFunctions as libc } from './native.ts';

/**
 * Bytes on their way from one descriptor to another. In memory of its own: a batch would copy every piece four times,
 * and a stream may be of any length.
 */
export class StreamBuffer {
  private readonly memory: NativeMemory;
  private start = 0;
  private end = 0;

  constructor(private readonly native: Native) {
    this.memory = native.map(SIZE);
  }

  get length(): number {
    return this.end - this.start;
  }

  get room(): number {
    return SIZE - this.end;
  }

  /** The last byte that was taken in and has not left. */
  get last(): number | undefined {
    return this.length > 0 ? this.memory.bytes[this.end - 1] : undefined;
  }

  /** One read(2), which must find room: how many bytes came, 0 at the end of file, or a negative errno. */
  fill(fd: number): number {
    const count = this.call(libc.read, fd, this.end, this.room);
    if (count > 0) this.end += count;
    return count;
  }

  /** One write(2) of at most `most` bytes: how many went, or a negative errno. */
  drain(fd: number, most: number): number {
    const count = this.call(libc.write, fd, this.start, Math.min(this.length, most));
    if (count > 0) this.start += count;
    if (this.start === this.end) this.clear();
    return count;
  }

  /** As if it had been read; what there is no room for is left out. */
  push(bytes: readonly number[]): void {
    const fitting = bytes.slice(0, this.room);
    this.memory.bytes.set(fitting, this.end);
    this.end += fitting.length;
  }

  clear(): void {
    this.start = 0;
    this.end = 0;
  }

  private call(fn: NativeFunction, fd: number, offset: number, length: number): number {
    const { value, errno } = this.native.call(fn, [fd, this.memory.address + offset, length]);
    return value === -1 ? -errno : value;
  }
}

/** As much as a pipe holds. */
const SIZE = 1 << 16;
