import { bitsOf, pollEvents } from '../syscalls/constants.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { readField, type StructValue, writeField } from '../syscalls/struct.ts';
import { pollfd, timespec } from '../syscalls/structs.ts';

export interface Waited {
  readonly fd: number;
  /** POLLPRI: a file of the kernel says something else than when it was read. */
  readonly events: 'POLLIN' | 'POLLOUT' | 'POLLPRI';
}

/** What there is to do once it is ready. */
export interface Interest extends Waited {
  serve(): void;
}

/**
 * Which of the descriptors have something to say, hang-ups and errors included, by their place in the list. None
 * after `nanoseconds`, and none when a signal came first: the caller looks at its clock and calls again.
 */
export function poll(kernel: LocalKernel, waited: readonly Waited[], nanoseconds: bigint | undefined): boolean[] {
  const { result, table } = kernel.batch(
    (batch, calls) => {
      const memory = batch.output(pollfds(waited));
      const limit = nanoseconds === undefined ? 0 : batch.struct(timespec, time(nanoseconds));
      return { result: calls.ppoll(memory, waited.length, limit, 0, 0), table: memory };
    },
    ['EINTR'],
  );
  return waited.map((_, i) => result.value > 0 && readField(pollfd, 'revents', entry(table.bytes, i)) !== 0);
}

function pollfds(waited: readonly Waited[]): Uint8Array {
  const bytes = new Uint8Array(pollfd.size * waited.length);
  waited.forEach(({ fd, events }, i) => {
    const one = entry(bytes, i);
    const view = new DataView(one.buffer, one.byteOffset, one.byteLength);
    writeField(view, pollfd.offsets.fd, pollfd.fields.fd, fd);
    writeField(view, pollfd.offsets.events, pollfd.fields.events, bitsOf(pollEvents, [events]));
  });
  return bytes;
}

function entry(table: Uint8Array, i: number): Uint8Array {
  return table.subarray(pollfd.size * i, pollfd.size * (i + 1));
}

function time(nanoseconds: bigint): Record<string, StructValue> {
  const positive = nanoseconds < 0n ? 0n : nanoseconds;
  return { tv_sec: positive / SECOND, tv_nsec: positive % SECOND };
}

const SECOND = 1_000_000_000n;
