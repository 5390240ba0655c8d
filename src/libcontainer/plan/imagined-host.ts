import { SyscallError } from '../../engine/errors.ts';
import { type Entry, type Operand, Result } from '../../syscalls/batch.ts';
import { pathElements } from '../path.ts';
import type { ImaginedFiles } from './imagined-files.ts';

/** What the kernel would answer to the runtime about the host's own directories, for calls that name them by descriptor. */
export class ImaginedHost {
  /** Directories by their descriptors. */
  private readonly places = new Map<number, string>();
  private opening: string | undefined;

  constructor(private readonly files: ImaginedFiles) {}

  /** Undefined: no objection. */
  answer({ call, registers }: Entry): number | undefined {
    const words = call.words();
    this.opening = undefined;
    switch (call.name) {
      case 'openat':
      case 'openat2':
        return this.open(this.at(registers[0], words[1]), words[2] ?? '');
      case 'mkdirat':
        return outcome(() => this.make(this.at(registers[0], words[1])));
      case 'unlinkat':
        return outcome(() => this.files.rmdir(this.at(registers[0], words[1])));
      default:
        return undefined;
    }
  }

  /** Told of the descriptor that the call got which was asked about last. */
  opened(fd: number): void {
    this.files.adopt(fd, this.opening);
    if (this.opening === undefined) this.places.delete(fd);
    else this.places.set(fd, this.opening);
  }

  /** A cgroup, and those between it and `mount` that are not there. */
  makeCgroup(mount: string, path: string): void {
    let place = mount;
    for (const name of pathElements(path)) {
      place = `${place}/${name}`;
      outcome(() => this.make(place));
    }
  }

  private open(path: string, how: string): number | undefined {
    if (how.includes('O_TMPFILE')) return undefined;
    this.opening = path;
    return outcome(() => void this.files.stat(path));
  }

  private make(path: string): void {
    this.files.mkdir(path);
    if (path.startsWith('/sys/fs/cgroup/')) this.populate(path);
  }

  /** A cgroup is born with its files. */
  private populate(cgroup: string): void {
    this.files.imagineAllOf(cgroup);
    const parent = cgroup.slice(0, cgroup.lastIndexOf('/'));
    const born = {
      'cgroup.controllers': this.files.read(`${parent}/cgroup.controllers`),
      'cgroup.subtree_control': new Uint8Array(),
      'cgroup.procs': new Uint8Array(),
    };
    for (const [name, content] of Object.entries(born)) this.files.imagine(`${cgroup}/${name}`, content);
  }

  private at(directory: Operand | undefined, word = '""'): string {
    const name = word.startsWith('"') ? String(JSON.parse(word)) : '';
    if (name.startsWith('/')) return `/${pathElements(name).join('/')}`;
    const place = this.places.get(directory instanceof Result && directory.known ? directory.value : Number(directory));
    return name === '.' || name === '' ? (place ?? '') : `${place ?? ''}/${name}`;
  }
}

function outcome(act: () => void): number | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof SyscallError) return -error.errno;
    throw error;
  }
}
