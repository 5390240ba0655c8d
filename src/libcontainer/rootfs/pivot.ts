import { AT_FDCWD } from '../../syscalls/constants.ts';
import type { CreationStep } from '../creation.ts';

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
  },
  hint: (error) => (error.code === 'EINVAL' ? 'is the rootfs on a ramdisk? --no-pivot is for that' : undefined),
};
