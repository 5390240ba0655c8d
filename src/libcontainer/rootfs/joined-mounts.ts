import type { Memory } from '../../syscalls/batch.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';

/**
 * In a mount namespace that is joined the rootfs is set up as in a new one, as runc does, and becomes the root of all
 * who are in there. They could be changing it at the same time: so it is looked at where init has arrived.
 */
export const proveRoot: CreationStep = {
  name: 'verify the root',
  pointer: '/root/path',
  do({ init, root }) {
    const { kernel } = init;
    const look = (fd: number, path: string): Memory => {
      const facts = kernel.output(statx.size);
      kernel.calls.statx(fd, path, path === '' ? ['AT_EMPTY_PATH'] : [], ['STATX_BASIC_STATS', 'STATX_MNT_ID'], facts);
      return facts;
    };
    const [own, ...seen] = [look(root, ''), look(AT_FDCWD, '/'), look(AT_FDCWD, '.')];
    kernel.flush();
    if (own && seen.every((place) => isSame(own, place))) return;
    throw new ContainerError('host', 'the root of the joined mount namespace has been changed meanwhile');
  },
};

function isSame(a: Memory, b: Memory): boolean {
  const fields = ['stx_mnt_id', 'stx_ino', 'stx_dev_major', 'stx_dev_minor'] as const;
  return fields.every((field) => readField(statx, field, a.bytes) === readField(statx, field, b.bytes));
}

/**
 * pivot_root as in a namespace of one's own, but the old root stays on top of the new one: a create that fails later on
 * puts it back, for all who are in there. Nobody's path leads to it, for a root is never looked at from below.
 */
export const pivotJoined: CreationStep = {
  name: 'pivot_root',
  pointer: '/root/path',
  do(creation) {
    const { kernel } = creation.init;
    const { calls } = kernel;
    creation.oldRoot = kernel.value(calls.openat(AT_FDCWD, '/', ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0));
    calls.fchdir(creation.root);
    calls.pivot_root('.', '.');
    calls.chdir('/');
  },
  undo(creation) {
    if (creation.oldRoot === undefined) return;
    const { kernel } = creation.init;
    forgetUnsaid(kernel);
    kernel.calls.fchdir(creation.oldRoot);
    // EBUSY: it is the root, as the pivot_root was not come to.
    kernel.may('EBUSY').pivot_root('.', '.');
    kernel.flush();
  },
};

/** The last that can fail has not. */
export const leaveOldRoot: CreationStep = {
  name: 'leave the old root',
  pointer: '/root/path',
  do({ init, root, oldRoot }) {
    if (oldRoot === undefined) return;
    const { calls } = init.kernel;
    calls.fchdir(oldRoot);
    // Slave, so that the unmount does not travel to the host; detached, since it is in use.
    calls.mount_setattr(AT_FDCWD, '.', ['AT_RECURSIVE'], { propagation: ['MS_SLAVE'] });
    calls.umount2('.', ['MNT_DETACH']);
    calls.chdir('/');
    for (const fd of [oldRoot, root]) calls.close(fd);
  },
};

/** What a failed create has mounted. By its descriptor: its path may be a mount of the namespace's own. */
export function unmountJoined(creation: Creation): void {
  if (!creation.hasInit || !creation.hasRoot) return;
  const { kernel } = creation.init;
  forgetUnsaid(kernel);
  kernel.calls.fchdir(creation.root);
  kernel.may('EINVAL', 'EPERM').umount2('.', ['MNT_DETACH']);
  kernel.flush();
}

/** What the failed step has left unsaid. */
function forgetUnsaid(kernel: RemoteKernel): void {
  kernel.take();
}
