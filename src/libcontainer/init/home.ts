import type { Engine } from '../../engine/engine.ts';
import type { Process } from '../../spec/config.ts';
import type { Result } from '../../syscalls/batch.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';

/** Whether the process's environment says where its home is, and more than that it is empty. */
export function saysHome(process: Process): boolean {
  return (entriesOf(process).get('HOME') ?? 'HOME=') !== 'HOME=';
}

/** Of two entries with one name the last counts. */
export function entriesOf({ env = [] }: Process): Map<string, string> {
  return new Map(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry]));
}

/** /etc/passwd, to be opened inside the jail with the next batch. */
export function openPasswd(kernel: RemoteKernel): Result {
  return kernel.may('*').openat2(AT_FDCWD, '/etc/passwd', {
    flags: ['O_RDONLY', 'O_CLOEXEC', 'O_NONBLOCK', 'O_NOCTTY'],
    resolve: ['RESOLVE_NO_MAGICLINKS'],
  });
}

/** The home directory of `uid` in what {@link openPasswd} gave; `/` if it does not say. */
export function homeIn(engine: Engine, kernel: RemoteKernel, passwd: Result, uid: number): string {
  const text = kernel.value(passwd) < 0 ? '' : engine.decode(readAll(kernel, passwd));
  const fields = text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , id]) => id === String(uid));
  return fields?.[5]?.startsWith('/') ? fields[5] : '/';
}

/** In small pieces: what init reads into is charged to the container, whose limit may be a few pages. */
function readAll(kernel: RemoteKernel, fd: Result): Uint8Array {
  const pieces: number[] = [];
  for (let size = 0; size < LARGEST; ) {
    const piece = kernel.output(PIECE);
    const length = kernel.value(kernel.may('*').read(fd, piece));
    if (length <= 0) break;
    pieces.push(...piece.bytes.subarray(0, length));
    size += length;
  }
  kernel.calls.close(fd);
  return Uint8Array.from(pieces);
}

const PIECE = 2048;
/** A larger file is read as far as this: container images have a page of it. */
const LARGEST = 1 << 18;
