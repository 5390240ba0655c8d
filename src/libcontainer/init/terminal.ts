import type { Box } from '../../spec/config.ts';
import type { Operand, Result } from '../../syscalls/batch.ts';
import {
  bitsOf,
  fileTypes,
  openFlags,
  S_IFMT,
  superMagic,
  TTYAUX_MAJOR,
  UNIX98_PTY_SLAVE_MAJOR,
} from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statfs, statx, winsize } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { ContainerError } from '../errors.ts';
import { openInRoot } from '../rootfs/target.ts';

/** A terminal of the container's own devpts, as two descriptors of the stub that opened it. */
export interface Terminal {
  /** What the caller of the runtime gets: it types here, and reads what the container writes. */
  readonly master: Result;
  /** What the container's process has as its streams. */
  readonly peer: Result;
}

/**
 * Opens a terminal in the container whose root is `root`. Nothing of it is looked up by a name that the container may
 * have changed: the multiplexer must be that of a devpts, and the peer is taken from it by descriptor
 * (CVE-2025-52565).
 */
export function openTerminal(kernel: RemoteKernel, root: Operand, size: Box | undefined): Terminal {
  const master = openMultiplexer(kernel, openDevpts(kernel, root));
  const of = factsOf(kernel, master);
  kernel.calls.ioctl(master, 'TIOCSPTLCK', kernel.pending.input(new Uint8Array(4)));
  const index = kernel.output(4);
  kernel.calls.ioctl(master, 'TIOCGPTN', index);
  const peer = kernel.calls.ioctl(master, 'TIOCGPTPEER', bitsOf(openFlags, ['O_RDWR', 'O_NOCTTY', 'O_CLOEXEC']));
  const others = factsOf(kernel, peer);
  if (size) resize(kernel, master, size);
  kernel.flush();
  const minor = new DataView(index.bytes.buffer, index.bytes.byteOffset).getUint32(0, true);
  if (!of.isDevice(TTYAUX_MAJOR, 2) || !others.isDevice(UNIX98_PTY_SLAVE_MAJOR, minor)) throw notDevpts();
  return { master, peer };
}

/** Makes the peer the streams of the stub, and its user's. */
export function wearTerminal(kernel: RemoteKernel, { peer }: Terminal, uid: number): void {
  // The group stays: it is the one that the mount of devpts gives to all terminals.
  kernel.may('EINVAL', 'EPERM', 'EROFS').fchownat(peer, '', uid, -1, ['AT_EMPTY_PATH']);
  for (const fd of [0, 1, 2]) kernel.calls.dup3(peer, fd, []);
  kernel.calls.close(peer);
}

/** Makes the terminal that the stub wears the one of its session, which it must lead. */
export function controlTerminal({ calls }: RemoteKernel): void {
  calls.ioctl(0, 'TIOCSCTTY', 0);
}

function openDevpts(kernel: RemoteKernel, root: Operand): Result {
  const directory = openInRoot(kernel.may('ENOENT', 'ENOTDIR'), root, '/dev/pts', ['O_DIRECTORY']);
  if (kernel.value(directory) < 0) throw notDevpts();
  const facts = factsOf(kernel, directory);
  kernel.flush();
  if (!facts.isDevpts()) throw notDevpts();
  return directory;
}

/** Nobody can put another file into a devpts, but something could be mounted on one that is there. */
function openMultiplexer(kernel: RemoteKernel, devpts: Result): Result {
  const master = kernel.calls.openat2(devpts, 'ptmx', {
    flags: ['O_RDWR', 'O_NOCTTY', 'O_NOFOLLOW', 'O_CLOEXEC'],
    resolve: ['RESOLVE_NO_SYMLINKS', 'RESOLVE_NO_XDEV', 'RESOLVE_BENEATH'],
  });
  kernel.calls.close(devpts);
  return master;
}

function resize(kernel: RemoteKernel, master: Result, { height = 0, width = 0 }: Box): void {
  // Half a size is none: so runc has it.
  if (height === 0 || width === 0) return;
  kernel.calls.ioctl(master, 'TIOCSWINSZ', kernel.pending.struct(winsize, { ws_row: height, ws_col: width }));
}

interface Facts {
  isDevpts(): boolean;
  isDevice(major: number, minor: number): boolean;
}

/** What a descriptor is of, to be asked once the calls have been made. */
function factsOf(kernel: RemoteKernel, fd: Result): Facts {
  const system = kernel.output(statfs.size);
  kernel.calls.fstatfs(fd, system);
  const file = kernel.output(statx.size);
  kernel.calls.statx(fd, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], file);
  const isDevpts = (): boolean => readField(statfs, 'f_type', system.bytes) === superMagic.DEVPTS_SUPER_MAGIC;
  const field = (name: keyof typeof statx.fields & string): number => readField(statx, name, file.bytes);
  return {
    isDevpts,
    isDevice: (major, minor) =>
      isDevpts() &&
      (field('stx_mode') & S_IFMT) === fileTypes.S_IFCHR &&
      field('stx_rdev_major') === major &&
      field('stx_rdev_minor') === minor,
  };
}

function notDevpts(): ContainerError {
  return new ContainerError('invalid-config', '/dev/pts of the container is no devpts', {
    hint: 'a terminal needs a mount of type devpts there',
  });
}
