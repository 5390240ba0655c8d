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
  const failure = (syscall: string, words: readonly string[], error: unknown): unknown => {
    const answer = refusal(error);
    return answer === undefined ? error : new SyscallError(syscall, words, answer.errno, answer.code);
  };
  /** Functions of one argument, of two and of three: words are made only of what has failed. */
  const one =
    <A, R>(syscall: string, call: (a: A) => R, words: (a: A) => string[]) =>
    (a: A): R => {
      try {
        return call(a);
      } catch (error) {
        throw failure(syscall, words(a), error);
      }
    };
  const two =
    <A, B, R>(syscall: string, call: (a: A, b: B) => R, words: (a: A, b: B) => string[]) =>
    (a: A, b: B): R => {
      try {
        return call(a, b);
      } catch (error) {
        throw failure(syscall, words(a, b), error);
      }
    };
  const three =
    <A, B, C, R>(syscall: string, call: (a: A, b: B, c: C) => R, words: (a: A, b: B, c: C) => string[]) =>
    (a: A, b: B, c: C): R => {
      try {
        return call(a, b, c);
      } catch (error) {
        throw failure(syscall, words(a, b, c), error);
      }
    };
  const cwd = one(
    'getcwd',
    () => files.cwd(),
    () => [],
  );
  return {
    read: one('read', files.read, quoted),
    open: three('open', files.open, (path, flags) => [JSON.stringify(path), ...flags]),
    write: two('write', files.write, descriptor),
    readSome: two('read', files.readSome, descriptor),
    fsync: one('fsync', files.fsync, descriptor),
    close: one('close', files.close, descriptor),
    mkdir: two('mkdir', files.mkdir, quoted),
    rmdir: one('rmdir', files.rmdir, quoted),
    unlink: one('unlink', files.unlink, quoted),
    rename: two('rename', files.rename, (from, to) => [JSON.stringify(from), to]),
    chmod: two('chmod', files.chmod, (path, mode) => [JSON.stringify(path), `0${mode.toString(8)}`]),
    chown: three('chown', files.chown, (path, uid, gid) => [JSON.stringify(path), `${uid}`, `${gid}`]),
    readlink: one('readlink', files.readlink, quoted),
    realpath: one('realpath', files.realpath, quoted),
    readdir: one('getdents64', files.readdir, quoted),
    stat: one('stat', files.stat, quoted),
    lstat: one('lstat', files.lstat, quoted),
    cwd: () => cwd(undefined),
    chdir: one('chdir', files.chdir, quoted),
  };
}

function quoted(path: string): string[] {
  return [JSON.stringify(path)];
}

function descriptor(fd: number): string[] {
  return [`fd ${fd}`];
}
