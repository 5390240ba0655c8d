import { stubImage } from '../../syscalls/stub/image.ts';
import { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { spawnStub } from '../../syscalls/stub/spawn.ts';
import { StubPort } from '../../syscalls/stub/stub-port.ts';
import type { Creation, CreationStep, StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { killProcess, reap } from '../signal.ts';
import { bindParkingSocket } from './park.ts';

/**
 * Two processes make a container, both the stub of src/syscalls/stub:
 *
 *     tsrunc ──posix_spawn──▶ builder ──clone3(CLONE_PARENT, the namespaces)──▶ init
 *
 * The builder exists because namespaces are joined by calling setns, and some count only for children. It has
 * all the descriptors that either needs; clone.ts sorts them out.
 */
export const spawnBuilder: CreationStep = {
  name: 'start the builder',
  do(creation) {
    const { engine, kernel } = creation.facts;
    const forBuilder = socketPair(creation);
    const forInit = socketPair(creation);
    creation.parkingSocket = bindParkingSocket(kernel, creation.state);
    const image = stubImage(kernel, engine.files, engine.arch, creation.state.path);
    creation.stubFile = engine.files.stat(`/proc/self/fd/${image}`);
    closeOnExecFrom(creation);
    const theirs = [forBuilder.theirs, forInit.theirs, creation.parkingSocket];
    const pid = spawnStub(engine.native(), image, [...theirs, ...callersDescriptors(creation)]);
    for (const fd of [image, ...theirs]) engine.files.close(fd);
    creation.builder = stubProcess(creation, pid, forBuilder.ours, forBuilder.theirs);
    creation.initSocket = forInit;
  },
  undo(creation) {
    const { builder } = creation;
    if (!builder) return;
    builder.port.close();
    killProcess(creation.facts.kernel, builder.pid);
    reap(creation.facts.kernel, builder.pid);
  },
};

/** The streams and what --preserve-fds names. The engine marked them close-on-exec when it started, so they are named here. */
function callersDescriptors({ facts }: Creation): number[] {
  const preserved = facts.options.preserveFds ?? 0;
  for (let i = 0; i < preserved; i++) {
    if (!facts.engine.isInherited(3 + i)) {
      throw new ContainerError('invalid-argument', `unable to stat preserved-fd ${i} (of ${preserved})`);
    }
  }
  return Array.from({ length: 3 + preserved }, (_, fd) => fd);
}

/** Nothing of the caller's but the streams and what --preserve-fds names reaches the container (CVE-2024-21626). */
function closeOnExecFrom(creation: Creation): void {
  const first = 3 + (creation.facts.options.preserveFds ?? 0);
  creation.facts.kernel.calls.close_range(first, MAX_FD, ['CLOSE_RANGE_CLOEXEC']);
}

export function stubProcess(creation: Creation, pid: number, socket: number, control: number): StubProcess {
  const port = new StubPort(creation.engine.files, socket, control, creation.engine.arch);
  return { pid, port, kernel: new RemoteKernel(port) };
}

function socketPair({ facts }: Creation): { ours: number; theirs: number } {
  const pair = facts.kernel.batch((batch, calls) => {
    const memory = batch.output(8);
    calls.socketpair('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0, memory);
    return memory;
  });
  const view = new DataView(pair.bytes.buffer, pair.bytes.byteOffset);
  return { ours: view.getInt32(0, true), theirs: view.getInt32(4, true) };
}

const MAX_FD = 0xffffffff;
