import type { Config } from '../../spec/config.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { type CreationStep, namespaceOf } from '../creation.ts';
import { ContainerError } from '../errors.ts';

/**
 * A container without a mount namespace: its mounts are the host's, below one that is made on the rootfs's path. With
 * that one they are all taken away again.
 */
export const rootMountOnHost: CreationStep = {
  name: 'mount the rootfs',
  pointer: '/root/path',
  do(creation) {
    const { kernel } = creation.init;
    const { rootfs } = creation.facts;
    kernel.calls.umask(0);
    const tree = kernel.calls.open_tree(AT_FDCWD, rootfs, ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC', 'AT_RECURSIVE']);
    // What is mounted in it would else appear in other mount namespaces, and stay there.
    kernel.calls.mount_setattr(tree, '', ['AT_EMPTY_PATH', 'AT_RECURSIVE'], { propagation: ['MS_PRIVATE'] });
    kernel.calls.move_mount(tree, '', AT_FDCWD, rootfs, ['MOVE_MOUNT_F_EMPTY_PATH']);
    creation.root = kernel.value(tree);
    creation.rootOnHost = true;
  },
  undo({ facts, rootOnHost }) {
    if (rootOnHost) unmountRoot(facts.kernel, facts.rootfs);
  },
  hint: (error) =>
    error.code === 'EPERM' ? 'a container with a user namespace needs a mount namespace too' : undefined,
};

/** What a container has mounted without a mount namespace of its own. Others may still be using it. */
export function unmountRoot(kernel: LocalKernel, rootfs: string): void {
  kernel.may('EINVAL', 'ENOENT').umount2(rootfs, ['MNT_DETACH', 'UMOUNT_NOFOLLOW']);
}

/** It would change the host's mounts, and not the container's. Masks are refused with the config. */
export function refuseHostMounts(config: Config): void {
  if (namespaceOf(config, 'mount') !== 'host') return;
  if (!config.linux?.rootfsPropagation) return;
  const pointer = '/linux/rootfsPropagation';
  throw new ContainerError('invalid-config', `${pointer}: the container has no mount namespace of its own`, {
    pointer,
  });
}
