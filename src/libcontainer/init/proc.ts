import type { Operand, Result } from '../../syscalls/batch.ts';
import { AT_FDCWD, superMagic } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statfs, statx } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { ContainerError } from '../errors.ts';

/**
 * Writes files of /proc in init. They are reached through a procfs that is mounted nowhere, since what lies at
 * /proc of a container is what its image and its mounts made of it (CVE-2025-52881).
 */
export function writeProc(kernel: RemoteKernel, file: string, value: Uint8Array): void {
  const proc = privateProc(kernel);
  writeBelow(kernel, proc, file, value);
  kernel.calls.close(proc);
}

/** The same for the first of `files` that this kernel has. */
export function writeFirstOf(kernel: RemoteKernel, files: readonly string[], value: Uint8Array): void {
  const proc = privateProc(kernel);
  const present = files.slice(0, -1).find((file) => {
    const found = openBelow(proc, kernel.may('ENOENT', 'ENOTDIR'), file);
    kernel.may('EBADF').close(found);
    return kernel.value(found) >= 0;
  });
  writeBelow(kernel, proc, present ?? files.at(-1) ?? '', value);
  kernel.calls.close(proc);
}

function writeBelow({ calls }: RemoteKernel, proc: Operand, file: string, value: Uint8Array): void {
  const fd = openBelow(proc, calls, file);
  calls.write(fd, value);
  calls.close(fd);
}

/** `self` is a link, but no magic one: those, and all that is mounted over, are refused. */
function openBelow(proc: Operand, calls: RemoteKernel['calls'], file: string): Result {
  return calls.openat2(proc, file, {
    flags: ['O_WRONLY', 'O_CLOEXEC'],
    resolve: ['RESOLVE_BENEATH', 'RESOLVE_NO_XDEV', 'RESOLVE_NO_MAGICLINKS'],
  });
}

/**
 * A new procfs of init's PID namespace. The profiles of an outer container may forbid that (LXC, Incus); then a
 * copy of what is at /proc does, if it is the root of a procfs.
 */
function privateProc(kernel: RemoteKernel): Result {
  const calls = kernel.may('EPERM', 'EACCES', 'EBADF');
  const context = calls.fsopen('proc', ['FSOPEN_CLOEXEC']);
  calls.fsconfig(context, 'FSCONFIG_CMD_CREATE', null, null, 0);
  const proc = calls.fsmount(
    context,
    ['FSMOUNT_CLOEXEC'],
    ['MOUNT_ATTR_NOSUID', 'MOUNT_ATTR_NODEV', 'MOUNT_ATTR_NOEXEC'],
  );
  calls.close(context);
  return kernel.value(proc) >= 0 ? proc : visibleProc(kernel);
}

function visibleProc(kernel: RemoteKernel): Result {
  const copied = kernel
    .may('EPERM', 'EACCES', 'EINVAL', 'ENOENT')
    .open_tree(AT_FDCWD, '/proc', ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC']);
  const directory = ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'] as const;
  const proc = kernel.value(copied) >= 0 ? copied : kernel.calls.openat(AT_FDCWD, '/proc', directory, 0);
  const system = kernel.output(statfs.size);
  kernel.calls.fstatfs(proc, system);
  const root = kernel.output(statx.size);
  kernel.calls.statx(proc, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], root);
  kernel.flush();
  const genuine =
    readField(statfs, 'f_type', system.bytes) === superMagic.PROC_SUPER_MAGIC &&
    readField(statx, 'stx_ino', root.bytes) === PROC_ROOT_INO;
  if (genuine) return proc;
  throw new ContainerError('host', 'there is no procfs to write to', {
    hint: 'in a nested container: does the outer one’s AppArmor profile forbid to mount a procfs?',
  });
}

/** linux/proc_fs.h. */
const PROC_ROOT_INO = 1;
