import type { FileStat, Files } from '../../engine/engine.ts';
import { type Entry, Memory, type Operand, Result } from '../../syscalls/batch.ts';
import { fileTypes, superMagic, TTYAUX_MAJOR, UNIX98_PTY_SLAVE_MAJOR } from '../../syscalls/constants.ts';
import { errnoNumber } from '../../syscalls/errno.ts';
import { type FieldType, readField, type Struct, writeField } from '../../syscalls/struct.ts';
import { bpfProgQuery, pollfd, statfs, statx, ucred } from '../../syscalls/structs.ts';
import { pathElements } from '../path.ts';
import type { Descriptors } from './descriptors.ts';

/**
 * What the kernel would answer to init, as far as the recipe asks: which paths of the container there are, given what
 * the rootfs has, what has been mounted over it, and what has been made. Arguments are read as the words that an
 * error or a trace would show, in which a descriptor stands as the path that it was opened by.
 */
export class ImaginedKernel {
  /** What is mounted where, by paths from the container's root; the last one wins. */
  private readonly mounts: { path: string; type: string; source: string }[] = [];
  private readonly made = new Map<string, Kind>();
  private readonly nodes = new Map<string, { mode: number; device: number }>();
  /** What a detached mount is of, by its descriptor. */
  private readonly places = new Map<number, string>();
  private readonly trees = new Map<number, { type: string; source: string }>();
  private current: Entry | undefined;
  private position = 0;
  /** The container's root is init's. */
  private entered = false;

  constructor(
    private readonly host: Files,
    /** Of the bundle: absolute. */
    private readonly rootfs: string,
    private readonly encode: (text: string) => Uint8Array,
    private readonly initPid: number,
  ) {}

  /** Undefined: no objection. */
  answer(entry: Entry): number | undefined {
    this.current = entry;
    return this.answers[entry.call.name]?.(this.wordsOf(entry), entry);
  }

  /** A descriptor for the call that was asked about last. */
  open(descriptors: Descriptors): number {
    const fd = descriptors.open();
    this.trees.delete(fd);
    const [first = '', second = ''] = this.current ? this.wordsOf(this.current) : [];
    this.places.delete(fd);
    if (this.current?.call.name === 'openat2') this.places.set(fd, inside(first, second));
    if (this.current?.call.name === 'fsmount') this.trees.set(fd, { type: unquoted(first), source: '' });
    if (this.current?.call.name === 'ioctl') this.trees.set(fd, { type: 'devpts', source: PEER });
    if (this.current?.call.name === 'open_tree') this.trees.set(fd, { type: 'bind', source: unquoted(second) });
    return fd;
  }

  /** A descriptor's word is the last part of its path, if its directory was a descriptor: here it is all of it. */
  private wordsOf({ call, registers }: Entry): string[] {
    return call.words().map((word, i) => {
      const place = /^(<|\d+$)/.test(word) ? this.places.get(descriptorOf(registers[i])) : undefined;
      return place === undefined ? word : `<${JSON.stringify(place)}>`;
    });
  }

