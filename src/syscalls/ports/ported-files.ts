import type { Files } from '../../engine/engine.ts';
import { SyscallError } from '../../engine/errors.ts';
import { errnoCode } from '../errno.ts';
import { bytes as bytesWords, mode as modeWords } from '../params.ts';
import type { Sequence } from './sequence.ts';

/** File operations that go through a {@link Sequence}, numbered together with the system calls of the ports. */
export function portedFiles(files: Files, sequence: Sequence, process: string): Files {
  const through = throughSequence(sequence, process);
  const nothing = (): void => undefined;
  return {
    read: (path) => through('read', [quote(path)], () => files.read(path)),
    open: (path, flags, mode = 0o666) =>
      through('open', [quote(path), flags.join('|'), octal(mode)], () => files.open(path, flags, mode), Number),
    write: (fd, bytes) =>
      through('write', [`fd ${fd}`, bytesWords.words(bytes)], () => files.write(fd, bytes), nothing),
    readSome: (fd, size) => through('read', [`fd ${fd}`, `${size}`], () => files.readSome(fd, size)),
    fsync: (fd) => through('fsync', [`fd ${fd}`], () => files.fsync(fd), nothing),
    close: (fd) => through('close', [`fd ${fd}`], () => files.close(fd), nothing),
    mkdir: (path, mode) => through('mkdir', [quote(path), octal(mode)], () => files.mkdir(path, mode), nothing),
    rmdir: (path) => through('rmdir', [quote(path)], () => files.rmdir(path), nothing),
    unlink: (path) => through('unlink', [quote(path)], () => files.unlink(path), nothing),
    rename: (from, to) => through('rename', [quote(from), quote(to)], () => files.rename(from, to), nothing),
    chmod: (path, mode) => through('chmod', [quote(path), octal(mode)], () => files.chmod(path, mode), nothing),
    chown: (path, uid, gid) =>
      through('chown', [quote(path), `${uid}`, `${gid}`], () => files.chown(path, uid, gid), nothing),
    readlink: (path) => through('readlink', [quote(path)], () => files.readlink(path)),
    realpath: (path) => through('realpath', [quote(path)], () => files.realpath(path)),
    readdir: (path) => through('getdents64', [quote(path)], () => files.readdir(path)),
    stat: (path) => through('stat', [quote(path)], () => files.stat(path)),
    lstat: (path) => through('lstat', [quote(path)], () => files.lstat(path)),
    cwd: () => through('getcwd', [], () => files.cwd()),
    chdir: (path) => through('chdir', [quote(path)], () => files.chdir(path), nothing),
  };
}

/**
 * Makes a call that is no system call of a port's. `from` makes what the caller gets of a number that a watcher
 * answers instead; without it the call gives more than a number, and only a failure can stand in for it.
 */
type Through = <T>(name: string, words: readonly string[], make: () => T, from?: (result: number) => T) => T;

export function throughSequence(sequence: Sequence, process: string): Through {
  return (name, words, make, from) => {
    const call = { number: sequence.next(), process, name, words: () => words };
    const instead = sequence.isAnnounced ? sequence.announce(call) : undefined;
    const start = sequence.clock();
    const report = (result: number): void =>
      sequence.report(call, result, { start, duration: sequence.clock() - start });
    try {
      if (instead && 'die' in instead) return instead.die();
      const value = instead ? answer(name, words, instead.result, from) : make();
      report(numberOf(value));
      return value;
    } catch (error) {
      if (error instanceof SyscallError) report(-error.errno);
      throw error;
    }
  };
}

function answer<T>(name: string, words: readonly string[], result: number, from?: (result: number) => T): T {
  if (result < 0) throw new SyscallError(name, words, -result, errnoCode(-result));
  if (!from) throw new TypeError(`${name} gives more than a number: it can fail instead, but not succeed`);
  return from(result);
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return value instanceof Uint8Array ? value.length : 0;
}

const quote = (path: string): string => JSON.stringify(path);
const octal = (mode: number): string => modeWords.words(mode);
