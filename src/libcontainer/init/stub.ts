import type { Batch } from '../../syscalls/batch.ts';
import type { cloneFlags } from '../../syscalls/constants.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { cloneArgs } from '../../syscalls/structs.ts';
import { stubImage } from '../../syscalls/stub/image.ts';
import { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { spawnStub } from '../../syscalls/stub/spawn.ts';
import { StubPort } from '../../syscalls/stub/stub-port.ts';
import { type Creation, type CreationStep, namespaceOf, type StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { type NamespaceType, namespaces } from '../namespaces.ts';
import { killProcess, reap } from '../signal.ts';
import { bindParkingSocket } from './park.ts';

/**
 * Two processes come out of here, both the stub of src/syscalls/stub:
 *
 *     tsrunc ──posix_spawn──▶ builder ──clone3(CLONE_PARENT, the namespaces)──▶ init
 *
 * The builder exists because namespaces are joined by calling setns, and some count only for children.
 * CLONE_PARENT makes init the runtime's child, and so the caller's once the runtime has exited.
 */
export const spawnInit: CreationStep = {
  name: 'start the container init',
  pointer: '/linux/namespaces',
  do(creation) {
    const { engine, kernel } = creation.facts;
    const forBuilder = socketPair(creation);
    const forInit = socketPair(creation);
    creation.parkingSocket = bindParkingSocket(kernel, creation.state);
    const image = stubImage(kernel, engine.files, engine.arch, creation.state.path);
    creation.stubFile = engine.files.stat(`/proc/self/fd/${image}`);
    closeOnExecFrom(creation);
    const ours = [forBuilder.theirs, forInit.theirs, creation.parkingSocket];
    const pid = spawnStub(engine.native(), image, [...ours, ...callersDescriptors(creation)]);
    for (const fd of [image, ...ours]) engine.files.close(fd);
    const builder = stubProcess(creation, pid, forBuilder.ours, forBuilder.theirs);
    creation.builder = builder;

    const initPid = clone(creation, builder, forInit.theirs);
    creation.init = stubProcess(creation, initPid, forInit.ours, forInit.theirs);
    creation.init.kernel.step = spawnInit;
    settle(creation, builder, forBuilder.theirs);
  },
  undo(creation) {
    const { builder } = creation;
    if (creation.hasInit) killProcess(creation.facts.kernel, creation.init.pid);
    creation.cgroup.kill();
    for (const process of [builder, creation.hasInit ? creation.init : undefined]) {
      process?.port.close();
      if (process) reap(creation.facts.kernel, process.pid);
    }
  },
};

/** Everything new at once. CLONE_INTO_CGROUP charges init's first page to its cgroup and roots the cgroup namespace there. */
function clone(creation: Creation, builder: StubProcess, control: number): number {
  const { kernel } = builder;
  const flags: (keyof typeof cloneFlags)[] = ['CLONE_PARENT'];
  for (const type of Object.keys(namespaces) as NamespaceType[]) {
    if (namespaceOf(creation.config, type) === 'new') flags.push(namespaces[type].flag);
  }
  const directory = creation.cgroup.directory;
  const cgroup = directory ? kernel.calls.openat(AT_FDCWD, directory, ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0) : 0;
  if (directory) flags.push('CLONE_INTO_CGROUP');
  const batch: Batch = kernel.pending;
  const value = { flags, cgroup };
  const words = (): string[] => [`{flags=${flags.join('|')}}`];
  const pid = batch.add({ name: 'clone3', words }, [batch.struct(cloneArgs, value), cloneArgs.size], {
    returnsTwice: control,
    step: spawnInit,
  });
  // The builder's copy of init's socket must go, or the runtime would not see init's end of file.
  kernel.calls.close(control);
  kernel.calls.close(creation.parkingSocket);
  return kernel.value(pid);
}

/** The builder has done its work: it exits when its socket closes. Init forgets the builder's socket. */
function settle(creation: Creation, builder: StubProcess, builderControl: number): void {
  const { calls } = creation.init.kernel;
  calls.close(builderControl);
  // Its own round trip: only a stub that answers afterwards was armed while we were alive, so that from
  // here on it dies with us even inside a call that blocks.
  calls.prctl('PR_SET_PDEATHSIG', SIGKILL, 0, 0, 0);
  creation.init.kernel.flush();
  builder.port.close();
  reap(creation.facts.kernel, builder.pid);
  creation.builder = undefined;
}

/** The streams and what --preserve-fds names. The engine marked them close-on-exec when it started, so they are named here. */
function callersDescriptors({ facts }: Creation): number[] {
  const preserved = facts.options.preserveFds ?? 0;
  for (let i = 0; i < preserved; i++) {
    if (facts.kernel.may('EBADF').fcntl(3 + i, 'F_GETFD', 0) < 0) {
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

function stubProcess(creation: Creation, pid: number, socket: number, control: number): StubProcess {
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

const SIGKILL = 9;
const MAX_FD = 0xffffffff;
