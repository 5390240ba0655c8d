import type { Arch, FileKind, FileStat, Files, OpenFlag } from '../engine.ts';
import { readAll } from '../read-all.ts';
import { type Refusal, worded } from '../worded-files.ts';
import type { Binding } from './binding.ts';
import { addresses, libcOf } from './libc.ts';
import type { Text } from './text.ts';

/** Files by C's functions, which take text as it is: see stat(2), open(2) and so on. */
export function filesOf(binding: Binding, text: Text, nameOf: (errno: number) => string): Files {
  const find = addresses(binding);
  const libc = libcOf(binding);
  const c = {
    open: libc('open'),
    close: libc('close'),
    read: libc('read'),
    write: libc('write'),
    fsync: libc('fsync'),
    mkdir: libc('mkdir'),
    rmdir: libc('rmdir'),
    unlink: libc('unlink'),
    rename: libc('rename'),
    chmod: libc('chmod'),
    chown: libc('chown'),
    readlink: libc('readlink'),
    getdents64: libc('getdents64'),
    statx: libc('statx'),
    chdir: libc('chdir'),
    usleep: libc('usleep'),
  };
  // One for all reads: what a caller gets is a copy.
  const room = new Uint8Array(ROOM);
  const textIn = (length: number): string => text.decode(room.subarray(0, length));
  const path = (given: string): string => {
    if (given.includes('\0')) throw new TypeError(`a path with a NUL: ${JSON.stringify(given)}`);
    return given.toWellFormed();
  };
  const readSome = (fd: number, size: number): Uint8Array => room.slice(0, c.read(fd, room, Math.min(size, ROOM)));
  /** Of a function that fills the room with a path and returns it, of whose address an int says nothing, or NULL. */
  const pathFrom = (symbol: string, ...args: readonly (number | string | Uint8Array)[]): string => {
    if (binding.call(find(symbol), ...args) === 0) throw binding.errno();
    return textIn(room.indexOf(0));
  };
  const open = (name: string, flags: readonly OpenFlag[], mode = 0o666): number =>
    c.open(path(name), bits(binding.arch, flags), mode);
  const close = (fd: number): void => void c.close(fd);
  const facts = (name: string, flags: number): FileStat => {
    c.statx(AT_FDCWD, path(name), flags, STATX_BASIC_STATS, room);
    return factsIn(room);
  };
  /** EAGAIN: the caller gave a stream that is O_NONBLOCK, and its reader is slow. Ours are small: wait for room. */
  const write = (fd: number, bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; ) {
      try {
        done += c.write(fd, bytes.subarray(done), bytes.length - done);
      } catch (error) {
        if (error !== EAGAIN) throw error;
        c.usleep(1000);
      }
    }
  };
  return worded(
    {
      open,
      close,
      readSome,
      read: (name) => within(open(name, ['O_RDONLY']), close, (fd) => readAll({ readSome }, fd)),
      write,
      fsync: (fd) => void c.fsync(fd),
      mkdir: (name, mode) => void c.mkdir(path(name), mode),
      rmdir: (name) => void c.rmdir(path(name)),
      unlink: (name) => void c.unlink(path(name)),
      rename: (from, to) => void c.rename(path(from), path(to)),
      chmod: (name, mode) => void c.chmod(path(name), mode),
      chown: (name, uid, gid) => void c.chown(path(name), uid, gid),
      readlink: (name) => textIn(c.readlink(path(name), room, ROOM)),
      realpath: (name) => pathFrom('realpath', path(name), room),
      readdir: (name) =>
        within(open(name, ['O_RDONLY', 'O_DIRECTORY']), close, (fd) =>
          names(text, () => room.subarray(0, c.getdents64(fd, room, ROOM))),
        ),
      stat: (name) => facts(name, 0),
      lstat: (name) => facts(name, AT_SYMLINK_NOFOLLOW),
      cwd: () => pathFrom('getcwd', room, ROOM),
      chdir: (name) => void c.chdir(path(name)),
    },
    (error): Refusal | undefined => (typeof error === 'number' ? { errno: error, code: nameOf(error) } : undefined),
  );
}

function within<T>(fd: number, close: (fd: number) => void, use: (fd: number) => T): T {
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}

/** getdents64(2): each entry says how long it is, and its name begins at 19. */
function names(text: Text, next: () => Uint8Array): string[] {
  const all: string[] = [];
  for (let entries = next(); entries.length > 0; entries = next()) {
    for (let at = 0; at < entries.length; at += (entries[at + 16] ?? 0) | ((entries[at + 17] ?? 0) << 8)) {
      const name = text.decode(entries.subarray(at + 19, entries.indexOf(0, at + 19)));
      if (name !== '.' && name !== '..') all.push(name);
    }
  }
  return all;
}

/** struct statx: the same on every architecture (linux/stat.h). */
function factsIn(bytes: Uint8Array): FileStat {
  const view = new DataView(bytes.buffer);
  const u32 = (at: number): number => view.getUint32(at, true);
  const u64 = (at: number): number => u32(at) + u32(at + 4) * 2 ** 32;
  const mode = view.getUint16(28, true);
  return {
    dev: device(u32(136), u32(140)),
    ino: u64(32),
    mode,
    nlink: u32(16),
    uid: u32(20),
    gid: u32(24),
    rdev: device(u32(128), u32(132)),
    size: u64(40),
    kind: kinds[mode >> 12] ?? 'file',
  };
}

/** As stat(2) has it in one number: makedev(3). */
function device(major: number, minor: number): number {
  const low = (minor & 0xff) | ((major & 0xfff) << 8);
  return low + (minor >>> 8) * 2 ** 20 + (major >>> 12) * 2 ** 44;
}

/** By the format's four bits of st_mode: inode(7). */
const kinds: Readonly<Record<number, FileKind>> = {
  1: 'fifo',
  2: 'char',
  4: 'directory',
  6: 'block',
  8: 'file',
  10: 'symlink',
  12: 'socket',
};

function bits(arch: Arch, flags: readonly OpenFlag[]): number {
  let all = O_CLOEXEC;
  for (const flag of flags) all |= openFlags[arch][flag];
  return all;
}

/** asm-generic/fcntl.h, and what each architecture has in its place. */
const common = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_APPEND: 0o2000,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_SYNC: 0o4010000,
} as const;
const openFlags: Readonly<Record<Arch, Readonly<Record<OpenFlag, number>>>> = {
  x86_64: { ...common, O_DIRECTORY: 0o200000, O_NOFOLLOW: 0o400000 },
  aarch64: { ...common, O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000 },
};
const O_CLOEXEC = 0o2000000;

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;
const EAGAIN = 11;
/** As much as a read gives at a time; a path has at most 4096 bytes. */
const ROOM = 1 << 14;
