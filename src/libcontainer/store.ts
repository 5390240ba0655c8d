import type { Engine } from '../engine/engine.ts';
import { isErrno, SyscallError } from '../engine/errors.ts';
import type { Config } from '../spec/config.ts';
import { parseOwn, writeOwn } from '../spec/json.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import type { UnitReference } from './cgroups/manager.ts';
import { ContainerError } from './errors.ts';
import type { Listening } from './listen-fds.ts';

/**
 * What a container is, between two commands: `state.json` in its directory under `--root`. The keys at the
 * top are runc's, because monitoring probes read them; the rest is our own.
 */
export interface SavedState {
  readonly id: string;
  /** 0 while there is no init. */
  readonly init_process_pid: number;
  /** Clock ticks since boot, /proc/PID/stat field 22. */
  readonly init_process_start: number;
  /** RFC 3339, UTC. */
  readonly created: string;
  readonly rootless: boolean;
  readonly config: { readonly rootfs: string; readonly labels: readonly string[] };
  /** The cgroup directory under the key "", as runc writes it on cgroup v2. */
  readonly cgroup_paths: Readonly<Record<string, string>>;
  readonly namespace_paths: Readonly<Record<string, string>>;
  /** What the streams of init were when it was made: criu is told by these names what a restored one gets instead. */
  readonly external_descriptors?: readonly string[];
  readonly tsrunc: OwnState;
}

export interface OwnState {
  readonly ociVersion: string;
  readonly bundle: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** `created` is written just before init parks; what is true is asked of the kernel: status.ts. */
  readonly phase: 'creating' | 'created';
  /** The runtime that is creating it, so that an abandoned one is recognised. */
  readonly creator: { readonly pid: number; readonly startTime: number };
  /** The stub's numbers of its control socket and of the socket that it parks on. */
  readonly parked: { readonly control: number; readonly socket: number };
  /** The stub's executable: while init runs this, the container is created and not started. */
  readonly stub: { readonly dev: number; readonly ino: number };
  /** All descriptors from 3 on that the container keeps. */
  readonly preserveFds: number;
  /** The first of them, if they are such. */
  readonly listening?: Listening;
  /** The unit that systemd made for the container. */
  readonly unit?: UnitReference;
  /** Directories of resctrl that go with the container. */
  readonly rdtGroups?: readonly string[];
  /** The soft RLIMIT_NOFILE that the caller of create had. */
  readonly callerNofile: number | undefined;
  /** Init is past all but execve: its seccomp filter had to be loaded at create. */
  readonly confined?: Confined;
}

export interface Confined {
  /** What execve is to be given. */
  readonly path: string;
  /** HOME, unless the configuration has one. */
  readonly home: string;
}

/** Begins what lies beside the containers under `--root`. No ID has such a name. */
export const CACHE_PREFIX = '.cache:';

/** Whether `name` may be a container's ID, and so whether a directory under `--root` may be one. */
export function isId(name: string): boolean {
  return /^[A-Za-z0-9_+.-]+$/.test(name) && name !== '.' && name !== '..';
}

const STATE = 'state.json';
const CONFIG = 'config.json';
export const SOCKET = 'init.sock';
const CRIU_ROOT = 'criu-root';
/** A directory, for the container has it mounted before there is a socket in it. */
export const NOTIFY_DIRECTORY = 'notify';
export const NOTIFY_SOCKET = 'notify.sock';

/** Throws `invalid-id` unless the whole of `id` is the name of one directory: `..` would be somebody else's. */
export function checkId(id: string): void {
  if (id === '') throw new ContainerError('invalid-id', 'container id cannot be empty');
  if (!isId(id)) throw new ContainerError('invalid-id', 'invalid container ID format');
}

/** A container's directory under `--root`. Readers need no lock: files are replaced, never changed. */
export class StateDirectory {
  private constructor(
    private readonly engine: Engine,
    readonly id: string,
    readonly path: string,
  ) {}

  /** `--root`. */
  get root(): string {
    return this.path.slice(0, -this.id.length - 1);
  }

