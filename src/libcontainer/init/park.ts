import type { Arch } from '../../engine/engine.ts';
import { Batch, type Memory } from '../../syscalls/batch.ts';
import { callsOver } from '../../syscalls/calls.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { readField } from '../../syscalls/struct.ts';
import { ucred } from '../../syscalls/structs.ts';
import { SECOND_PAGES, STUB_BASE, STUB_ROOM } from '../../syscalls/stub/room.ts';
import type { StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import type { Machine } from '../machine.ts';
import { SOCKET, type StateDirectory } from '../store.ts';
import { withUnixAddress } from '../unix-address.ts';
import { stubProcess } from './stub-process.ts';

/**
 * A created container is a stub that blocks in accept4 on a socket in its state directory. `create` leaves
 * it there and exits; `start` connects, and has the same stub do the rest.
 */

/** The socket that init will listen on. Bound by us, through a descriptor: state paths exceed the 108 bytes of sun_path. */
export function bindParkingSocket(kernel: LocalKernel, state: StateDirectory): number {
  const socket = kernel.calls.socket('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0);
  withUnixAddress(kernel, `${state.path}/${SOCKET}`, (address) => kernel.calls.bind(socket, address));
  return socket;
}

/**
 * Has init park on `socket` (its own number). Nothing is awaited: the request is in the socket's buffer, and
 * is read from there also after we are gone.
 */
export function park(init: StubProcess, socket: number, arch: Arch): void {
  init.port.send(parkingBatch(init.port.control, socket, arch));
}

/** The stub that parked on `socket` under the control of `control`, as `start` gets to talk to it. */
export function connectParked(
  engine: Machine,
  kernel: LocalKernel,
  state: StateDirectory,
  parked: { pid: number; control: number; socket: number },
): StubProcess {
  const socket = kernel.calls.socket('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0);
  withUnixAddress(kernel, `${state.path}/${SOCKET}`, (address) => kernel.calls.connect(socket, address));
  if (peerOf(kernel, socket) !== parked.pid) {
    throw new ContainerError('state', 'the process behind the socket in the state directory is not the container init');
  }
  // What accept4 gives is the lowest free number, which only the stub knows: its first reply tells.
  const hello = parkingBatch(parked.control, parked.socket, engine.arch);
  engine.ports.remote('init', socket, 0).receive(hello);
  const control = hello.entries.at(-1)?.result.value ?? 0;
  return stubProcess(engine, 'init', parked.pid, socket, control);
}

/** The last the stub hears from create: give memory back, drop the control socket, wait for start. */
function parkingBatch(control: number, socket: number, arch: Arch): Batch {
  const batch = new Batch();
  const sink = { batch, added: (): void => undefined };
  const calls = callsOver(sink);
  // The page that this very request lies in stays; whatever large requests touched above them goes.
  for (const offset of SECOND_PAGES[arch]) {
    // Of several page sizes only the kernel knows its own: it refuses what is not the start of a page.
    const giving = SECOND_PAGES[arch].length === 1 ? calls : callsOver(sink, { expected: ['EINVAL'] });
    giving.madvise(STUB_BASE + offset, STUB_ROOM - offset, 'MADV_DONTNEED');
  }
  calls.close(control);
  callsOver(sink, { adopt: true }).accept4(socket, 0, 0, ['SOCK_CLOEXEC']);
  return batch;
}

/** SO_PEERCRED of a listening socket names the process that called listen (unix(7)). */
function peerOf(kernel: LocalKernel, socket: number): number {
  const credentials = kernel.batch((batch, calls): Memory => {
    const memory = batch.output(ucred.size);
    const length = batch.input(Uint8Array.from([ucred.size, 0, 0, 0]));
    calls.getsockopt(socket, 'SOL_SOCKET', 'SO_PEERCRED', memory, length);
    return memory;
  });
  return readField(ucred, 'pid', credentials.bytes);
}
