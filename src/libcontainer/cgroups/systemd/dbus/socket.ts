import type { Engine } from '../../../../engine/engine.ts';
import { isErrno } from '../../../../engine/errors.ts';
import { bitsOf, socketDomains } from '../../../../syscalls/constants.ts';
import type { LocalKernel } from '../../../../syscalls/local-port.ts';
import { sockaddrUn } from '../../../../syscalls/structs.ts';
import { ContainerError } from '../../../errors.ts';
import { poll } from '../../../poll.ts';

/** A connected stream socket that blocks, but not forever. */
export interface BusSocket {
  /** False if the time is over before the peer has taken all. */
  write(bytes: Uint8Array): boolean;
  /** What is there, at least a byte; empty at end of file. Undefined if nothing came within `nanoseconds`, or a signal first. */
  read(nanoseconds: bigint): Uint8Array | undefined;
  close(): void;
}

/** Connects to the socket at `path`; nothing on it blocks longer than `nanoseconds`. Throws a SyscallError. */
export function connectTo(engine: Engine, kernel: LocalKernel, path: string, nanoseconds: bigint): BusSocket {
  const socket = kernel.calls.socket('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0);
  try {
    // A server that does not accept lets even connect wait.
    kernel.calls.setsockopt(socket, 'SOL_SOCKET', 'SO_SNDTIMEO', timeval(nanoseconds));
    kernel.calls.connect(socket, address(engine, path));
  } catch (error) {
    engine.files.close(socket);
    throw error;
  }
  return {
    write: (bytes) => inTime(() => engine.files.write(socket, bytes)),
    read(limit) {
      const [ready] = poll(kernel, [{ fd: socket, events: 'POLLIN' }], limit);
      return ready ? engine.files.readSome(socket, ROOM) : undefined;
    },
    close: () => engine.files.close(socket),
  };
}

const ROOM = 64 << 10;

function timeval(nanoseconds: bigint): { tv_sec: bigint; tv_usec: bigint } {
  return { tv_sec: nanoseconds / 1_000_000_000n, tv_usec: (nanoseconds % 1_000_000_000n) / 1000n };
}

function inTime(call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (isErrno(error, 'EAGAIN')) return false;
    throw error;
  }
}

function address(engine: Engine, path: string): { sun_family: number; sun_path: Uint8Array } {
  const bytes = engine.encode(path);
  if (bytes.length >= sockaddrUn.fields.sun_path.size) {
    throw new ContainerError('host', `the path of the bus is too long for a socket: ${path}`);
  }
  return { sun_family: bitsOf(socketDomains, ['AF_UNIX']), sun_path: bytes };
}
