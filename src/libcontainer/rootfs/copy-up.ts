import type { Memory, Operand, Result } from '../../syscalls/batch.ts';
import { fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { decodeUtf8, PATH_MAX } from './target.ts';

/**
 * Copies what is in the directory `from` into the empty `to`: the option `tmpcopyup`. Owners, modes and times come
 * along, extended attributes and hard links do not. Every name is opened below its directory and never followed: the
 * content is the image's.
 */
export function copyUp(kernel: RemoteKernel, from: Operand, to: Operand): void {
  const directory = kernel.calls.openat2(from, '.', {
    flags: ['O_RDONLY', 'O_DIRECTORY', 'O_CLOEXEC'],
    resolve: ['RESOLVE_BENEATH'],
  });
  const names = readNames(kernel, directory);
  const entries = names.map((name) => {
    const facts = kernel.output(statx.size);
    kernel.calls.statx(directory, name, ['AT_SYMLINK_NOFOLLOW'], ['STATX_BASIC_STATS'], facts);
    return { name, facts };
  });
  kernel.flush();
  for (const { name, facts } of entries) {
    copyEntry(kernel, { from: directory, to, name, facts });
    takeOver(kernel, to, name, facts);
  }
  kernel.calls.close(directory);
  kernel.flush();
}

interface CopiedEntry {
  readonly from: Operand;
  readonly to: Operand;
  readonly name: string;
  readonly facts: Memory;
}

function copyEntry(kernel: RemoteKernel, { from, to, name, facts }: CopiedEntry): void {
  const type = readField(statx, 'stx_mode', facts.bytes) & S_IFMT;
  switch (type) {
    case fileTypes.S_IFDIR: {
      kernel.calls.mkdirat(to, name, 0o700);
      const source = openBelow(kernel, from, name, ['O_PATH', 'O_DIRECTORY']);
      const target = openBelow(kernel, to, name, ['O_PATH', 'O_DIRECTORY']);
      copyUp(kernel, source, target);
      for (const fd of [source, target]) kernel.calls.close(fd);
      return;
    }
    case fileTypes.S_IFREG:
      return copyContent(kernel, openBelow(kernel, from, name, ['O_RDONLY', 'O_NONBLOCK']), to, name);
    case fileTypes.S_IFLNK: {
      const text = kernel.output(PATH_MAX);
      const length = kernel.value(kernel.calls.readlinkat(from, name, text));
      kernel.calls.symlinkat(decodeUtf8(text.bytes.subarray(0, length)), to, name);
      return;
    }
    default: {
      const device = makedev(
        readField(statx, 'stx_rdev_major', facts.bytes),
        readField(statx, 'stx_rdev_minor', facts.bytes),
      );
      // A device cannot be made in a user namespace, and could not be used on this mount either.
      kernel.may('EPERM').mknodat(to, name, type, device);
    }
  }
}

/** In the kernel, from one file to the other. */
function copyContent(kernel: RemoteKernel, source: Result, to: Operand, name: string): void {
  const target = kernel.calls.openat2(to, name, {
    flags: ['O_WRONLY', 'O_CREAT', 'O_EXCL', 'O_NOFOLLOW', 'O_CLOEXEC'],
    mode: 0o600,
  });
  while (kernel.value(kernel.calls.sendfile(target, source, 0, SENDFILE_MAX)) > 0);
  for (const fd of [source, target]) kernel.calls.close(fd);
}

/** An owner that is not mapped cannot be given: the file stays its maker's. */
function takeOver(kernel: RemoteKernel, to: Operand, name: string, { bytes }: Memory): void {
  const field = (key: 'stx_uid' | 'stx_gid' | 'stx_mode'): number => readField(statx, key, bytes);
  const lenient = kernel.may('EINVAL', 'EPERM', 'ENOENT');
  lenient.fchownat(to, name, field('stx_uid'), field('stx_gid'), ['AT_SYMLINK_NOFOLLOW']);
  const mode = field('stx_mode');
  // After the owner: a change of that takes the set-user-ID bit away.
  if ((mode & S_IFMT) !== fileTypes.S_IFLNK) lenient.fchmodat(to, name, mode & 0o7777);
  lenient.utimensat(to, name, kernel.pending.input(accessAndModification(bytes)), ['AT_SYMLINK_NOFOLLOW']);
}

/** Two struct timespec out of four struct statx_timestamp: access, birth, change, modification. */
function accessAndModification(facts: Uint8Array): Uint8Array {
  const times = new Uint8Array(32);
  [0, 48].forEach((offset, i) => {
    const from = statx.offsets.times + offset;
    // Seconds are 64 bits in both, nanoseconds 32 in one and 64 in the other.
    times.set(facts.subarray(from, from + 12), 16 * i);
  });
  return times;
}

/** linux_dirent64: inode, offset, length of the record, type, name. */
function readNames(kernel: RemoteKernel, directory: Operand): string[] {
  const names: string[] = [];
  for (;;) {
    const buffer = kernel.output(DIRENTS_SIZE);
    const end = kernel.value(kernel.calls.getdents64(directory, buffer));
    if (end === 0) return names.filter((name) => name !== '.' && name !== '..');
    const view = new DataView(buffer.bytes.buffer, buffer.bytes.byteOffset);
    for (let at = 0; at < end; at += view.getUint16(at + 16, true)) {
      const name = buffer.bytes.subarray(at + 19, end);
      names.push(decodeUtf8(name.subarray(0, name.indexOf(0))));
    }
  }
}

function openBelow(
  kernel: RemoteKernel,
  directory: Operand,
  name: string,
  flags: readonly ('O_PATH' | 'O_RDONLY' | 'O_DIRECTORY' | 'O_NONBLOCK')[],
): Result {
  return kernel.calls.openat2(directory, name, {
    flags: [...flags, 'O_NOFOLLOW', 'O_CLOEXEC'],
    resolve: ['RESOLVE_BENEATH', 'RESOLVE_NO_SYMLINKS', 'RESOLVE_NO_MAGICLINKS'],
  });
}

/** makedev(3). */
function makedev(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

const DIRENTS_SIZE = 1 << 16;
/** What one call moves at most. */
const SENDFILE_MAX = 0x7ffff000;
