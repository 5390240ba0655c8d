import type { Engine, FileStat } from '../../engine/engine.ts';
import type { SyscallError } from '../../engine/errors.ts';
import { socketPair } from '../../syscalls/descriptor-pair.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { stubImage } from '../../syscalls/stub/image.ts';
import { spawnStub } from '../../syscalls/stub/spawn.ts';
import type { CreationStep, StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import type { Machine } from '../machine.ts';
import { bindParkingSocket } from './park.ts';
import { endStub, stubProcess } from './stub-process.ts';

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
    const { kernel, listening, options, parks } = creation.facts;
    const [ours, theirs] = socketPair(kernel);
    if (parks) creation.parkingSocket = bindParkingSocket(kernel, creation.state);
    const passed = parks ? [theirs, creation.parkingSocket] : [theirs];
    const callers = { listening: listening?.fds, preserved: options.preserveFds };
    const spawned = spawnFirst(creation.facts, creation.state.path, callers, passed);
    creation.builder = spawned.stub;
    creation.stubFile = spawned.file;
    creation.initSocket = { ours, theirs };
  },
  undo({ builder, facts }) {
    if (builder) endStub(facts.kernel, builder);
  },
  hint: processLimitHint,
};

/** Of every call that makes a process. */
export function processLimitHint({ code }: SyscallError): string | undefined {
  return code === 'EAGAIN' ? 'is a limit on processes (pids.max, RLIMIT_NPROC) reached?' : undefined;
}

/**
 * The first stub of a command, a child of this process; and its executable, by which it is recognised. It has the
 * streams, what `callers` counts of our caller's descriptors, and those in `passed`, which are closed here.
 */
export function spawnFirst(
  { engine, kernel }: { engine: Machine; kernel: LocalKernel },
  scratch: string,
  callers: CallersDescriptors,
  passed: readonly number[],
): { stub: StubProcess; file: FileStat } {
  const [ours, theirs] = socketPair(kernel);
  const image = stubImage(kernel, engine.files, engine.arch, scratch);
  const file = engine.files.stat(`/proc/self/fd/${image}`);
  const inherited = callersDescriptors(engine, callers);
  const pid = spawnStub(kernel, engine.native(), image, [theirs, ...passed, ...inherited]);
  for (const fd of [image, theirs, ...passed]) engine.files.close(fd);
  return { stub: stubProcess(engine, 'builder', pid, ours, theirs), file };
}

/** How many descriptors of the caller's, from 3 on, are for the container. */
interface CallersDescriptors {
  /** LISTEN_FDS. */
  readonly listening?: number | undefined;
  /** `--preserve-fds`: those after them. */
  readonly preserved?: number | undefined;
}

/** Streams included. They are named, since whatever is not becomes close-on-exec. */
function callersDescriptors(engine: Engine, { listening = 0, preserved = 0 }: CallersDescriptors): number[] {
  const first = 3 + listening;
  const all = Array.from({ length: first + preserved }, (_, fd) => fd);
  const missing = all.slice(3).find((fd) => !engine.isInherited(fd));
  if (missing === undefined) return all;
  const which =
    missing < first
      ? `descriptor ${missing} of LISTEN_FDS=${listening}`
      : `preserved-fd ${missing - first} (of ${preserved})`;
  throw new ContainerError('invalid-argument', `unable to stat ${which}`);
}
