import { socketPair } from '../../syscalls/descriptor-pair.ts';
import { stubImage } from '../../syscalls/stub/image.ts';
import { spawnStub } from '../../syscalls/stub/spawn.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { killProcess, reap } from '../signal.ts';
import { bindParkingSocket } from './park.ts';
import { stubProcess } from './stub-process.ts';

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
    const [builderOurs, builderTheirs] = socketPair(kernel);
    const [ours, theirs] = socketPair(kernel);
    creation.parkingSocket = bindParkingSocket(kernel, creation.state);
    const image = stubImage(kernel, engine.files, engine.arch, creation.state.path);
    creation.stubFile = engine.files.stat(`/proc/self/fd/${image}`);
    closeOnExecFrom(creation);
    const passed = [builderTheirs, theirs, creation.parkingSocket];
    const pid = spawnStub(engine.native(), image, [...passed, ...callersDescriptors(creation)]);
    for (const fd of [image, ...passed]) engine.files.close(fd);
    creation.builder = stubProcess(engine, 'builder', pid, builderOurs, builderTheirs);
    creation.initSocket = { ours, theirs };
  },
  undo(creation) {
    const { builder } = creation;
    if (!builder) return;
    builder.port.close();
    killProcess(creation.facts.kernel, builder.pid);
    reap(creation.facts.kernel, builder.pid);
  },
};

/** The streams, and what systemd and --preserve-fds name. The engine marked them close-on-exec when it started, so they are named here. */
function callersDescriptors({ facts, inherited }: Creation): number[] {
  const { engine, listening, options } = facts;
  const first = 3 + (listening?.fds ?? 0);
  const all = Array.from({ length: 3 + inherited }, (_, fd) => fd);
  const missing = all.slice(3).find((fd) => !engine.isInherited(fd));
  if (missing === undefined) return all;
  const which =
    missing < first
      ? `descriptor ${missing} of LISTEN_FDS=${listening?.fds}`
      : `preserved-fd ${missing - first} (of ${options.preserveFds})`;
  throw new ContainerError('invalid-argument', `unable to stat ${which}`);
}

/** Nothing of the caller's but the streams and what was named for it reaches the container (CVE-2024-21626). */
function closeOnExecFrom(creation: Creation): void {
  creation.facts.kernel.calls.close_range(3 + creation.inherited, MAX_FD, ['CLOSE_RANGE_CLOEXEC']);
}

const MAX_FD = 0xffffffff;
