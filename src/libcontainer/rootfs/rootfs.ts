import { AT_FDCWD, type propagations } from '../../syscalls/constants.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';

/** `rootfsPropagation` → the kernel's word. */
export const rootfsPropagations = {
  shared: { type: 'MS_SHARED', recursive: false },
  rshared: { type: 'MS_SHARED', recursive: true },
  slave: { type: 'MS_SLAVE', recursive: false },
  rslave: { type: 'MS_SLAVE', recursive: true },
  private: { type: 'MS_PRIVATE', recursive: false },
  rprivate: { type: 'MS_PRIVATE', recursive: true },
  unbindable: { type: 'MS_UNBINDABLE', recursive: false },
  runbindable: { type: 'MS_UNBINDABLE', recursive: true },
} as const satisfies Readonly<Record<string, { type: keyof typeof propagations; recursive: boolean }>>;

export type RootfsPropagation = keyof typeof rootfsPropagations;

function propagationOf(creation: Creation): (typeof rootfsPropagations)[RootfsPropagation] {
  const word = creation.config.linux?.rootfsPropagation || 'rslave';
  if (!Object.hasOwn(rootfsPropagations, word)) {
    throw new ContainerError('invalid-config', `rootfsPropagation=${word} is not supported`);
  }
  return rootfsPropagations[word as RootfsPropagation];
}

/** Before anything is mounted: what happens in here must not reach the host's mount namespace. */
export const rootPropagation: CreationStep = {
  name: 'set the propagation of the mount namespace',
  pointer: '/linux/rootfsPropagation',
  do(creation) {
    const { type } = propagationOf(creation);
    // pivot_root refuses a shared parent, and shared is what a later step makes of the root alone.
    const before = type === 'MS_SHARED' || type === 'MS_UNBINDABLE' ? 'MS_SLAVE' : type;
    creation.init.kernel.calls.mount_setattr(AT_FDCWD, '/', ['AT_RECURSIVE'], { propagation: [before] });
  },
};

/** The rootfs as a mount of its own, which pivot_root demands, and as a descriptor for all that follows. */
export const rootMount: CreationStep = {
  name: 'mount the rootfs',
  pointer: '/root/path',
  do(creation) {
    const { calls } = creation.init.kernel;
    calls.umask(0);
    const tree = calls.open_tree(AT_FDCWD, creation.facts.rootfs, [
      'OPEN_TREE_CLONE',
      'OPEN_TREE_CLOEXEC',
      'AT_RECURSIVE',
    ]);
    calls.move_mount(tree, '', AT_FDCWD, creation.facts.rootfs, ['MOVE_MOUNT_F_EMPTY_PATH']);
    creation.root = creation.init.kernel.value(tree);
  },
};

/**
 * pivot_root onto itself: the old root ends up on top of the new one and is detached, so that no directory
 * for it is needed (pivot_root(2), "pivot_root(\".\", \".\")").
 */
export const pivotRoot: CreationStep = {
  name: 'pivot_root',
  pointer: '/root/path',
  do(creation) {
    const { calls } = creation.init.kernel;
    const oldRoot = calls.openat(AT_FDCWD, '/', ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0);
    calls.fchdir(creation.root);
    calls.pivot_root('.', '.');
    calls.fchdir(oldRoot);
    // Slave, so that the unmount does not travel to the host; detached, since it is in use.
    calls.mount_setattr(AT_FDCWD, '.', ['AT_RECURSIVE'], { propagation: ['MS_SLAVE'] });
    calls.umount2('.', ['MNT_DETACH']);
    calls.close(oldRoot);
    calls.chdir('/');
    const { type, recursive } = propagationOf(creation);
    if (type === 'MS_SHARED' || type === 'MS_UNBINDABLE') {
      calls.mount_setattr(AT_FDCWD, '/', recursive ? ['AT_RECURSIVE'] : [], { propagation: [type] });
    }
  },
  hint: (error) => (error.code === 'EINVAL' ? 'is the rootfs on a ramdisk? --no-pivot is for that' : undefined),
};

/** Last of all that changes the rootfs: mount points may have had to be created in it. */
export const rootReadonly: CreationStep = {
  name: 'make the root read-only',
  pointer: '/root/readonly',
  do(creation) {
    creation.init.kernel.calls.mount_setattr(AT_FDCWD, '/', [], { attr_set: ['MOUNT_ATTR_RDONLY'] });
  },
};