  /** Makes the directory; that one mkdir is what makes an ID unique, whoever creates at the same time. */
  static reserve(engine: Engine, root: string, id: string): StateDirectory {
    const directory = new StateDirectory(engine, id, `${root}/${id}`);
    try {
      directory.make(root);
    } catch (cause) {
      if (isErrno(cause, 'EEXIST')) throw new ContainerError('exists', 'container with given ID already exists');
      if (!isErrno(cause, 'EACCES')) throw cause;
      const hint = 'without root, --root or $XDG_RUNTIME_DIR must name a directory of the caller’s';
      throw new ContainerError('host', 'cannot make the state directory', { cause, hint });
    }
    return directory;
  }

  /** Nearly always `root` is there: only if it is not are the directories above looked at one by one. */
  private make(root: string): void {
    try {
      this.engine.files.mkdir(this.path, 0o711);
    } catch (error) {
      if (isErrno(error, 'EEXIST')) throw error;
      makeDirectories(this.engine, root);
      this.engine.files.mkdir(this.path, 0o711);
    }
  }

  /** Throws `does-not-exist` unless the directory is there, `invalid-id` for what cannot be one. */
  static open(engine: Engine, root: string, id: string): StateDirectory {
    checkId(id);
    const directory = new StateDirectory(engine, id, `${root}/${id}`);
    try {
      engine.files.lstat(directory.path);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw new ContainerError('does-not-exist', 'container does not exist');
      throw error;
    }
    return directory;
  }

  /**
   * Runs `work` under the lock that create, start and delete hold while they change the container. The kernel
   * takes it from a process that dies. Who had it before may have removed the directory: then `does-not-exist`.
   */
  locked<T>(kernel: LocalKernel, work: () => T): T {
    const unlock = this.lock(kernel);
    try {
      return work();
    } finally {
      unlock();
    }
  }

  /** Takes the lock of {@link locked}; returns what gives it back. */
  lock(kernel: LocalKernel): () => void {
    const fd = this.engine.files.open(this.path, ['O_RDONLY', 'O_DIRECTORY']);
    try {
      kernel.calls.flock(fd, ['LOCK_EX']);
      StateDirectory.open(this.engine, this.root, this.id);
    } catch (error) {
      this.unlock(fd);
      throw error;
    }
    return () => this.unlock(fd);
  }

  /** Whatever close(2) says, the descriptor is gone, and what was done under the lock is done. */
  private unlock(fd: number): void {
    try {
      this.engine.files.close(fd);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
    }
  }

  /** The ID is free again, unless something has been written: who did so has taken it away, or left it to a delete. */
  giveBack(): void {
    try {
      this.engine.files.rmdir(this.path);
    } catch {
      // Why the caller is here is what has to be told.
    }
  }

  save(state: SavedState): void {
    replaceFile(this.engine, `${this.path}/${STATE}`, this.engine.encode(writeOwn(state)), 0o600);
  }

  exists(): boolean {
    return exists(this.engine, this.path);
  }

  /**
   * Undefined for a directory whose create was killed before it wrote anything. Throws `state` for a container of
   * another runtime: its file has the same name, and what else it made is not known here.
   */
  load(): SavedState | undefined {
    const bytes = readIfThere(this.engine, `${this.path}/${STATE}`);
    if (!bytes) return undefined;
    // Our own file, written whole or not at all by the same version's types.
    const saved = parseOwn(bytes, this.engine.decode) as Partial<SavedState>;
    if (!isOwn(saved)) throw new ContainerError('state', 'another runtime made this container');
    return saved;
  }

  /** The configuration as it was at create: later edits of the bundle have no effect (runtime.md, "Lifecycle"). */
  saveConfig(config: Config): void {
    replaceFile(this.engine, `${this.path}/${CONFIG}`, this.engine.encode(writeOwn(config)), 0o600);
  }

  /** Validated before it was saved, so it is not validated again. */
  loadConfig(): Config {
    return parseOwn(this.engine.files.read(`${this.path}/${CONFIG}`), this.engine.decode) as Config;
  }

  has(name: string): boolean {
    return exists(this.engine, `${this.path}/${name}`);
  }

  removeSocket(): void {
    unlinkIfThere(this.engine, `${this.path}/${SOCKET}`);
  }

  makeNotifyDirectory(): void {
    this.engine.files.mkdir(`${this.path}/${NOTIFY_DIRECTORY}`, 0o755);
  }

