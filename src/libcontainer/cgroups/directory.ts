import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import type { CgroupHost } from './manager.ts';

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
    const line = this.tryRead(file)
      ?.split('\n')
      .find((candidate) => candidate.startsWith(`${key} `));
    return line === undefined ? 0 : Number(line.slice(key.length + 1));
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
