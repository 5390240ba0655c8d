import type { Linux } from '../../spec/config.ts';
import type { Operand, Result } from '../../syscalls/batch.ts';
import { fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { labelOption } from '../init/labels.ts';
import { moveOnto } from './attach.ts';
import { holdsKept, keepInstead, openBeneathMount, proveKeptMounts, watchKeptMounts } from './kept-mounts.ts';
import { newFileSystem } from './new-mount.ts';
import { nullDevice } from './null-device.ts';

/** After pivot_root: what the container may see of the kernel's files, but not change, and what it may not see. */
export function maskSteps({ readonlyPaths = [], maskedPaths = [] }: Linux): CreationStep[] {
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

/** What {@link maskSteps} have not waited for. */
export function maskProofs({ readonlyPaths = [], maskedPaths = [] }: Linux): CreationStep[] {
  if (readonlyPaths.length + maskedPaths.length === 0) return [];
  return [{ name: 'verify the protected paths', pointer: '/linux', do: proveKeptMounts }];
}

/** Bound onto itself, read-only; a path that is not there needs no protection, and then the calls on it have no descriptor. */
function makeReadonly(creation: Creation, paths: readonly string[]): void {
  const { kernel } = creation.init;
  const calls = kernel.may('EBADF');
  watchKeptMounts(creation);
  for (const path of paths) {
    const fd = openIfPresent(creation, path);
    // What is kept in there is given up only for what takes its place.
    if (holdsKept(creation, path) && kernel.value(fd) < 0) continue;
    const tree = calls.open_tree(fd, '', ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC', 'AT_EMPTY_PATH', 'AT_RECURSIVE']);
    calls.mount_setattr(tree, '', ['AT_EMPTY_PATH', 'AT_RECURSIVE'], { attr_set: ['MOUNT_ATTR_RDONLY'] });
    moveOnto(creation, tree, fd, calls);
    keepInstead(creation, path, tree, calls);
    calls.close(fd);
  }
}

/** A file disappears under /dev/null, a directory under an empty read-only tmpfs, one for all: superblocks are slow to make. */
function mask(creation: Creation, paths: readonly string[]): void {
  const { calls } = creation.init.kernel;
  let shade: Result | undefined;
  for (const { fd, isDirectory } of present(creation, paths)) {
    if (!isDirectory) {
      cover(creation, requiredNull(creation), fd);
    } else if (shade) {
      cover(creation, shade, fd);
    } else {
      // Linux before 6.15 clones only what is mounted somewhere: the first place takes the original.
      shade = emptyDirectory(creation);
      moveOnto(creation, shade, fd);
    }
    calls.close(fd);
  }
  if (shade) calls.close(shade);
}

function cover(creation: Creation, shade: Operand, target: Result): void {
  const { calls } = creation.init.kernel;
  const tree = calls.open_tree(shade, '', ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC', 'AT_EMPTY_PATH']);
  moveOnto(creation, tree, target);
  calls.close(tree);
}

function requiredNull(creation: Creation): number {
  const fd = nullDevice(creation);
  if (fd === undefined) throw new ContainerError('invalid-config', 'the container has no /dev/null to mask files with');
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
  watchKeptMounts(creation);
  const looks = paths.map((path) => {
    const fd = openIfPresent(creation, path);
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

function openIfPresent(creation: Creation, path: string): Result {
  return openBeneathMount(creation, creation.init.kernel.may('ENOENT', 'ENOTDIR', 'EACCES'), path);
}
