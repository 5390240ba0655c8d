import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import { readAll } from '../../engine/read-all.ts';
import type { CgroupHost } from './manager.ts';
import { UNLIMITED } from './statistics/numbers.ts';

/**
 * One directory of the cgroup file system. The only file here that opens anything in it, so that the way in
 * which it is reached is decided in one place: what is changed, by {@link import('./beneath.ts').Beneath}; what is only
 * read, by its path, which needs no library and so keeps `state` and `list` fast.
 */
export class CgroupDirectory {
  constructor(
    private readonly host: Pick<CgroupHost, 'engine' | 'system'>,
    private readonly mount: string,
    readonly path: string,
  ) {}

  private get engine(): Pick<Engine, 'files' | 'encode' | 'decode'> {
    return this.host.engine;
  }

  child(name: string): CgroupDirectory {
    return new CgroupDirectory(this.host, this.mount, `${this.path}/${name}`);
  }

  read(file: string): string {
    return this.engine.decode(this.engine.files.read(`${this.path}/${file}`));
  }

  /** The file's text; undefined if it, or by now the directory, is not there, or the cgroup has no use for it. */
  tryRead(file: string): string | undefined {
    try {
      return this.read(file);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENODEV', 'EOPNOTSUPP')) return undefined;
      throw error;
    }
  }

  words(file: string): string[] {
    return (this.tryRead(file) ?? '').split(/\s+/).filter((word) => word !== '');
  }

  /** The number behind `key` in a file of `key number` lines. */
  count(file: string, key: string): number {
    return Number(this.counts(file).get(key) ?? 0n);
  }

  /** All of a file of `key number` lines; none if it is not there. */
  counts(file: string): Map<string, bigint> {
    return countsIn(this.tryRead(file) ?? '');
  }

  /** The one number in a file, 2^64 - 1 for `max`; undefined if it is not there. */
  value(file: string): bigint | undefined {
    const text = this.tryRead(file)?.trim();
    if (text === undefined) return undefined;
    return text === 'max' ? UNLIMITED : BigInt(text);
  }

  /** As {@link counts} by a descriptor that stays open. */
  openAndRead(file: string): { readonly fd: number; readonly counts: Map<string, bigint> } | undefined {
    const { files, decode } = this.engine;
    let fd: number | undefined;
    try {
      fd = files.open(`${this.path}/${file}`, ['O_RDONLY']);
      return { fd, counts: countsIn(decode(readAll(files, fd))) };
    } catch (error) {
      if (fd !== undefined) files.close(fd);
      if (isErrno(error, 'ENOENT', 'ENODEV')) return undefined;
      throw error;
    }
  }

  /** One write(2), as the kernel takes a file's new value. Never creates a file: a missing one is ENOENT. */
  write(file: string, value: string): void {
    const fd = this.host.system.beneath.open(this.mount, this.beneath(file));
    try {
      this.engine.files.write(fd, this.engine.encode(value));
    } finally {
      this.engine.files.close(fd);
    }
  }

  exists(): boolean {
    try {
      return this.engine.files.lstat(this.path).kind === 'directory';
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** Whether it was this call that made the directory. */
  make(): boolean {
    try {
      this.host.system.beneath.mkdir(this.mount, this.beneath(), 0o755);
      return true;
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return false;
      throw error;
    }
  }

  /** Fails with EBUSY while it holds processes or directories. One that is gone is no failure. */
  remove(): void {
    try {
      this.host.system.beneath.rmdir(this.mount, this.beneath());
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }

  children(): CgroupDirectory[] {
    return this.files()
      .map((name) => this.child(name))
      .filter((child) => child.exists());
  }

  /** The names of all that is in it. */
  files(): string[] {
    try {
      return this.engine.files.readdir(this.path);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENODEV')) return [];
      throw error;
    }
  }

  /** The processes in this directory itself; a threaded cgroup only lists threads. */
  processes(): number[] {
    const text = this.tryRead('cgroup.procs') ?? this.tryRead('cgroup.threads') ?? '';
    return text.split('\n').flatMap((line) => (line === '' ? [] : [Number(line)]));
  }

  /** Those below it too. */
  allProcesses(): number[] {
    return [...this.processes(), ...this.children().flatMap((child) => child.allProcesses())];
  }

  /** Who sits in it, in words: `12 (bash), 34 (sleep)`. */
  occupants(): string {
    const pids = this.processes();
    const shown = pids.slice(0, 5).map((pid) => `${pid} (${this.nameOf(pid)})`);
    return [...shown, ...(pids.length > 5 ? [`${pids.length - 5} more`] : [])].join(', ');
  }

  /** The path from the mount point. */
  private beneath(file?: string): string {
    const path = file === undefined ? this.path : `${this.path}/${file}`;
    return path.slice(this.mount.length + 1);
  }

  private nameOf(pid: number): string {
    try {
      return this.engine.decode(this.engine.files.read(`/proc/${pid}/comm`)).trim();
    } catch {
      return 'gone';
    }
  }
}

function countsIn(text: string): Map<string, bigint> {
  const lines = text.split('\n').map((line) => /^(\S+) (\d+)$/.exec(line) ?? []);
  return new Map(lines.flatMap(([, key, value]) => (key && value ? [[key, BigInt(value)] as const] : [])));
}
