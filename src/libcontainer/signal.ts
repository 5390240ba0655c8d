import { SIGKILL } from '../syscalls/constants.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { timespec } from '../syscalls/structs.ts';

/** SIGKILL to a child of this process that has not been waited for, so that its PID cannot have been reused. */
export function killProcess(kernel: LocalKernel, pid: number): void {
  kernel.may('ESRCH').kill(pid, SIGKILL);
}

/** Waits for a child of this process and returns its wait status; undefined if it is no child of ours (any more). */
export function reap(kernel: LocalKernel, pid: number): number | undefined {
  return waitFor(kernel, pid, ['__WALL'])?.status;
}

/** As {@link reap} for any child that has ended, without waiting; undefined if none has. */
export function reapAny(kernel: LocalKernel): { pid: number; status: number } | undefined {
  return waitFor(kernel, -1, ['__WALL', 'WNOHANG']);
}

function waitFor(
  kernel: LocalKernel,
  pid: number,
  options: readonly ('__WALL' | 'WNOHANG')[],
): { pid: number; status: number } | undefined {
  for (;;) {
    const { result, status } = kernel.batch(
      (batch, calls) => {
        const memory = batch.output(4);
        return { result: calls.wait4(pid, memory, options, 0), status: memory };
      },
      ['ECHILD', 'EINTR'],
    );
    if (result.value === -EINTR) continue;
    if (result.value <= 0) return undefined;
    return { pid: result.value, status: new DataView(status.bytes.buffer, status.bytes.byteOffset).getInt32(0, true) };
  }
}

/** What a shell would report for a wait status: the exit code, or 128 and the signal. */
export function exitStatus(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}

export function sleep(kernel: LocalKernel, milliseconds: number): void {
  kernel.batch(
    (batch, calls) => {
      const time = { tv_sec: Math.floor(milliseconds / 1000), tv_nsec: (milliseconds % 1000) * 1e6 };
      calls.ppoll(0, 0, batch.struct(timespec, time), 0, 0);
    },
    ['EINTR'],
  );
}

const EINTR = 4;
