import type { Memory, Operand } from '../../syscalls/batch.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { changeRoot } from './no-pivot.ts';
import { pivotRoot } from './pivot.ts';

/**
 * In a mount namespace that is joined the rootfs is set up as in a new one, as runc does, and becomes the root of all
 * who are in there. They could be changing it at the same time: so it is looked at where init has arrived.
 */
export const proveRoot: CreationStep = {
  name: 'verify the root',
  pointer: '/root/path',
  do({ init, root }) {
    const { kernel } = init;
    const look = (fd: Operand, path: string): Memory => {
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
 * Init alone goes into the rootfs at first: pivot_root is for all who are in there, and nothing leads back from it. So
 * it waits until the steps that can fail are done.
 */
export const enterJoined: CreationStep = {
  name: 'change the root',
  pointer: '/root/path',
  do(creation) {
    const { kernel } = creation.init;
    const flags = ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'] as const;
    creation.oldRoot = kernel.value(kernel.calls.openat(AT_FDCWD, '/', flags, 0));
    changeRoot.do(creation);
  },
};

export const pivotJoined: CreationStep = {
  ...pivotRoot,
  do(creation) {
    const { init, oldRoot } = creation;
    const { calls } = init.kernel;
    if (oldRoot === undefined) throw new Error('the root of the joined mount namespace is not known');
    calls.fchdir(oldRoot);
    calls.chroot('.');
    pivotRoot.do(creation);
    calls.close(oldRoot);
    init.kernel.flush();
    creation.rootExchanged = true;
  },
};

/** By it a failed create finds what it has mounted: see {@link unmountJoined}. Elsewhere init has closed it before it was ready. */
export const closeRoot: CreationStep = {
  name: 'close the rootfs',
  do({ init, root }) {
    init.kernel.calls.close(root);
    init.kernel.flush();
  },
};

/** What a failed create has mounted. By its descriptor: its path may be a mount of the namespace's own. */
export function unmountJoined(creation: Creation): void {
  // Without its root there would be nothing left of the namespace.
  if (!creation.hasInit || !creation.hasRoot || creation.rootExchanged) return;
  const { kernel } = creation.init;
  // What the failed step has left unsaid.
  kernel.take();
  kernel.calls.fchdir(creation.root);
  kernel.may('EINVAL', 'EPERM').umount2('.', ['MNT_DETACH']);
  kernel.flush();
}
