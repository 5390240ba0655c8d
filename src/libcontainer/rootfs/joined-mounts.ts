import type { Memory } from '../../syscalls/batch.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
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

/** Once it is the root of that namespace it stays so. */
export function unmountJoined(creation: Creation): void {
  if (!creation.hasInit) return;
  const { init, facts } = creation;
  const { kernel } = init;
  // What the failed step has left unsaid.
  kernel.take();
  kernel.may('EINVAL', 'ENOENT', 'EPERM').umount2(facts.rootfs, ['MNT_DETACH', 'UMOUNT_NOFOLLOW']);
  kernel.flush();
}
