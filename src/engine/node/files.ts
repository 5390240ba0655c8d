import * as fs from 'node:fs';
import type { FileKind, FileStat, Files, OpenFlag } from '../engine.ts';
import { SyscallError } from '../errors.ts';

/** Files by Node's synchronous functions, which are thin enough: one system call each, no event loop. */
export const files: Files = {
  read: (path) => tried('read', [path], () => fs.readFileSync(path)),
  open: (path, flags, mode = 0o666) => tried('open', [path, ...flags], () => fs.openSync(path, bits(flags), mode)),
  write: (fd, bytes) => tried('write', [`fd ${fd}`], () => writeAll(fd, bytes)),
  readSome: (fd, size) =>
    tried('read', [`fd ${fd}`], () => {
      const buffer = new Uint8Array(size);
      return buffer.subarray(0, fs.readSync(fd, buffer));
    }),
  fsync: (fd) => tried('fsync', [`fd ${fd}`], () => fs.fsyncSync(fd)),
  close: (fd) => tried('close', [`fd ${fd}`], () => fs.closeSync(fd)),
  mkdir: (path, mode) => tried('mkdir', [path], () => void fs.mkdirSync(path, mode)),
  rmdir: (path) => tried('rmdir', [path], () => fs.rmdirSync(path)),
  unlink: (path) => tried('unlink', [path], () => fs.unlinkSync(path)),
  rename: (from, to) => tried('rename', [from, to], () => fs.renameSync(from, to)),
  chmod: (path, mode) => tried('chmod', [path, `0${mode.toString(8)}`], () => fs.chmodSync(path, mode)),
  chown: (path, uid, gid) => tried('chown', [path, `${uid}`, `${gid}`], () => fs.chownSync(path, uid, gid)),
  readlink: (path) => tried('readlink', [path], () => fs.readlinkSync(path)),
  realpath: (path) => tried('realpath', [path], () => fs.realpathSync.native(path)),
  readdir: (path) => tried('getdents64', [path], () => fs.readdirSync(path)),
  stat: (path) => tried('stat', [path], () => facts(fs.statSync(path))),
  lstat: (path) => tried('lstat', [path], () => facts(fs.lstatSync(path))),
  cwd: () => tried('getcwd', [], () => process.cwd()),
  chdir: (path) => tried('chdir', [path], () => process.chdir(path)),
};

function tried<T>(syscall: string, args: readonly string[], call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const words = args.map((arg, i) => (i === 0 && !arg.startsWith('fd ') ? JSON.stringify(arg) : arg));
    // libuv has one name for two; the kernel means this one.
    const code = error.code === 'ENOTSUP' ? 'EOPNOTSUPP' : error.code;
    throw new SyscallError(syscall, words, Math.abs(error.errno), code);
  }
}

/** By its shape: under a test runner Node's errors are of another realm's Error. */
function isSystemError(error: unknown): error is { code: string; errno: number } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'errno' in error &&
    typeof error.errno === 'number' &&
    'code' in error
  );
}

/** EAGAIN: the caller gave a stream that is O_NONBLOCK, and its reader is slow. Ours are small: wait for room. */
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += fs.writeSync(fd, bytes, done);
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function bits(flags: readonly OpenFlag[]): number {
  return flags.reduce((all, flag) => all | fs.constants[flag], O_CLOEXEC);
}

const O_CLOEXEC = 0o2000000;

const kinds: Readonly<Record<number, FileKind>> = {
  [fs.constants.S_IFREG]: 'file',
  [fs.constants.S_IFDIR]: 'directory',
  [fs.constants.S_IFLNK]: 'symlink',
  [fs.constants.S_IFCHR]: 'char',
  [fs.constants.S_IFBLK]: 'block',
  [fs.constants.S_IFIFO]: 'fifo',
  [fs.constants.S_IFSOCK]: 'socket',
};

function facts(stat: fs.Stats): FileStat {
  const { dev, ino, mode, nlink, uid, gid, rdev, size } = stat;
  return { dev, ino, mode, nlink, uid, gid, rdev, size, kind: kinds[mode & fs.constants.S_IFMT] ?? 'file' };
}
