import { fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { Creation } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { openInRoot } from './target.ts';

/**
 * The container's /dev/null as an O_PATH descriptor of init's, proven to be it: a rootfs may put a link there
 * (CVE-2025-31133). Undefined if it has none. It stays open for who needs it next.
 */
export function nullDevice(creation: Creation): number | undefined {
  creation.nullDevice ??= openNull(creation);
  return creation.nullDevice;
}

function openNull(creation: Creation): number | undefined {
  const { kernel } = creation.init;
  const fd = openInRoot(kernel.may('ENOENT', 'ENOTDIR'), creation.root, '/dev/null', ['O_NOFOLLOW']);
  const facts = kernel.output(statx.size);
  kernel.may('EBADF').statx(fd, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], facts);
  if (kernel.value(fd) < 0) return undefined;
  const field = (name: keyof typeof statx.fields & string) => readField(statx, name, facts.bytes);
  const isNull =
    (field('stx_mode') & S_IFMT) === fileTypes.S_IFCHR &&
    field('stx_rdev_major') === 1 &&
    field('stx_rdev_minor') === 3;
  if (!isNull) throw new ContainerError('invalid-config', '/dev/null in the container is not the null device');
  return kernel.value(fd);
}
