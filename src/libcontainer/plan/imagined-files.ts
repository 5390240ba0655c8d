import type { FileStat, Files } from '../../engine/engine.ts';
import { SyscallError } from '../../engine/errors.ts';
import { errnoNumber } from '../../syscalls/errno.ts';

import type { Descriptors } from './descriptors.ts';

/**
 * The host's files as they are, and over them what was done to them in imagination: what is written can be read again,
 * what is made is there, and the host keeps what it has.
 */
export class ImaginedFiles implements Files {
  /** Contents by path; null is a directory, undefined something that was removed. */
  private readonly changed = new Map<string, Uint8Array | null | undefined>();
  private readonly opened = new Map<number, string>();
  private readonly whole: string[] = [];
  private readonly looks = new Map<string, FileStat>();
  private readonly conversations = new Map<number, Conversation>();
  private directory: string;

  constructor(
    private readonly real: Files,
    /** Shared with the imagined system calls. */
    private readonly descriptors: Descriptors,
  ) {
    this.directory = real.cwd();
  }

  /** Has a file be there, such as those of a process that is imagined too. */
  imagine(path: string, content: Uint8Array | null): void {
    this.changed.set(path, content);
  }

  /** Has whatever lies in a directory be there, as in that of a process. */
  imagineAllOf(directory: string): void {
    this.whole.push(`${directory}/`);
  }

  /** A descriptor that a system call has opened: what is written to it is the file's, if it is one of a path. */
  adopt(fd: number, path: string | undefined): void {
    if (path === undefined) this.opened.delete(fd);
    else this.opened.set(fd, path);
  }

  /** What is written to the descriptor is said to somebody, and what is read from it is the answer. */
  converse(fd: number, partner: Conversation): void {
    this.conversations.set(fd, partner);
  }

  /** Has a path look like this. */
  imagineLook(path: string, ino: number): void {
    this.looks.set(path, imagined('file', 0, ino));
  }

  read(path: string): Uint8Array {
    const place = this.at(path);
    // What has no other name, such as a memfd, has what was written to it, and libraries write nothing.
    if (this.descriptor(place)) return new Uint8Array();
    if (!this.changed.has(place)) return this.beneathImagined(place) ? missing('open', path) : this.real.read(place);
    const content = this.changed.get(place);
    if (content === null) throw failure('read', path, 'EISDIR');
    if (content === undefined) throw failure('open', path, 'ENOENT');
    return content;
  }

  open(path: string, flags: Parameters<Files['open']>[1]): number {
    const place = this.at(path);
    const there = this.exists(place);
    if (flags.includes('O_EXCL') && there) throw failure('open', path, 'EEXIST');
    if (!there && !flags.includes('O_CREAT')) throw failure('open', path, 'ENOENT');
    if (!there || flags.includes('O_TRUNC')) this.changed.set(place, new Uint8Array());
    const fd = this.descriptors.open();
    this.opened.set(fd, place);
    return fd;
  }

  write(fd: number, bytes: Uint8Array): void {
    this.conversations.get(fd)?.write(bytes);
    const place = this.opened.get(fd);
    if (place === undefined) return;
    const before = this.changed.get(place) ?? new Uint8Array();
    const after = new Uint8Array(before.length + bytes.length);
    after.set(before);
    after.set(bytes, before.length);
    this.changed.set(place, after);
  }

  readSome(fd: number, size: number): Uint8Array {
    const partner = this.conversations.get(fd);
    if (partner) return partner.read();
    const place = this.opened.get(fd);
    return place === undefined ? new Uint8Array() : this.read(place).slice(0, size);
  }

  close(fd: number): void {
    this.opened.delete(fd);
    this.conversations.delete(fd);
    this.descriptors.close(fd);
  }

  mkdir(path: string): void {
    const place = this.at(path);
    if (this.isMade(place)) throw failure('mkdir', path, 'EEXIST');
    this.changed.set(place, null);
  }

  rmdir(path: string): void {
    this.remove('rmdir', path);
  }

  unlink(path: string): void {
    this.remove('unlink', path);
  }

