import type { Result } from '../../syscalls/batch.ts';
import { fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { moveOnto } from './attach.ts';
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
  const found = present(creation, paths);
  const files = found.filter(({ isDirectory }) => !isDirectory);
  if (files.length) {
    const shade = devNull(creation);
    for (const { fd } of files) cover(creation, shade, fd);
    calls.close(shade);
  }
  const [first, ...directories] = found.filter(({ isDirectory }) => isDirectory);
  if (first) {
    const shade = emptyDirectory(creation);
    // Linux before 6.15 clones only what is mounted somewhere: the first place takes the original.
    moveOnto(creation, shade, first.fd);
    for (const { fd } of directories) cover(creation, shade, fd);
    calls.close(shade);
  }
  for (const { fd } of found) calls.close(fd);
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
  const { calls } = creation.init.kernel;
  const context = calls.fsopen('tmpfs', ['FSOPEN_CLOEXEC']);
  calls.fsconfig(context, 'FSCONFIG_SET_STRING', 'source', 'tmpfs', 0);
  calls.fsconfig(context, 'FSCONFIG_SET_FLAG', 'ro', null, 0);
  calls.fsconfig(context, 'FSCONFIG_CMD_CREATE', null, null, 0);
  const tree = calls.fsmount(context, ['FSMOUNT_CLOEXEC'], ['MOUNT_ATTR_RDONLY']);
  calls.close(context);
  return tree;
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
