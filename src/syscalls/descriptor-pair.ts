import type { Memory, Result } from './batch.ts';
import type { Calls } from './calls.ts';
import type { LocalKernel } from './local-port.ts';
import { readField, struct, u32 } from './struct.ts';

/** What such a call writes. */
export const descriptors = struct('int[2]', { first: u32, second: u32 });

/** The two descriptors that a call like pipe2 or socketpair writes. */
export function descriptorPair(
  kernel: LocalKernel,
  make: (calls: Calls<Result>, memory: Memory) => Result,
): [number, number] {
  const { bytes } = kernel.batch((batch, calls) => {
    const memory = batch.output(descriptors.size);
    make(calls, memory);
    return memory;
  });
  return [readField(descriptors, 'first', bytes), readField(descriptors, 'second', bytes)];
}

/** A stream socket for us and its other end for a stub: both close on exec. */
export function socketPair(kernel: LocalKernel): [ours: number, theirs: number] {
  return descriptorPair(kernel, (calls, memory) =>
    calls.socketpair('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0, memory),
  );
}

/** The end to read from, and the end to write to. */
export function pipePair(kernel: LocalKernel): [read: number, write: number] {
  return descriptorPair(kernel, (calls, memory) => calls.pipe2(memory, ['O_CLOEXEC']));
}