  /** Where the socket is to be; undefined if the container was made without. */
  get notifySocket(): string | undefined {
    return this.has(NOTIFY_DIRECTORY) ? `${this.path}/${NOTIFY_DIRECTORY}/${NOTIFY_SOCKET}` : undefined;
  }

  private removeNotifyDirectory(): void {
    unlinkIfThere(this.engine, `${this.path}/${NOTIFY_DIRECTORY}/${NOTIFY_SOCKET}`);
    this.engine.files.rmdir(`${this.path}/${NOTIFY_DIRECTORY}`);
  }

  /** Where the root of a container is mounted for criu, while that restores it. As the list of mounts has it: no symlinks. */
  makeCriuRoot(): string {
    const path = `${this.engine.files.realpath(this.path)}/${CRIU_ROOT}`;
    this.engine.files.mkdir(path, 0o755);
    return path;
  }

  removeCriuRoot(): void {
    try {
      this.engine.files.rmdir(`${this.path}/${CRIU_ROOT}`);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }

  /** Whether {@link remove} was begun, and killed: whatever lies outside of the directory had gone by then. */
  get isBeingRemoved(): boolean {
    return !this.has(CONFIG);
  }

  /** Removes the directory. state.json goes last: until then a delete that is killed can be repeated. */
  remove(): void {
    const { files } = this.engine;
    const names = namesIn(this.engine, this.path);
    if (names.includes(NOTIFY_DIRECTORY)) this.removeNotifyDirectory();
    if (names.includes(CRIU_ROOT)) this.removeCriuRoot();
    const special = [CONFIG, STATE, NOTIFY_DIRECTORY, CRIU_ROOT];
    // A directory that has lost anything has lost its configuration: see isBeingRemoved.
    const order = [CONFIG, ...names.filter((name) => !special.includes(name)), STATE];
    for (const name of order) {
      unlinkIfThere(this.engine, `${this.path}/${name}`);
    }
    try {
      files.rmdir(this.path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
}

function isOwn(saved: Partial<SavedState>): saved is SavedState {
  return saved.tsrunc !== undefined;
}

/** Writes a whole file or leaves the old one: a hidden file in the same directory, then rename. */
export function replaceFile(engine: Engine, path: string, bytes: Uint8Array, mode: number): void {
  const { files } = engine;
  const slash = path.lastIndexOf('/');
  const temporary = `${path.slice(0, slash + 1)}.${path.slice(slash + 1)}${TEMPORARY}${engine.pid}`;
  const fd = files.open(temporary, ['O_WRONLY', 'O_CREAT', 'O_EXCL', 'O_NOFOLLOW'], mode);
  try {
    files.write(fd, bytes);
    files.rename(temporary, path);
  } catch (error) {
    unlinkIfThere(engine, temporary);
    throw error;
  } finally {
    files.close(fd);
  }
}

const TEMPORARY = '.tmp-';

/** The process that writes, or wrote, this file to put it in another's place; undefined if it is no such file. */
export function temporaryOf(name: string): number | undefined {
  const pid = name.startsWith('.') ? /\.tmp-([1-9][0-9]*)$/.exec(name)?.[1] : undefined;
  return pid === undefined ? undefined : Number(pid);
}

/** `mkdir -p`, 0700. */
export function makeDirectories(engine: Engine, path: string): void {
  const parts = path.split('/').filter((part) => part !== '');
  parts.forEach((_, i) => {
    try {
      engine.files.mkdir(`/${parts.slice(0, i + 1).join('/')}`, 0o700);
    } catch (error) {
      // EROFS and EACCES may come before EEXIST is noticed; the mkdir of what is really missing will tell.
      const last = i === parts.length - 1;
      if (!isErrno(error, 'EEXIST', ...(last ? [] : ['EROFS', 'EACCES', 'EPERM']))) throw error;
    }
  });
}

function exists({ files }: Engine, path: string): boolean {
  try {
    files.lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

function readIfThere(engine: Engine, path: string): Uint8Array | undefined {
  try {
    return engine.files.read(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function namesIn(engine: Engine, path: string): string[] {
  try {
    return engine.files.readdir(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

function unlinkIfThere(engine: Engine, path: string): void {
  try {
    engine.files.unlink(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
