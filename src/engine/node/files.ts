import * as fs from 'node:fs';
import type { FileKind, FileStat, Files, OpenFlag } from '../engine.ts';
import { type Refusal, worded } from '../worded-files.ts';

/** Files by Node's synchronous functions, which are thin enough: one system call each, no event loop. */
export const files: Files = worded(
  {
    read: (path) => fs.readFileSync(path),
    open: (path, flags, mode = 0o666) => fs.openSync(path, bits(flags), mode),
    write: writeAll,
    readSome(fd, size) {
      const buffer = new Uint8Array(size);
      return buffer.subarray(0, fs.readSync(fd, buffer));
    },
    fsync: fs.fsyncSync,
    close: fs.closeSync,
    mkdir: (path, mode) => void fs.mkdirSync(path, mode),
    rmdir: (path) => fs.rmdirSync(path),
    unlink: fs.unlinkSync,
    rename: fs.renameSync,
    chmod: fs.chmodSync,
    chown: fs.chownSync,
    readlink: (path) => fs.readlinkSync(path),
    realpath: (path) => fs.realpathSync.native(path),
    readdir: (path) => fs.readdirSync(path),
    stat: (path) => facts(fs.statSync(path)),
    lstat: (path) => facts(fs.lstatSync(path)),
    cwd: () => process.cwd(),
    chdir: (path) => process.chdir(path),
  },
  refusal,
);

function refusal(error: unknown): Refusal | undefined {
  if (!isSystemError(error)) return undefined;
  // libuv has one name for two; the kernel means this one.
  return { errno: Math.abs(error.errno), code: error.code === 'ENOTSUP' ? 'EOPNOTSUPP' : error.code };
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
