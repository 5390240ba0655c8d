import { SyscallError } from '../../engine/errors.ts';
import type { Operand, Result } from '../../syscalls/batch.ts';
import type { openFlags, resolveFlags } from '../../syscalls/constants.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { ContainerError } from '../errors.ts';
import { ROOTFS_CHANGES } from './hints.ts';

/**
 * Paths inside the container, resolved where the container's own links cannot lead out: every look-up is one
 * openat2 beneath the rootfs's descriptor, and what it gave is used by descriptor only (CVE-2021-30465,
 * CVE-2024-45310).
 */
export type TargetKind = 'directory' | 'file';

/** An O_PATH descriptor of `path` in the rootfs `root`; what is missing is created, directories 0755, a file empty. */
export function openTarget(
  init: RemoteKernel,
  root: Operand,
  path: string,
  kind: TargetKind,
  flags: readonly 'O_NOFOLLOW'[] = [],
): Result {
  return findTarget(init, root, path, kind, flags) ?? createTarget(init, root, path, kind);
}

export function createTarget(init: RemoteKernel, root: Operand, path: string, kind: TargetKind): Result {
  const place = createMissing(init, root, path, kind);
  return stillThere(init, place, openInRoot(init.may('ENOENT', 'ELOOP'), root, place, []));
}

/** As {@link openTarget} for what exists; undefined if it does not. */
export function findTarget(
  init: RemoteKernel,
  root: Operand,
  path: string,
  kind: TargetKind,
  flags: readonly 'O_NOFOLLOW'[] = [],
): Result | undefined {
  const directory = kind === 'directory' ? (['O_DIRECTORY'] as const) : [];
  for (let tries = 0; ; tries++) {
    const found = openInRoot(init.may('ENOENT', 'EAGAIN'), root, path, [...directory, ...flags]);
    const value = init.value(found);
    if (value >= 0) return found;
    // The kernel cannot vouch for `..` while anybody renames anything.
    if (value === -ENOENT) return undefined;
    if (tries === MAX_TRIES) throw new ContainerError('host', `${path} is being renamed all the time`);
  }
}

/** As {@link openTarget}, but only where no component of the path is a symlink: proc and sysfs (CVE-2019-19921, CVE-2023-27561). */
export function openOrdinaryDirectory(init: RemoteKernel, root: Operand, path: string, type: string): Result {
  const strict = () =>
    openInRoot(init.may('ENOENT', 'ELOOP', 'ENOTDIR'), root, path, ['O_DIRECTORY'], ['RESOLVE_NO_SYMLINKS']);
  let found = strict();
  if (init.value(found) === -ENOENT) {
    createMissing(init, root, path, 'directory');
    found = strict();
  }
  if (init.value(found) < 0) {
    throw new ContainerError('invalid-config', `filesystem "${type}" must be mounted on ordinary directory`);
  }
  return found;
}

export function openInRoot(
  calls: RemoteKernel['calls'],
  root: Operand,
  path: string,
  flags: readonly (keyof typeof openFlags)[],
  resolve: readonly (keyof typeof resolveFlags)[] = [],
): Result {
  return calls.openat2(root, relative(path), {
    flags: ['O_PATH', 'O_CLOEXEC', ...flags],
    resolve: ['RESOLVE_IN_ROOT', 'RESOLVE_NO_MAGICLINKS', ...resolve],
  });
}

/** `/a//b/` → `a/b`, the root itself → `.`. */
export function relative(path: string): string {
  // As nearly all are written, and each is asked for a dozen times.
  const isPlain = path.startsWith('/') && !path.endsWith('/') && !path.includes('//') && !path.includes('/.');
  if (isPlain) return path.slice(1);
  return (
    path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/') || '.'
  );
}

/**
 * Creates the missing rest of a path, component by component, following symlinks (dangling ones too: images
 * have /etc/resolv.conf point into a /run that is not there yet) inside the root. Returns the path without
 * symlinks that it arrived at.
 */
function createMissing(init: RemoteKernel, root: Operand, path: string, kind: TargetKind): string {
  const resolved: string[] = [];
  const rest = relative(path).split('/');
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift() ?? '';
    if (name === '..') resolved.pop();
    if (name === '' || name === '.' || name === '..') continue;
    const place = resolved.join('/') || '.';
    const parent = openInRoot(init.may('ENOENT', 'ELOOP'), root, place, ['O_DIRECTORY'], ['RESOLVE_NO_SYMLINKS']);
    const target = readLink(init, parent, name);
    stillThere(init, place, parent);
    if (target === undefined) {
      create(init, parent, name, rest.length > 0 ? 'directory' : kind);
      resolved.push(name);
    } else {
      if (++links > MAX_LINKS)
        throw new ContainerError('invalid-config', `too many levels of symbolic links in ${path}`);
      if (target.startsWith('/')) resolved.length = 0;
      rest.unshift(...target.split('/'));
    }
    init.calls.close(parent);
  }
  return resolved.join('/') || '.';
}

/** `place` was found or made, without a link in it: what it is not any more, somebody else has taken away. */
function stillThere(init: RemoteKernel, place: string, opened: Result): Result {
  if (init.value(opened) >= 0) return opened;
  throw new ContainerError('host', `/${place} was there and is not any more`, { hint: ROOTFS_CHANGES });
}

/** The link's text; undefined if `name` is no symlink or nothing at all, or there is no `parent`. */
function readLink(init: RemoteKernel, parent: Result, name: string): string | undefined {
  const text = init.output(PATH_MAX);
  const length = init.value(init.may('ENOENT', 'EINVAL', 'EBADF').readlinkat(parent, name, text));
  if (length < 0) return undefined;
  return decodeUtf8(text.bytes.subarray(0, length));
}

/** A directory, or an empty file, unless the name is taken. */
export function addNew(init: RemoteKernel, parent: Result, name: string, kind: TargetKind): void {
  if (kind === 'directory') {
    init.may('EEXIST').mkdirat(parent, name, 0o755);
    return;
  }
  const made = init
    .may('EEXIST')
    .openat2(parent, name, { flags: ['O_CREAT', 'O_EXCL', 'O_NOFOLLOW', 'O_CLOEXEC'], mode: 0o644 });
  init.may('EBADF').close(made);
}

/** What the errno of {@link addNew} does not say. */
export function missingHint({ syscall, code }: SyscallError): string | undefined {
  const adds = syscall === 'mkdirat' || syscall === 'openat2';
  return adds && code === 'EROFS' ? 'the mount point does not exist and the file system is read-only' : undefined;
}

function create(init: RemoteKernel, parent: Result, name: string, kind: TargetKind): void {
  try {
    addNew(init, parent, name, kind);
    init.flush();
  } catch (error) {
    const hint = error instanceof SyscallError ? missingHint(error) : undefined;
    throw new ContainerError('syscall', `create mount point ${JSON.stringify(name)}`, { hint, cause: error });
  }
}

/** Link targets are bytes; those that are no UTF-8 cannot be followed by name. */
export function decodeUtf8(bytes: Uint8Array): string {
  const escaped = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  try {
    return decodeURIComponent(escaped);
  } catch {
    throw new ContainerError('invalid-config', 'a symbolic link in the rootfs is not valid UTF-8');
  }
}

export const PATH_MAX = 4096;
const MAX_LINKS = 40;
const MAX_TRIES = 128;
const ENOENT = 2;
