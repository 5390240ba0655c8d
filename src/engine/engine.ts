/**
 * The interface to the JavaScript engine: all that libcontainer, spec, syscalls and cli need from the
 * world and that is not a system call of their own. `node/` implements it on Node and ffi-rs. Nothing
 * outside this folder imports a `node:` module or uses a Node global.
 */
export interface Engine {
  /** The command line without the program: `['--root', '/run/x', 'state', 'c1']`. */
  readonly argv: readonly string[];
  /** The environment the caller gave. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly arch: Arch;
  /** The executable's own path, links resolved. */
  readonly execPath: string;
  /** Whether the caller passed this descriptor, as far as the engine can tell its own from the caller's. Asked before anything is spawned. */
  isInherited(fd: number): boolean;
  readonly files: Files;
  /** The binding to libc. Loaded at the first call, so that commands which need no system call do not pay for it. */
  native(): Native;
  /** Ends the process at once: nothing is torn down or flushed. */
  exit(status: number): never;
  /** Wall clock, nanoseconds since the epoch. */
  now(): bigint;
  /** Monotonic clock in nanoseconds. */
  monotonic(): bigint;
  /** Strict UTF-8. An unpaired surrogate becomes U+FFFD. */
  encode(text: string): Uint8Array;
  /** UTF-8 with U+FFFD for what is malformed; a byte order mark is kept. */
  decode(bytes: Uint8Array): string;
}

export type Arch = 'x86_64' | 'aarch64';

/**
 * Files of the runtime's own: state, logs, config.json, /proc, cgroupfs. Paths inside a rootfs never come here.
 * Every method throws {@link import('./errors.ts').SyscallError}; `path` may be `/proc/self/fd/N`.
 */
export interface Files {
  /** The whole file. */
  read(path: string): Uint8Array;
  /** `open(2)`. Flags are given by name; O_CLOEXEC is always set. */
  open(path: string, flags: readonly OpenFlag[], mode?: number): number;
  /** One `write(2)` repeated until all bytes are out. */
  write(fd: number, bytes: Uint8Array): void;
  /** One `read(2)` of at most `size` bytes; empty at end of file. */
  readSome(fd: number, size: number): Uint8Array;
  fsync(fd: number): void;
  close(fd: number): void;
  /** `mkdir(2)`; the mode is subject to the umask. */
  mkdir(path: string, mode: number): void;
  rmdir(path: string): void;
  unlink(path: string): void;
  rename(from: string, to: string): void;
  chmod(path: string, mode: number): void;
  chown(path: string, uid: number, gid: number): void;
  readlink(path: string): string;
  /** Resolves every symlink. */
  realpath(path: string): string;
  /** Names in a directory without `.` and `..`, in the kernel's order. */
  readdir(path: string): string[];
  stat(path: string): FileStat;
  lstat(path: string): FileStat;
  cwd(): string;
  chdir(path: string): void;
}

export type OpenFlag =
  | 'O_RDONLY'
  | 'O_WRONLY'
  | 'O_RDWR'
  | 'O_APPEND'
  | 'O_CREAT'
  | 'O_EXCL'
  | 'O_TRUNC'
  | 'O_SYNC'
  | 'O_DIRECTORY'
  | 'O_NOFOLLOW';

export interface FileStat {
  readonly dev: number;
  readonly ino: number;
  /** Type and permission bits, as `st_mode`. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly kind: FileKind;
}

export type FileKind = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket';

/** Functions of libraries, called with integers only: registers in, register out. */
export interface Native {
  /**
   * Calls a C function whose arguments and result are integers or addresses. `-1` results carry errno.
   * The set of functions is declared in `src/syscalls/native.ts`; nothing else calls this.
   */
  call(fn: NativeFunction, args: readonly number[]): NativeResult;
  /** Maps `size` bytes of zeroed memory that never moves, readable from both sides. */
  map(size: number): NativeMemory;
}

export interface NativeFunction {
  /** `libc.so.6`, `libseccomp.so.2`. */
  readonly library: string;
  readonly symbol: string;
  /** Number of 64-bit integer arguments. */
  readonly arity: number;
}

export interface NativeResult {
  readonly value: number;
  /** errno as it was right after the call. Meaningful only if the function says so by its value. */
  readonly errno: number;
}

export interface NativeMemory {
  readonly address: number;
  readonly bytes: Uint8Array;
}
