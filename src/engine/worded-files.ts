import type { Files } from './engine.ts';
import { SyscallError } from './errors.ts';

/** What the kernel answered, by number and by name. */
export interface Refusal {
  readonly errno: number;
  readonly code: string;
}

/**
 * An engine's files, with every failure as the record that all system calls fail with. `refusal` tells the kernel's
 * answer from an error of the engine's own, which stays what it is.
 */
export function worded(files: Files, refusal: (error: unknown) => Refusal | undefined): Files {
  const tried = <T>(syscall: string, args: readonly string[], call: () => T): T => {
    try {
      return call();
    } catch (error) {
      const answer = refusal(error);
      if (answer === undefined) throw error;
      const words = args.map((arg, i) => (i === 0 && !arg.startsWith('fd ') ? JSON.stringify(arg) : arg));
      throw new SyscallError(syscall, words, answer.errno, answer.code);
    }
  };
  return {
    read: (path) => tried('read', [path], () => files.read(path)),
    open: (path, flags, mode) => tried('open', [path, ...flags], () => files.open(path, flags, mode)),
    write: (fd, bytes) => tried('write', [`fd ${fd}`], () => files.write(fd, bytes)),
    readSome: (fd, size) => tried('read', [`fd ${fd}`], () => files.readSome(fd, size)),
    fsync: (fd) => tried('fsync', [`fd ${fd}`], () => files.fsync(fd)),
    close: (fd) => tried('close', [`fd ${fd}`], () => files.close(fd)),
    mkdir: (path, mode) => tried('mkdir', [path], () => files.mkdir(path, mode)),
    rmdir: (path) => tried('rmdir', [path], () => files.rmdir(path)),
    unlink: (path) => tried('unlink', [path], () => files.unlink(path)),
    rename: (from, to) => tried('rename', [from, to], () => files.rename(from, to)),
    chmod: (path, mode) => tried('chmod', [path, `0${mode.toString(8)}`], () => files.chmod(path, mode)),
    chown: (path, uid, gid) => tried('chown', [path, `${uid}`, `${gid}`], () => files.chown(path, uid, gid)),
    readlink: (path) => tried('readlink', [path], () => files.readlink(path)),
    realpath: (path) => tried('realpath', [path], () => files.realpath(path)),
    readdir: (path) => tried('getdents64', [path], () => files.readdir(path)),
    stat: (path) => tried('stat', [path], () => files.stat(path)),
    lstat: (path) => tried('lstat', [path], () => files.lstat(path)),
    cwd: () => tried('getcwd', [], () => files.cwd()),
    chdir: (path) => tried('chdir', [path], () => files.chdir(path)),
  };
}