  rename(from: string, to: string): void {
    this.changed.set(this.at(to), this.read(from));
    this.changed.set(this.at(from), undefined);
  }

  readdir(path: string): string[] {
    const prefix = `${this.at(path)}/`;
    const made = [...this.changed].filter(
      ([place]) => place.startsWith(prefix) && !place.slice(prefix.length).includes('/'),
    );
    const names = new Set(this.changed.get(this.at(path)) === null ? [] : this.real.readdir(path));
    for (const [place, content] of made) {
      const name = place.slice(prefix.length);
      if (content === undefined) names.delete(name);
      else names.add(name);
    }
    return [...names];
  }

  stat(path: string): FileStat {
    return this.look('stat', path, (place) => this.real.stat(place));
  }

  lstat(path: string): FileStat {
    return this.look('lstat', path, (place) => this.real.lstat(place));
  }

  realpath(path: string): string {
    return this.changed.has(this.at(path)) ? this.at(path) : this.real.realpath(path);
  }

  readlink(path: string): string {
    return this.real.readlink(path);
  }

  cwd(): string {
    return this.directory;
  }

  chdir(path: string): void {
    if (this.stat(path).kind !== 'directory') throw failure('chdir', path, 'ENOTDIR');
    this.directory = this.realpath(path);
  }

  fsync(): void {}
  chmod(): void {}
  chown(): void {}

  private look(syscall: string, path: string, real: (place: string) => FileStat): FileStat {
    const place = this.at(path);
    const known = this.looks.get(place) ?? this.descriptor(place);
    if (known) return known;
    if (!this.changed.has(place)) return this.beneathImagined(place) ? this.someFile(syscall, path) : real(place);
    const content = this.changed.get(place);
    if (content === undefined) throw failure(syscall, path, 'ENOENT');
    return imagined(content === null ? 'directory' : 'file', content?.length ?? 0);
  }

  /** In a directory that is not there but in imagination. */
  private beneathImagined(place: string): boolean {
    for (let at = place.lastIndexOf('/'); at > 0; at = place.lastIndexOf('/', at - 1)) {
      if (this.changed.get(place.slice(0, at)) === null) return true;
    }
    return false;
  }

  private someFile(syscall: string, path: string): FileStat {
    return this.exists(this.at(path)) ? imagined('file', 0) : missing(syscall, path);
  }

  /** What an imagined descriptor stands for has no other name. */
  private descriptor(place: string): FileStat | undefined {
    const fd = /^\/proc\/self\/fd\/(\d+)$/.exec(place)?.[1];
    return fd !== undefined && this.descriptors.has(Number(fd)) ? imagined('file', 0) : undefined;
  }

  private exists(place: string): boolean {
    if (!this.changed.has(place) && this.whole.some((directory) => place.startsWith(directory))) return true;
    return this.isMade(place);
  }

  /** Whether there is something of that very name, and not only whatever one may ask for. */
  private isMade(place: string): boolean {
    if (this.changed.has(place)) return this.changed.get(place) !== undefined;
    if (this.beneathImagined(place)) return false;
    try {
      this.real.lstat(place);
      return true;
    } catch {
      return false;
    }
  }

  private remove(syscall: string, path: string): void {
    if (!this.exists(this.at(path))) throw failure(syscall, path, 'ENOENT');
    this.changed.set(this.at(path), undefined);
  }

  private at(path: string): string {
    return path.startsWith('/') ? path : `${this.directory}/${path}`;
  }
}

/** Whoever is at the other end of a socket. */
interface Conversation {
  write(bytes: Uint8Array): void;
  read(): Uint8Array;
}

function imagined(kind: FileStat['kind'], size: number, ino = 1): FileStat {
  return { dev: 0, ino, mode: 0o755, nlink: 1, uid: 0, gid: 0, rdev: 0, size, kind };
}

function missing(syscall: string, path: string): never {
  throw failure(syscall, path, 'ENOENT');
}

function failure(syscall: string, path: string, code: string): SyscallError {
  return new SyscallError(syscall, [JSON.stringify(path)], errnoNumber(code), code);
}
