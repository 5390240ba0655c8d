import type { Engine } from '../../engine/engine.ts';
import type { SyscallError } from '../../engine/errors.ts';
import { isErrno } from '../../engine/errors.ts';
import { AT_FDCWD, fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { readField } from '../../syscalls/struct.ts';
import { statfs, statx } from '../../syscalls/structs.ts';

/**
 * Why execve refused a file, in words: its errno says ENOENT for a script whose interpreter is missing and
 * EACCES for four different reasons. The file is looked at from outside, through the container's root.
 */
export function whyNotExecuted(
  engine: Engine,
  kernel: LocalKernel,
  pid: number,
  path: string,
  error: SyscallError,
): string | undefined {
  const root = kernel.may('*').openat(AT_FDCWD, `/proc/${pid}/root`, ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0);
  if (root < 0) return undefined;
  try {
    const container = new ContainerFiles(engine, kernel, root);
    if (error.code === 'EACCES') return whyDenied(container, path);
    if (error.code === 'ENOENT' || error.code === 'ENOEXEC' || error.code === 'ELIBBAD')
      return whyUnknown(engine, container, path);
    return undefined;
  } finally {
    engine.files.close(root);
  }
}

function whyDenied(container: ContainerFiles, path: string): string | undefined {
  const mode = container.mode(path);
  if (mode === undefined) return undefined;
  if ((mode & S_IFMT) !== fileTypes.S_IFREG) return 'it is not a regular file';
  if (container.isNoexec(path)) return 'its file system is mounted noexec';
  if ((mode & 0o111) === 0) return `it has no execute permission, its mode is 0${(mode & 0o7777).toString(8)}`;
  return 'the container user may not execute it, or not enter a directory on the way';
}

function whyUnknown(engine: Engine, container: ContainerFiles, path: string): string | undefined {
  const head = container.head(path, 4096);
  if (!head) return undefined;
  if (head.length === 0) return 'the file is empty';
  if (head[0] === 0x23 && head[1] === 0x21) return whyScript(engine.decode(head), container);
  if (isElf(head)) return whyElf(engine, head, container);
  return 'the file is neither an ELF executable nor a script that starts with #!';
}

function whyScript(text: string, container: ContainerFiles): string | undefined {
  const line = text.slice(2).split('\n')[0] ?? '';
  const interpreter = line.trim().split(/[ \t]/)[0] ?? '';
  if (line.endsWith('\r'))
    return `its first line ends with a carriage return (CRLF): the kernel looks for "${interpreter}\\r"`;
  if (interpreter === '') return 'its #! line names no interpreter';
  return container.mode(interpreter) === undefined
    ? `its interpreter ${interpreter} does not exist in the container`
    : undefined;
}

function whyElf(engine: Engine, head: Uint8Array, container: ContainerFiles): string | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const machine = view.getUint16(18, true);
  const native = engine.arch === 'x86_64' ? [62, 3] : [183];
  if (!native.includes(machine)) {
    return `the file is for ${machines[machine] ?? `ELF machine ${machine}`}, this machine is ${engine.arch}`;
  }
  const interpreter = programInterpreter(engine, view, head);
  if (interpreter && container.mode(interpreter) === undefined) {
    return `its loader ${interpreter} does not exist in the container`;
  }
  return undefined;
}

/** PT_INTERP of a 64-bit file (elf(5)). */
function programInterpreter(engine: Engine, view: DataView, head: Uint8Array): string | undefined {
  if (head[4] !== 2) return undefined;
  const start = Number(view.getBigUint64(32, true));
  const count = view.getUint16(56, true);
  for (let at = start; at < start + 56 * count && at + 56 <= head.length; at += 56) {
    if (view.getUint32(at, true) !== 3) continue;
    const offset = Number(view.getBigUint64(at + 8, true));
    return engine.decode(head.subarray(offset, head.indexOf(0, offset)));
  }
  return undefined;
}

function isElf(head: Uint8Array): boolean {
  return head.length >= 64 && head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

/** e_machine of what people run by mistake. */
const machines: Readonly<Record<number, string>> = {
  3: 'x86',
  8: 'mips',
  20: 'powerpc',
  21: 'powerpc64',
  22: 's390x',
  40: 'arm',
  62: 'x86_64',
  183: 'aarch64',
  243: 'riscv64',
  258: 'loongarch64',
};

/** Files of a container, looked at from outside; nothing leads out of its root. */
class ContainerFiles {
  constructor(
    private readonly engine: Engine,
    private readonly kernel: LocalKernel,
    private readonly root: number,
  ) {}

  mode(path: string): number | undefined {
    return this.with(path, ['O_PATH'], (fd) => {
      const facts = this.kernel.batch((batch, calls) => {
        const memory = batch.output(statx.size);
        calls.statx(fd, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], memory);
        return memory;
      });
      return readField(statx, 'stx_mode', facts.bytes);
    });
  }

  isNoexec(path: string): boolean {
    const flags = this.with(path, ['O_PATH'], (fd) => {
      const facts = this.kernel.batch((batch, calls) => {
        const memory = batch.output(statfs.size);
        calls.fstatfs(fd, memory);
        return memory;
      });
      return readField(statfs, 'f_flags', facts.bytes);
    });
    return ((flags ?? 0) & ST_NOEXEC) !== 0;
  }

  head(path: string, size: number): Uint8Array | undefined {
    return this.with(path, ['O_RDONLY', 'O_NONBLOCK'], (fd) => {
      try {
        return this.engine.files.readSome(fd, size);
      } catch (error) {
        if (isErrno(error, 'EISDIR', 'EINVAL')) return undefined;
        throw error;
      }
    });
  }

  private with<T>(
    path: string,
    flags: readonly ('O_PATH' | 'O_RDONLY' | 'O_NONBLOCK')[],
    use: (fd: number) => T,
  ): T | undefined {
    const how = { flags: [...flags, 'O_CLOEXEC'], resolve: ['RESOLVE_IN_ROOT', 'RESOLVE_NO_MAGICLINKS'] };
    const fd = this.kernel.may('*').openat2(this.root, path, how);
    if (fd < 0) return undefined;
    try {
      return use(fd);
    } finally {
      this.engine.files.close(fd);
    }
  }
}

const ST_NOEXEC = 8;
