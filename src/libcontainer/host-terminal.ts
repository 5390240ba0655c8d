import { isErrno } from '../engine/errors.ts';
import type { Memory } from '../syscalls/batch.ts';
import {
  AT_FDCWD,
  bitsOf,
  controlCharacters,
  controlModes,
  inputModes,
  localModes,
  outputModes,
} from '../syscalls/constants.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { readField, writeField } from '../syscalls/struct.ts';
import { termios, winsize } from '../syscalls/structs.ts';
import { ContainerError } from './errors.ts';

/** The terminal that the caller of the runtime sits at. */
export class HostTerminal {
  private constructor(
    private readonly kernel: LocalKernel,
    private readonly fd: number,
    private readonly original: Uint8Array,
  ) {}

  /** One of the streams, in runc's order; if all are redirected, the one that controls our session. */
  static find(kernel: LocalKernel): HostTerminal {
    for (const fd of [2, 1, 0]) {
      const attributes = attributesOf(kernel, fd);
      if (attributes) return new HostTerminal(kernel, fd, attributes);
    }
    const hint = 'a container with a terminal wants one here too, or --detach and --console-socket';
    try {
      const fd = kernel.calls.openat(AT_FDCWD, '/dev/tty', ['O_RDWR', 'O_NOCTTY', 'O_CLOEXEC'], 0);
      const attributes = attributesOf(kernel, fd);
      if (attributes) return new HostTerminal(kernel, fd, attributes);
    } catch (cause) {
      throw new ContainerError('host', 'open /dev/tty', { pointer: '/process/terminal', hint, cause });
    }
    throw new ContainerError('host', '/dev/tty is no terminal', { pointer: '/process/terminal', hint });
  }

  /**
   * Every key goes to the container, ^C and ^Z too, and the container's terminal echoes. Only what is shown is still
   * processed here, see {@link showPlain}.
   */
  raw(): void {
    const attributes = this.original.slice();
    change(attributes, 'c_iflag', [], bitsOf(inputModes, INPUT_OFF));
    change(attributes, 'c_oflag', ['OPOST'], 0);
    change(attributes, 'c_cflag', ['CS8'], bitsOf(controlModes, ['CSIZE', 'PARENB']));
    change(attributes, 'c_lflag', [], bitsOf(localModes, LOCAL_OFF));
    attributes[termios.offsets.c_cc + controlCharacters.VMIN] = 1;
    attributes[termios.offsets.c_cc + controlCharacters.VTIME] = 0;
    setAttributes(this.kernel, this.fd, attributes);
  }

  restore(): void {
    setAttributes(this.kernel, this.fd, this.original);
  }

  /** Gives the terminal of `master` our size. A size of 0 says that nobody knows. */
  copySize(master: number): void {
    try {
      this.kernel.batch((batch, calls) => {
        const size = batch.output(winsize.size);
        calls.ioctl(this.fd, 'TIOCGWINSZ', size);
        calls.ioctl(master, 'TIOCSWINSZ', size);
      });
    } catch (error) {
      // A terminal that is gone has no size.
      if (!isErrno(error, 'EIO', 'EBADF')) throw error;
    }
  }
}

/** What the container writes gets its carriage returns from the terminal that shows it, and none if a file does. */
export function showPlain(kernel: LocalKernel, master: number): void {
  const attributes = attributesOf(kernel, master);
  if (!attributes) return;
  change(attributes, 'c_oflag', [], bitsOf(outputModes, ['ONLCR']));
  setAttributes(kernel, master, attributes);
}

/** The character that ends the input of who reads line by line; undefined while nobody does. */
export function endOfInput(kernel: LocalKernel, master: number): number | undefined {
  const attributes = attributesOf(kernel, master);
  if (!attributes) return undefined;
  const canonical = (readField(termios, 'c_lflag', attributes) & bitsOf(localModes, ['ICANON'])) !== 0;
  return canonical ? attributes[termios.offsets.c_cc + controlCharacters.VEOF] : undefined;
}

/** Undefined for what is no terminal. */
export function attributesOf(kernel: LocalKernel, fd: number): Uint8Array | undefined {
  const { result, attributes } = kernel.batch(
    (batch, calls): { result: { readonly value: number }; attributes: Memory } => {
      const memory = batch.output(termios.size);
      return { result: calls.ioctl(fd, 'TCGETS', memory), attributes: memory };
    },
    ['ENOTTY', 'EBADF', 'EINVAL', 'EIO'],
  );
  return result.value < 0 ? undefined : attributes.bytes.slice();
}

/** EIO: it has hung up, or our session has. */
function setAttributes(kernel: LocalKernel, fd: number, attributes: Uint8Array): void {
  kernel.batch((batch, calls) => calls.ioctl(fd, 'TCSETS', batch.input(attributes)), ['EIO']);
}

type Modes = 'c_iflag' | 'c_oflag' | 'c_cflag' | 'c_lflag';

function change(attributes: Uint8Array, field: Modes, on: readonly string[], off: number): void {
  const type = termios.fields[field];
  const before = readField(termios, field, attributes);
  const view = new DataView(attributes.buffer, attributes.byteOffset, attributes.byteLength);
  writeField(view, termios.offsets[field], type, (before & ~off) | bitsOf(type.table ?? {}, on));
}

/** As cfmakeraw(3). */
const INPUT_OFF = ['IGNBRK', 'BRKINT', 'PARMRK', 'ISTRIP', 'INLCR', 'IGNCR', 'ICRNL', 'IXON'] as const;
const LOCAL_OFF = ['ECHO', 'ECHONL', 'ICANON', 'ISIG', 'IEXTEN'] as const;
