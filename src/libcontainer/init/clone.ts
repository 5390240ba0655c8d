import type { Config } from '../../spec/config.ts';
import type { Result } from '../../syscalls/batch.ts';
import { AT_FDCWD, type cloneFlags } from '../../syscalls/constants.ts';
import { passDescriptor } from '../../syscalls/stub/rights.ts';
import { type Creation, type CreationStep, namespaceOf } from '../creation.ts';
import { type NamespaceType, namespaces } from '../namespaces.ts';
import { killProcess } from '../signal.ts';
import { processLimitHint } from './builder.ts';
import { becomeRoot, mapsOf, writeMaps } from './id-maps.ts';
import { arm, cloneStub, dismiss, endStub } from './stub-process.ts';

/** The offsets of a time namespace must be there before its first process is: the builder makes it, init is born into it. */
export function timeSteps(config: Config): CreationStep[] {
  if (namespaceOf(config, 'time') !== 'new') return [];
  const user = namespaceOf(config, 'user') === 'new';
  return [...(user ? [userBeforeTime] : []), timeNamespace];
}

/** A time namespace belongs to the user namespace that its maker is in, so that one has to come first. */
const userBeforeTime: CreationStep = {
  name: 'make the user namespace',
  pointer: '/linux/uidMappings',
  do(creation) {
    const { kernel, pid } = creation.builderProcess;
    // While it may still be moved: a process in a user namespace cannot clone into a cgroup of the host's.
    creation.cgroup.add(pid);
    creation.builderInCgroup = true;
    kernel.calls.unshare(['CLONE_NEWUSER']);
    kernel.flush();
    writeMaps(creation.facts, pid, mapsOf(creation.config));
    becomeRoot(kernel, creation.config);
  },
};

const timeNamespace: CreationStep = {
  name: 'make the time namespace',
  pointer: '/linux/timeOffsets',
  do({ builderProcess: { kernel, pid }, engine, config }) {
    kernel.calls.unshare(['CLONE_NEWTIME']);
    kernel.flush();
    const offsets = Object.entries(config.linux?.timeOffsets ?? {});
    if (offsets.length === 0) return;
    const lines = offsets.map(([clock, { secs = 0, nanosecs = 0 } = {}]) => `${clock} ${secs} ${nanosecs}\n`);
    const fd = engine.files.open(`/proc/${pid}/timens_offsets`, ['O_WRONLY']);
    try {
      engine.files.write(fd, engine.encode(lines.join('')));
    } finally {
      engine.files.close(fd);
    }
  },
  hint: (error) => (error.code === 'ERANGE' ? 'the clock would become negative or too large' : undefined),
};

/**
 * init: all new namespaces at once. CLONE_PARENT makes it the runtime's child, and so the caller's once the
 * runtime has exited; CLONE_INTO_CGROUP charges its first page to its cgroup and roots the cgroup namespace there.
 */
export const cloneInit: CreationStep = {
  name: 'start the container init',
  pointer: '/linux/namespaces',
  do(creation) {
    const builder = creation.builderProcess;
    const flags = cloneFlagsOf(creation);
    const cgroup = creation.builderInCgroup ? undefined : openCgroup(creation);
    creation.init = cloneStub(creation.engine, 'init', builder, creation.initSocket, {
      flags,
      ...(cgroup !== undefined && { cgroup }),
      ...(creation.facts.parks && { dropped: [creation.parkingSocket] }),
    });
    if (cgroup !== undefined) creation.init.kernel.calls.close(cgroup);
    arm(creation.init);
    dismiss(creation.facts.kernel, builder);
    creation.builder = undefined;
    creation.cgroup.builderLeft();
  },
  undo(creation) {
    if (!creation.hasInit) return;
    killProcess(creation.facts.kernel, creation.init.pid);
    creation.cgroup.kill();
    endStub(creation.facts.kernel, creation.init);
  },
  hint: (error) =>
    error.code === 'ENOSPC'
      ? 'is a limit under /proc/sys/user, or the nesting of namespaces, exhausted?'
      : processLimitHint(error),
};

/** As the builder's descriptor. In a mount namespace that it has joined the path may lead nowhere. */
function openCgroup(creation: Creation): number | Result | undefined {
  const { cgroup, config, facts, builderProcess } = creation;
  const flags = ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'] as const;
  if (cgroup.directory === undefined) return undefined;
  if (namespaceOf(config, 'mount') !== 'joined') {
    return builderProcess.kernel.calls.openat(AT_FDCWD, cgroup.directory, flags, 0);
  }
  const ours = facts.kernel.calls.openat(AT_FDCWD, cgroup.directory, flags, 0);
  try {
    return passDescriptor(facts.kernel, builderProcess.kernel, builderProcess.port, ours);
  } finally {
    facts.engine.files.close(ours);
  }
}

function cloneFlagsOf({ config, builderInCgroup, cgroup }: Creation): (keyof typeof cloneFlags)[] {
  const made: readonly NamespaceType[] = builderInCgroup ? ['time', 'user'] : ['time'];
  const types = (Object.keys(namespaces) as NamespaceType[]).filter(
    (type) => namespaceOf(config, type) === 'new' && !made.includes(type),
  );
  const intoCgroup = cgroup.directory && !builderInCgroup ? (['CLONE_INTO_CGROUP'] as const) : [];
  return [...types.map((type) => namespaces[type].flag), ...intoCgroup];
}
