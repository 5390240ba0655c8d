import { isErrno } from '../../engine/errors.ts';
import type { Config } from '../../spec/config.ts';
import { AT_FDCWD, bitsOf, cloneFlags } from '../../syscalls/constants.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { isNamespaceType, type NamespaceType, namespaces } from '../namespaces.ts';

interface Joined {
  readonly type: NamespaceType;
  readonly path: string;
  readonly pointer: string;
}

/**
 * Namespaces that are given by path. All are opened before any is joined: a path may not mean the same
 * afterwards. The user namespace is joined last, while the privileges for the others are still there; who has
 * none on this host gets them from it, and so joins it first.
 */
export function joinSteps(config: Config): CreationStep[] {
  const given = (config.linux?.namespaces ?? []).flatMap(({ type, path }, i): Joined[] => {
    return path && isNamespaceType(type) ? [{ type, path, pointer: `/linux/namespaces/${i}/path` }] : [];
  });
  if (given.length === 0) return [];
  const open = given.map((joined) => openStep(joined));
  const user = given.filter(({ type }) => type === 'user');
  const others = given.filter(({ type }) => type !== 'user');
  return [...open, verifyStep(given), ...others.map(joinStep), ...user.map(joinStep)];
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
      const answers = given.map((joined) => ({
        ...joined,
        answer: kernel.may('ENOTTY', 'EINVAL').ioctl(descriptor(creation, joined.type), 'NS_GET_NSTYPE', 0),
      }));
      kernel.flush();
      for (const { type, path, pointer, answer } of answers) {
        if (answer.value === bitsOf(cloneFlags, [namespaces[type].flag])) continue;
        throw new ContainerError('invalid-config', `${path} is not a ${type} namespace`, { pointer });
      }
    },
  };
}

function joinStep({ type, path, pointer }: Joined): CreationStep {
  return {
    name: `join the ${type} namespace ${path}`,
    pointer,
    do(creation) {
      const { kernel } = creation.builderProcess;
      const fd = descriptor(creation, type);
      kernel.calls.setns(fd, [namespaces[type].flag]);
      kernel.calls.close(fd);
      if (type !== 'user') return;
      kernel.calls.setresgid(0, 0, 0);
      kernel.calls.setresuid(0, 0, 0);
    },
    hint: (error) =>
      isErrno(error, 'EPERM') ? 'it takes CAP_SYS_ADMIN in the user namespace that owns it' : undefined,
  };
}

function descriptor(creation: Creation, type: NamespaceType) {
  const fd = creation.joined.get(type);
  if (!fd) throw new Error(`the ${type} namespace has not been opened`);
  return fd;
}
