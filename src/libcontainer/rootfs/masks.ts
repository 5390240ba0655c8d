import type { Result } from '../../syscalls/batch.ts';
import { fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { labelOption } from '../init/labels.ts';
import { moveOnto } from './attach.ts';
import { newFileSystem } from './new-mount.ts';
import { openInRoot } from './target.ts';

/** After pivot_root: what the container may see of the kernel's files, but not change, and what it may not see. */
export function maskSteps(readonlyPaths: readonly string[], maskedPaths: readonly string[]): CreationStep[] {
  const steps: CreationStep[] = [];
  if (readonlyPaths.length)
    steps.push({
      name: 'make paths read-only',
      pointer: '/linux/readonlyPaths',
      do: (creation) => makeReadonly(creation, readonlyPaths),
    });
  if (maskedPaths.length)
    steps.push({ name: 'mask paths', pointer: '/linux/maskedPaths', do: (creation) => mask(creation, maskedPaths) });
  return steps;
}

/** Bound onto itself, read-only; a path that is not there needs no protection. */
function makeReadonly(creation: Creation, paths: readonly string[]): void {
  const { calls } = creation.init.kernel;
  for (const { fd } of present(creation, paths)) {
    const tree = calls.open_tree(fd, '', ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC', 'AT_EMPTY_PATH', 'AT_RECURSIVE']);
    calls.mount_setattr(tree, '', ['AT_EMPTY_PATH', 'AT_RECURSIVE'], { attr_set: ['MOUNT_ATTR_RDONLY'] });
    moveOnto(creation, tree, fd);
    calls.close(tree);
    calls.close(fd);
  }
}

/** A file disappears under /dev/null, a directory under an empty read-only tmpfs, one for all: superblocks are slow to make. */
function mask(creation: Creation, paths: readonly string[]): void {
  const { calls } = creation.init.kernel;
  const shades: { file?: Result; directory?: Result } = {};
  for (const { fd, isDirectory } of present(creation, paths)) {
    if (!isDirectory) {
      shades.file ??= devNull(creation);
      cover(creation, shades.file, fd);
    } else if (shades.directory) {
      cover(creation, shades.directory, fd);
    } else {
      // Linux before 6.15 clones only what is mounted somewhere: the first place takes the original.
      shades.directory = emptyDirectory(creation);
      moveOnto(creation, shades.directory, fd);
    }
    calls.close(fd);
  }
  for (const shade of Object.values(shades)) calls.close(shade);
}

function cover(creation: Creation, shade: Result, target: Result): void {
  const { calls } = creation.init.kernel;
  const tree = calls.open_tree(shade, '', ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC', 'AT_EMPTY_PATH']);
  moveOnto(creation, tree, target);
  calls.close(tree);
}

/** The container's /dev/null, proven to be it: a rootfs may put a link there (CVE-2025-31133). */
function devNull(creation: Creation): Result {
  const { kernel } = creation.init;
  const fd = openInRoot(kernel.calls, creation.root, '/dev/null', ['O_NOFOLLOW']);
  const facts = kernel.output(statx.size);
  kernel.calls.statx(fd, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], facts);
  kernel.flush();
  const field = (name: keyof typeof statx.fields & string) => readField(statx, name, facts.bytes);
  const isNull =
    (field('stx_mode') & S_IFMT) === fileTypes.S_IFCHR &&
    field('stx_rdev_major') === 1 &&
    field('stx_rdev_minor') === 3;
  if (!isNull) throw new ContainerError('invalid-config', '/dev/null in the container is not the null device');
  return fd;
}

function emptyDirectory(creation: Creation): Result {
  const label = labelOption(creation);
  return newFileSystem(creation, 'tmpfs', 'tmpfs', {
    superblock: ['ro'],
    data: label ? [label] : [],
    own: { set: ['MOUNT_ATTR_RDONLY'], clear: [] },
  });
}

/** The paths that exist, each as a descriptor. */
function present(creation: Creation, paths: readonly string[]): { fd: Result; isDirectory: boolean }[] {
  const { kernel } = creation.init;
  const looks = paths.map((path) => {
    const fd = openInRoot(kernel.may('ENOENT', 'ENOTDIR', 'EACCES'), creation.root, path, []);
    const facts = kernel.output(statx.size);
    kernel.may('EBADF').statx(fd, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], facts);
    return { fd, facts };
  });
  kernel.flush();
  return looks
    .filter(({ fd }) => !fd.failed)
    .map(({ fd, facts }) => ({
      fd,
      isDirectory: (readField(statx, 'stx_mode', facts.bytes) & S_IFMT) === fileTypes.S_IFDIR,
    }));
}
