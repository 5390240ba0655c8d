import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import type { IntelRdt } from '../../spec/config.ts';
import { ContainerError } from '../errors.ts';
import { firstMismatch, linesOf } from './schemata.ts';

type Machine = Pick<Engine, 'files' | 'encode' | 'decode'>;

/** Where the kernel's resctrl file system is mounted; undefined: nowhere. */
export function resctrlRoot({ files, decode }: Machine): string | undefined {
  const lines = decode(files.read('/proc/self/mountinfo')).split('\n');
  return lines.find((line) => line.includes(' - resctrl '))?.split(' ')[4];
}

/**
 * A container's class of service: a directory of resctrl whose `schemata` say what cache and memory bandwidth its
 * tasks get. `root` is where resctrl is mounted.
 */
export class RdtGroup {
  /** What was not there before, and is to go with the container: {@link removeGroups}. */
  readonly temporary: readonly string[];
  readonly directory: string;
  /** The container's own monitoring group. */
  readonly monitor: string | undefined;
  private readonly exists: boolean;

  constructor(
    private readonly machine: Machine,
    private readonly root: string,
    id: string,
    private readonly rdt: IntelRdt,
  ) {
    const { closID, enableMonitoring } = rdt;
    this.directory = closID === '/' ? root : `${root}/${closID || id}`;
    this.monitor = enableMonitoring ? `${this.directory}/mon_groups/${id}` : undefined;
    this.exists = isDirectory(machine, this.directory);
    const own = !closID && !this.exists ? [this.directory] : [];
    this.temporary = [...(this.monitor ? [this.monitor] : []), ...own];
  }

  /** Makes the group, or finds it as it is wanted. */
  make(): void {
    const lines = linesOf(this.rdt);
    if (this.exists && this.rdt.closID) this.compare(lines);
    else if (lines.length === 0 && this.rdt.closID) {
      throw new ContainerError(
        'host',
        `there is no class of service ${this.directory}, and nothing says what it should be`,
      );
    } else {
      if (!this.exists) this.makeDirectory(this.directory);
      for (const line of lines) this.write(this.schemata, `${line}\n`);
    }
    if (this.monitor) this.makeDirectory(this.monitor);
  }

  /** What a process starts from here on belongs to the group too. */
  add(pid: number): void {
    for (const group of [this.directory, ...(this.monitor ? [this.monitor] : [])])
      this.write(`${group}/tasks`, `${pid}\n`);
  }

  /** Writes other lines to `schemata`: all of them or none. Returns what puts the old ones back. */
  change(lines: readonly string[]): () => void {
    const { files, decode } = this.machine;
    const before = decode(files.read(this.schemata)).split('\n');
    const resources = lines.map((line) => line.split(':')[0]);
    const old = before.map((line) => line.trim()).filter((line) => resources.includes(line.split(':')[0]));
    const writeAll = (texts: readonly string[]): void => {
      for (const line of texts) this.write(this.schemata, `${line}\n`);
    };
    try {
      writeAll(lines);
    } catch (error) {
      writeAll(old);
      throw error;
    }
    return () => writeAll(old);
  }

  private get schemata(): string {
    return `${this.directory}/schemata`;
  }

  private compare(lines: readonly string[]): void {
    const { files, decode } = this.machine;
    if (lines.length === 0) return;
    const line = firstMismatch(lines, decode(files.read(this.schemata)));
    if (line === undefined) return;
    throw new ContainerError('host', `${this.directory} exists and its schemata are not ${JSON.stringify(line)}`);
  }

  private makeDirectory(path: string): void {
    this.attempt(`make ${path}`, () => this.machine.files.mkdir(path, 0o755));
  }

  private write(path: string, text: string): void {
    const { files, encode } = this.machine;
    this.attempt(`write ${JSON.stringify(text.trim())} to ${path}`, () => {
      const fd = files.open(path, ['O_WRONLY']);
      try {
        files.write(fd, encode(text));
      } finally {
        files.close(fd);
      }
    });
  }

  /** resctrl tells in a file of its own what errno does not. */
  private attempt(what: string, action: () => void): void {
    try {
      action();
    } catch (cause) {
      throw new ContainerError('host', what, { cause, hint: this.lastStatus() ?? limits(cause) });
    }
  }

  private lastStatus(): string | undefined {
    const { files, decode } = this.machine;
    try {
      const text = decode(files.read(`${this.root}/info/last_cmd_status`)).trim();
      return text === '' || text === 'ok' ? undefined : text;
    } catch {
      return undefined;
    }
  }
}

/** Gives back what {@link RdtGroup.temporary} named. The kernel removes a group with all that is in it. */
export function removeGroups({ files }: Pick<Engine, 'files'>, groups: readonly string[]): void {
  for (const group of groups) {
    try {
      files.rmdir(group);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
}

function limits(cause: unknown): string | undefined {
  return isErrno(cause, 'ENOSPC') ? 'the CPU has no more classes of service or monitoring groups' : undefined;
}

export function isDirectory({ files }: Machine, path: string): boolean {
  try {
    return files.stat(path).kind === 'directory';
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
