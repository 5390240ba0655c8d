import type { Engine } from '../../engine/engine.ts';
import { isErrno, type SyscallError } from '../../engine/errors.ts';
import type { Config } from '../../spec/config.ts';
import type { Memory } from '../../syscalls/batch.ts';
import { AT_FDCWD, bitsOf, cloneFlags } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { isNamespaceType, type NamespaceType, namespaces } from '../namespaces.ts';

interface Joined {
  readonly type: NamespaceType;
  readonly path: string;
  readonly pointer: string;
}

/**
 * Namespaces that are given by path. All are opened before any is joined: a path may not mean the same afterwards. The
 * user namespace comes after those that the runtime may join, while its privileges for them are still there, and before
 * those that are joined by the privileges which it gives.
 */
export function joinSteps(config: Config): CreationStep[] {
  const given = (config.linux?.namespaces ?? []).flatMap(({ type, path }, i): Joined[] => {
    return path && isNamespaceType(type) ? [{ type, path, pointer: `/linux/namespaces/${i}/path` }] : [];
  });
  if (given.length === 0) return [];
  const user = given.find(({ type }) => type === 'user');
  const others = given.filter(({ type }) => type !== 'user');
  const early = user ? [...others.map(tryStep), joinUserStep(user)] : [];
  return [...given.map(openStep), verifyStep(given), ...early, ...others.map(joinStep)];
}

function openStep({ type, path, pointer }: Joined): CreationStep {
  return {
    name: `open the ${type} namespace ${path}`,
    pointer,
    do(creation) {
      creation.joined.set(
        type,
        creation.builderProcess.kernel.calls.openat(AT_FDCWD, path, ['O_RDONLY', 'O_CLOEXEC'], 0),
      );
    },
  };
}

/** The type of each must be the one that is asked for (config-linux.md, "Namespaces": MUST generate an error). */
function verifyStep(given: readonly Joined[]): CreationStep {
  return {
    name: 'verify the types of the namespaces',
    do(creation) {
      const { kernel } = creation.builderProcess;
      const answers = given.map((joined) => {
        const fd = descriptor(creation, joined.type);
        const facts = kernel.output(statx.size);
        const answer = kernel.may('ENOTTY', 'EINVAL').ioctl(fd, 'NS_GET_NSTYPE', 0);
        kernel.calls.statx(fd, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], facts);
        return { ...joined, answer, facts };
      });
      kernel.flush();
      for (const { type, path, pointer, answer, facts } of answers) {
        if (answer.value !== bitsOf(cloneFlags, [namespaces[type].flag])) {
          throw new ContainerError('invalid-config', `${path} is not a ${type} namespace`, { pointer });
        }
        if (type === 'mount') refuseHosts(creation.engine, path, pointer, facts);
      }
    },
  };
}

/** What is joined gets another root: that would be the end of the host. */
function refuseHosts({ files }: Engine, path: string, pointer: string, facts: Memory): void {
  const inode = Number(readField(statx, 'stx_ino', facts.bytes));
  for (const [process, words] of hosts) {
    if (inodeOf(files, `/proc/${process}/ns/mnt`) !== inode) continue;
    throw new ContainerError('invalid-config', `${path} is the mount namespace of ${words}`, {
      pointer,
      hint: 'its root would become the rootfs: leave the namespace out to share those mounts',
    });
  }
}

const hosts = [
  ['self', 'the runtime itself'],
  ['1', 'PID 1'],
] as const;

function inodeOf(files: Engine['files'], path: string): number | undefined {
  try {
    return files.stat(path).ino;
  } catch (error) {
    if (isErrno(error, 'EACCES', 'ENOENT')) return undefined;
    throw error;
  }
}

/** If we may: else {@link joinStep} will, from within the user namespace. */
function tryStep({ type, path, pointer }: Joined): CreationStep {
  return {
    name: `join the ${type} namespace ${path}`,
    pointer,
    do(creation) {
      const { kernel } = creation.builderProcess;
      const fd = descriptor(creation, type);
      const joined = kernel.may('EPERM').setns(fd, [namespaces[type].flag]);
      if (kernel.value(joined) < 0) return;
      kernel.calls.close(fd);
      creation.joined.delete(type);
    },
  };
}

function joinUserStep({ path, pointer }: Joined): CreationStep {
  return {
    name: `join the user namespace ${path}`,
    pointer,
    do(creation) {
      const { kernel, pid } = creation.builderProcess;
      // While it may still be moved: a process in a user namespace cannot clone into a cgroup of the host's.
      creation.cgroup.add(pid);
      creation.builderInCgroup = true;
      const fd = descriptor(creation, 'user');
      kernel.calls.setns(fd, ['CLONE_NEWUSER']);
      kernel.calls.close(fd);
      kernel.calls.setresgid(0, 0, 0);
      kernel.calls.setresuid(0, 0, 0);
    },
    hint: joinHint,
  };
}

function joinStep({ type, path, pointer }: Joined): CreationStep {
  return {
    name: `join the ${type} namespace ${path}`,
    pointer,
    do(creation) {
      if (!creation.joined.has(type)) return;
      const { kernel } = creation.builderProcess;
      const fd = descriptor(creation, type);
      kernel.calls.setns(fd, [namespaces[type].flag]);
      kernel.calls.close(fd);
    },
    hint: joinHint,
  };
}

function joinHint(error: SyscallError): string | undefined {
  if (error.syscall.startsWith('setres')) return 'root of the container, 0, must be mapped in the user namespace';
  return error.code === 'EPERM' ? 'it takes CAP_SYS_ADMIN in the user namespace that owns it' : undefined;
}

function descriptor(creation: Creation, type: NamespaceType) {
  const fd = creation.joined.get(type);
  if (!fd) throw new Error(`the ${type} namespace has not been opened`);
  return fd;
}
