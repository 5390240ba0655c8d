import { helpText } from '../../../src/cli/help.ts';
import { main } from '../../../src/cli/main.ts';
import type { Engine, FileStat, Files, OpenFlag } from '../../../src/engine/engine.ts';
import { SyscallError } from '../../../src/engine/errors.ts';
import { yargsParser } from '../../../src/engine/node/yargs.ts';

export interface Machine {
  readonly env?: Readonly<Record<string, string>>;
  /** Contents by absolute path. A value of `null` is a directory. */
  readonly files?: Readonly<Record<string, string | null>>;
  readonly links?: Readonly<Record<string, string>>;
  /** Users by path whose file it is, unless it is root's. */
  readonly owners?: Readonly<Record<string, number>>;
  readonly cwd?: string;
  /** Writes, by descriptor or path, that fail, and with which error. */
  readonly full?: Readonly<Record<number | string, string>>;
  /** Standard error is a terminal. */
  readonly terminal?: boolean;
  readonly uid?: number;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The files there are at the end. */
  readonly files: ReadonlyMap<string, string | null>;
  /** What was done to files: `open /log O_WRONLY O_APPEND 0644`. */
  readonly calls: readonly string[];
}

/** 2026-01-02T03:04:05.000000006Z */
export const now = 1767323045n * 1_000_000_000n + 6n;

const errnos: Readonly<Record<string, number>> = {
  ENOENT: 2,
  EBADF: 9,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  ENOSPC: 28,
  EPIPE: 32,
};

export function kernelSays(syscall: string, path: string, code: string): SyscallError {
  return new SyscallError(syscall, [JSON.stringify(path)], errnos[code] ?? 22, code);
}

/** Runs the command line in a machine that exists in memory only, from parsing to the exit status. */
export async function tsrunc(argv: readonly string[], machine: Machine = {}): Promise<Outcome> {
  const made = inMemory(argv, machine);
  const exits: number[] = [];
  class Exit extends Error {}
  const exit = (status: number): never => {
    exits.push(status);
    throw new Exit();
  };
  try {
    await main({ ...made.engine, exit }, yargsParser(helpText));
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  }
  const [status, ...more] = exits;
  if (status === undefined || more.length > 0) throw new Error(`exit was called ${exits.length} times`);
  return { status, ...made.result() };
}

export interface InMemory {
  readonly engine: Engine;
  result(): Omit<Outcome, 'status'>;
}