  private readonly answers: {
    readonly [name: string]: (words: readonly string[], entry: Entry) => number | undefined;
  } = {
    openat2: ([directory = '', name = '', how = '']) => {
      if (how.includes('O_EXCL')) return this.make(inside(directory, name), 'file');
      const kind = this.kindAt(directory, name);
      if (kind === undefined) return -errnoNumber('ENOENT');
      return how.includes('O_DIRECTORY') && kind !== 'directory' ? -errnoNumber('ENOTDIR') : undefined;
    },
    fstatfs: ([file = ''], { registers }) => {
      const devpts = this.terminal(file) || this.mountOf(inside(file, '""'))?.type === 'devpts';
      if (devpts) fill(registers[1], statfs, { f_type: superMagic.DEVPTS_SUPER_MAGIC });
      return undefined;
    },
    statx: ([directory = '', name = ''], { registers }) => {
      const path = inside(directory, name);
      const terminal = this.terminal(directory);
      const kind = terminal ? 'char' : this.kindAt(directory, name);
      if (kind === undefined) return -errnoNumber(name === '""' ? 'EBADF' : 'ENOENT');
      fill(registers[4], statx, {
        stx_mode: fileTypes[modes[kind]] | 0o755,
        ...(path === 'dev/null' && { stx_rdev_major: 1, stx_rdev_minor: 3 }),
        ...nodeFacts(this.nodes.get(path)),
        ...terminal,
      });
      return undefined;
    },
    read: ([file = ''], { registers: [, memory] }) => {
      const piece = memory instanceof Memory ? memory.bytes : new Uint8Array();
      const bytes = this.contentOf(unquoted(file)).subarray(this.position, this.position + piece.length);
      piece.set(bytes);
      // One file is read at a time, to its end.
      this.position = bytes.length === 0 ? 0 : this.position + bytes.length;
      return bytes.length;
    },
    readlinkat: ([directory = '', name = ''], { registers: [, , text] }) => {
      const target = this.linkAt(inside(directory, name));
      if (typeof target === 'number') return target;
      const bytes = this.encode(target);
      if (text instanceof Memory) text.bytes.set(bytes);
      return bytes.length;
    },
    mkdirat: ([directory = '', name = '']) => this.make(inside(directory, name), 'directory'),
    mknodat: ([directory = '', name = '', mode = '', device = '']) => {
      const path = inside(directory, name);
      const failure = this.make(path, 'char');
      if (failure === undefined) this.nodes.set(path, { mode: Number.parseInt(mode, 8), device: Number(device) });
      return failure;
    },
    symlinkat: ([, directory = '', name = '']) => this.make(inside(directory, name), 'symlink'),
    faccessat2: ([, name = '']) => (this.kindOf(unquoted(name)) === undefined ? -errnoNumber('ENOENT') : undefined),
    move_mount: ([tree = '', , target = '', name = ''], { registers }) => {
      const what = this.trees.get(Number(tree)) ?? { type: 'bind', source: unquoted(tree) };
      const path = inside(target, name);
      // The rootfs itself goes onto its own path on the host.
      if (path.startsWith('/')) return undefined;
      this.mounts.push({ path, ...what });
      this.places.set(descriptorOf(registers[0]), path);
      return undefined;
    },
    bpf: ([command = ''], { registers }) => {
      if (command === 'BPF_PROG_QUERY') fill(registers[1], bpfProgQuery, { prog_cnt: 0 });
      return undefined;
    },
    wait4: (_, { registers: [pid] }) => Math.max(0, descriptorOf(pid)),
    // No code of ours is run in imagination.
    mprotect: () => -errnoNumber('EACCES'),
    // A flag is known if the kernel gets as far as to look for a program.
    seccomp: (_, { registers: [, , program] }) => (program === 0 ? -errnoNumber('EFAULT') : undefined),
    // Whoever is waited for is done.
    ppoll: (_, { registers: [table] }) => {
      if (!(table instanceof Memory)) return undefined;
      for (let at = 0; at < table.bytes.length; at += pollfd.size) {
        fill(table, pollfd, { revents: readField(pollfd, 'events', table.bytes.subarray(at)) }, at);
      }
      return table.bytes.length / pollfd.size;
    },
    pivot_root: () => this.enter(),
    chroot: () => this.enter(),
    getcwd: (_, { registers: [path] }) => {
      if (path instanceof Memory) path.bytes.set(ROOT);
      return ROOT.length;
    },
    getsockopt: (_, { registers }) => {
      fill(registers[3], ucred, { pid: this.initPid });
      return undefined;
    },
  };

  /** Which device of a devpts the descriptor is, if it is one. */
  private terminal(file: string): { stx_rdev_major: number; stx_rdev_minor: number } | undefined {
    if (unquoted(file).endsWith(`/${MULTIPLEXER}`)) return { stx_rdev_major: TTYAUX_MAJOR, stx_rdev_minor: 2 };
    const peer = this.trees.get(Number(file))?.source === PEER;
    return peer ? { stx_rdev_major: UNIX98_PTY_SLAVE_MAJOR, stx_rdev_minor: 0 } : undefined;
  }

  /** In a file system of init's that is mounted nowhere, or in the container. */
  private kindAt(directory: string, name: string): Kind | undefined {
    const path = unquoted(name);
    if (directory === 'AT_FDCWD' && path.startsWith('/') && !this.entered) return this.look(path);
    const tree = this.trees.get(Number(directory));
    // The bind mount that is kept open is the rootfs.
    const source = tree && tree.type !== 'bind' ? sources[tree.type]?.(tree.source) : undefined;
    return source === undefined ? this.kindOf(inside(directory, name)) : this.onHost(source, unquoted(name));
  }

  private contentOf(path: string): Uint8Array {
    try {
      return this.host.read(`${this.rootfs}${path}`);
    } catch {
      return new Uint8Array();
    }
  }

  /** What a link of the rootfs says, or why it is none. */
  private linkAt(path: string): string | number {
    const kind = this.kindOf(path, false);
    if (kind !== 'symlink') return -errnoNumber(kind === undefined ? 'ENOENT' : 'EINVAL');
    return this.made.has(path) ? '' : this.host.readlink(`${this.rootfs}/${path}`);
  }