export function inMemory(argv: readonly string[], machine: Machine = {}): InMemory {
  const contents = new Map<string, string | null>([
    ['/', null],
    ['/proc/self/status', statusOf(machine.uid ?? 0)],
    ...Object.entries(machine.files ?? {}),
  ]);
  const calls: string[] = [];
  const streams = new Map<number, string>([
    [1, ''],
    [2, ''],
  ]);
  const engine: Engine = {
    argv,
    env: machine.env ?? {},
    pid: 1,
    arch: 'x86_64',
    isInherited: () => true,
    execPath: '/bin/tsrunc',
    files: memoryFiles(contents, calls, streams, machine),
    native: () => never('native'),
    exit: () => never('exit'),
    now: () => now,
    monotonic: () => 0n,
    encode: (text) => new Uint8Array(new TextEncoder().encode(text)),
    decode: (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
  };
  const result = (): Omit<Outcome, 'status'> => ({
    stdout: streams.get(1) ?? '',
    stderr: streams.get(2) ?? '',
    files: contents,
    calls,
  });
  return { engine, result };
}

function statusOf(uid: number): string {
  return `Name:\tx\nUid:\t7\t${uid}\t7\t7\nGid:\t7\t${uid + 1}\t7\t7\nCapEff:\t${uid === 0 ? '000001ffffffffff' : '0000000000000000'}\n`;
}

function memoryFiles(
  contents: Map<string, string | null>,
  calls: string[],
  streams: Map<number, string>,
  machine: Machine,
): Files {
  let cwd = machine.cwd ?? '/';
  const open = new Map<number, string>();
  const at = (path: string): string => (path.startsWith('/') ? path : `${cwd === '/' ? '' : cwd}/${path}`);
  const need = (syscall: string, path: string): string | null => {
    const content = contents.get(at(path));
    if (content === undefined) throw kernelSays(syscall, path, 'ENOENT');
    return content;
  };
  return {
    ...absent,
    read: (path) => new TextEncoder().encode(need('read', path) ?? ''),
    open: (path, flags: readonly OpenFlag[], mode) => {
      calls.push(['open', path, ...flags, `0${mode?.toString(8)}`].join(' '));
      if (flags.includes('O_EXCL') && contents.has(at(path))) throw kernelSays('open', path, 'EEXIST');
      const parent = at(path).replace(/\/[^/]*$/, '') || '/';
      need('open', parent);
      if (!contents.has(at(path))) contents.set(at(path), '');
      const fd = 3 + open.size;
      open.set(fd, at(path));
      return fd;
    },
    write: (fd, bytes) => {
      const path = open.get(fd);
      const error = machine.full?.[path ?? fd];
      if (error !== undefined) throw kernelSays('write', `fd ${fd}`, error);
      const text = new TextDecoder().decode(bytes);
      calls.push(`write ${path ?? fd}`);
      if (path === undefined) streams.set(fd, (streams.get(fd) ?? '') + text);
      else contents.set(path, (contents.get(path) ?? '') + text);
    },
    close: (fd) => void calls.push(`close ${fd}`),
    unlink: (path) => void contents.delete(at(path)),
    mkdir: (path, mode) => {
      calls.push(`mkdir ${path} 0${mode.toString(8)}`);
      if (contents.has(at(path))) throw kernelSays('mkdir', path, 'EEXIST');
      need('mkdir', at(path).replace(/\/[^/]*$/, '') || '/');
      contents.set(at(path), null);
    },
    chmod: (path, mode) => void calls.push(`chmod ${path} 0${mode.toString(8)}`),
    readdir: (path) => {
      const prefix = `${at(path)}/`;
      need('readdir', path);
      return [...contents.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    },
    realpath: (path) => {
      need('realpath', path);
      return at(path);
    },
    readlink: (path) => machine.links?.[path] ?? 'user:[4026531837]',
    stat: (path) => {
      if (path === '/proc/self/fd/2') return device(machine.terminal === true ? 136 : 1);
      return {
        ...device(0),
        mode: 0o755,
        uid: machine.owners?.[path] ?? 0,
        kind: need('stat', path) === null ? 'directory' : 'file',
      };
    },
    cwd: () => cwd,
    chdir: (path) => {
      if (need('chdir', path) !== null) throw kernelSays('chdir', path, 'ENOTDIR');
      cwd = at(path);
    },
  };
}

function device(major: number): FileStat {
  return { dev: 1, ino: 1, mode: 0, nlink: 1, uid: 0, gid: 0, rdev: (major << 8) | 3, size: 0, kind: 'char' };
}

function never(what: string): never {
  throw new Error(`the command line has no business with ${what}`);
}

const absent: Files = {
  read: () => never('read'),
  open: () => never('open'),
  write: () => never('write'),
  readSome: () => never('readSome'),
  fsync: () => never('fsync'),
  close: () => never('close'),
  mkdir: () => never('mkdir'),
  rmdir: () => never('rmdir'),
  unlink: () => never('unlink'),
  rename: () => never('rename'),
  chmod: () => never('chmod'),
  chown: () => never('chown'),
  readlink: () => never('readlink'),
  realpath: () => never('realpath'),
  readdir: () => never('readdir'),
  stat: () => never('stat'),
  lstat: () => never('lstat'),
  cwd: () => never('cwd'),
  chdir: () => never('chdir'),
};