  private enter(): undefined {
    this.entered = true;
  }

  private make(path: string, kind: Kind): number | undefined {
    if (this.kindOf(path) !== undefined) return -errnoNumber('EEXIST');
    this.made.set(path, kind);
    return undefined;
  }

  private kindOf(given: string, follow = true): Kind | undefined {
    const path = given.replace(/^\/+/, '');
    if (path === '' || path === '.') return 'directory';
    const made = this.made.get(path);
    if (made) return made;
    const mount = this.mountOf(path);
    if (mount?.path === path) return 'directory';
    if (mount?.type === 'devpts') return path === `${mount.path}/${MULTIPLEXER}` ? 'char' : undefined;
    const below = mount ? path.slice(mount.path.length + 1) : path;
    const source = mount ? sources[mount.type]?.(mount.source) : this.rootfs;
    return source === undefined ? undefined : this.onHost(source, below, follow ? 0 : MOST_LINKS);
  }

  private mountOf(path: string): { path: string; type: string; source: string } | undefined {
    return [...this.mounts].reverse().find((candidate) => `${path}/`.startsWith(`${candidate.path}/`));
  }

  /** Links are followed as in a container: an absolute one begins at `root`. */
  private onHost(root: string, path: string, depth = 0): Kind | undefined {
    const left = path.split('/');
    let place = root;
    for (const [index, name] of left.entries()) {
      place = `${place}/${name}`;
      const kind = this.look(place);
      if (kind === undefined) return undefined;
      if (kind === 'symlink' && depth < MOST_LINKS) {
        const target = this.host.readlink(place);
        const rest = left.slice(index + 1);
        const from = target.startsWith('/') ? '' : left.slice(0, index).join('/');
        return this.onHost(root, pathElements([from, target, ...rest].join('/')).join('/'), depth + 1);
      }
      if (index === left.length - 1) return kind;
    }
    return 'directory';
  }

  private look(path: string): Kind | undefined {
    try {
      return this.host.lstat(path).kind;
    } catch {
      return undefined;
    }
  }
}

type Kind = FileStat['kind'];

/** Of a terminal: the only file of a new devpts, and what comes of it. */
const MULTIPLEXER = 'ptmx';
const PEER = 'peer';

/** Where what a file system shows can be seen on the host too; of a new one there is nothing yet. */
const sources: { readonly [type: string]: (source: string) => string } = {
  proc: () => '/proc',
  sysfs: () => '/sys',
  bind: (source) => source,
};

const modes = {
  file: 'S_IFREG',
  directory: 'S_IFDIR',
  symlink: 'S_IFLNK',
  char: 'S_IFCHR',
  block: 'S_IFBLK',
  fifo: 'S_IFIFO',
  socket: 'S_IFSOCK',
} as const satisfies Readonly<Record<Kind, keyof typeof fileTypes>>;

const MOST_LINKS = 40;

/** `/` and its end. */
const ROOT = Uint8Array.of(0x2f, 0);

/** `<"dev">` and `"null"` → `dev/null`; a descriptor that is a mere number is the root. */
function inside(directory: string, name: string): string {
  return [unquoted(directory), unquoted(name)].filter((part) => part !== '' && part !== '.' && part !== '/').join('/');
}

/** `<"x">` and `"x"` → `x`. */
function unquoted(word: string): string {
  const quoted = /^<?(".*")>?$/.exec(word)?.[1];
  return quoted === undefined ? '' : String(JSON.parse(quoted));
}

/** Of a device that was made: see makedev(3). */
function nodeFacts(node: { mode: number; device: number } | undefined): Readonly<Record<string, number>> {
  if (!node) return {};
  const { mode, device } = node;
  return {
    stx_mode: mode,
    stx_rdev_major: (device >>> 8) & 0xfff,
    stx_rdev_minor: (device & 0xff) | ((device >>> 12) & ~0xff),
  };
}

/** The number of a descriptor or a process, if it is known by now; -1 is none. */
export function descriptorOf(register: Operand | undefined): number {
  if (register instanceof Result) return register.known ? register.value : -1;
  return typeof register === 'number' ? register : -1;
}

function fill(memory: unknown, declaration: Struct, values: Readonly<Record<string, number>>, at = 0): void {
  if (!(memory instanceof Memory)) return;
  const view = new DataView(memory.bytes.buffer, memory.bytes.byteOffset);
  for (const [field, value] of Object.entries(values)) {
    const type: FieldType | undefined = declaration.fields[field];
    if (type) writeField(view, at + (declaration.offsets[field] ?? 0), type, value);
  }
}
