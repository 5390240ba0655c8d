import type { Engine } from '../engine/engine.ts';
import { AT_FDCWD, bitsOf, openFlags } from '../syscalls/constants.ts';
import { errnoCode, errnoNumber } from '../syscalls/errno.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { StreamBuffer } from '../syscalls/stream-buffer.ts';
import type { Attendant } from './foreground.ts';
import type { Log } from './host.ts';
import { endOfInput } from './host-terminal.ts';
import { type Interest, poll } from './poll.ts';

/**
 * Copies between our standard streams and the master of the container's terminal. Nothing is read that there is no room
 * for, so nothing is lost to whoever is slow; and nothing blocks, so signals are always heard.
 */
export class TerminalCopy implements Attendant {
  private readonly input: StreamBuffer;
  private readonly output: StreamBuffer;
  private readonly outlet: { readonly fd: number; readonly most: number };
  private open = true;
  private typing = true;
  /** The last byte that was typed. */
  private typed: number | undefined;
  /**
   * Nobody in the container has the terminal open. Somebody may again, as an init that opens /dev/console for each of
   * its lines: then is when to look.
   */
  private absentUntil: bigint | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly kernel: LocalKernel,
    private readonly log: Log,
    /** Ours alone: it is made non-blocking, and closed in the end. */
    private readonly master: number,
  ) {
    const native = engine.native();
    this.input = new StreamBuffer(native);
    this.output = new StreamBuffer(native);
    this.outlet = openOutlet(kernel);
    kernel.calls.fcntl(master, 'F_SETFL', bitsOf(openFlags, ['O_RDWR', 'O_NONBLOCK']));
  }

  interests(): Interest[] {
    const { master, input, output } = this;
    const list: Interest[] = output.length > 0 ? [this.showing()] : [];
    if (!this.open) return list;
    const present = this.patience() === undefined;
    if (present && output.room > 0) list.push({ fd: master, events: 'POLLIN', serve: () => this.receive() });
    if (present && input.length > 0) list.push({ fd: master, events: 'POLLOUT', serve: () => this.send() });
    if (this.typing && input.room > 0) list.push({ fd: 0, events: 'POLLIN', serve: () => this.take() });
    return list;
  }

  /** How long to leave the master alone, which would always be ready, for its hang-up. */
  patience(): bigint | undefined {
    if (!this.open || this.absentUntil === undefined) return undefined;
    const left = this.absentUntil - this.engine.monotonic();
    if (left > 0n) return left;
    this.absentUntil = undefined;
    return undefined;
  }

  /**
   * What the container has written before it ended. Not for ever: who has outlived it may go on writing. `interrupted`
   * is asked whenever `signals` has something to say, and ends the waiting for a slow reader.
   */
  finish(signals: number, interrupted: () => boolean): void {
    this.typing = false;
    this.input.clear();
    for (let most = LAST_BYTES; this.open && most > 0; ) {
      const count = this.output.room > 0 ? this.output.fill(this.master) : 0;
      if (count > 0) most -= count;
      if (this.output.length === 0) return;
      const [told, ready] = poll(this.kernel, [{ fd: signals, events: 'POLLIN' }, this.showing()], undefined);
      if (told && interrupted()) return;
      if (ready) this.show();
    }
  }

  /** To the container this is a terminal that hangs up. */
  close(): void {
    if (this.open) this.engine.files.close(this.master);
    this.open = false;
  }

  private showing(): Interest {
    return { fd: this.outlet.fd, events: 'POLLOUT', serve: () => this.show() };
  }

  /** All that is there: a terminal gives at most 4 KiB at once. */
  private receive(): void {
    let count = 1;
    while (count > 0 && this.output.room > 0) count = this.output.fill(this.master);
    if (-count === EIO) this.pause();
    if (this.outlet.most === EVERYTHING) this.show();
  }

  private show(): void {
    if (this.output.length === 0) return;
    const count = this.output.drain(this.outlet.fd, this.outlet.most);
    if (count >= 0 || -count === EAGAIN || -count === EINTR) return;
    // Nobody will ever see it: as if the terminal were gone, which it mostly is.
    if (-count !== EIO && -count !== EPIPE) this.log.warn(`standard output: ${errnoCode(-count)}`);
    this.output.clear();
    this.close();
  }

  private take(): void {
    const count = this.input.fill(0);
    this.typed = count > 0 ? this.input.last : this.typed;
    if (count > 0 || -count === EAGAIN || -count === EINTR) return;
    this.typing = false;
    if (count === 0) this.endInput();
  }

  /** A terminal that ends has hung up. Of anything else it is the end of what is typed, which the container is to see. */
  private endInput(): void {
    if (this.kernel.may('*').ioctl(0, 'TCGETS', 0) !== -ENOTTY) return this.close();
    const end = endOfInput(this.kernel, this.master);
    if (end === undefined) return;
    // On a line that was begun the first one only hands over what there is of it.
    this.input.push(this.typed === undefined || this.typed === NEWLINE ? [end] : [end, end]);
  }

  private send(): void {
    if (this.input.drain(this.master, EVERYTHING) === -EIO) this.pause();
  }

  /** The end of file of a master is EIO: the last descriptor of the other side was closed (pty(7)). */
  private pause(): void {
    this.absentUntil = this.engine.monotonic() + RETRY;
  }
}

/**
 * Standard output in a way that does not block: opened again, for O_NONBLOCK on the stream itself would be everybody's
 * who shares it. What cannot be opened again takes the little that poll(2) promises.
 */
function openOutlet(kernel: LocalKernel): { fd: number; most: number } {
  const flags = ['O_WRONLY', 'O_NONBLOCK', 'O_NOCTTY', 'O_CLOEXEC'] as const;
  const seekable = kernel.may('*').lseek(1, 0, 1) >= 0;
  if (seekable) return { fd: 1, most: EVERYTHING };
  const fd = kernel.may('*').openat(AT_FDCWD, '/proc/self/fd/1', flags, 0);
  return fd < 0 ? { fd: 1, most: PIPE_BUF } : { fd, most: EVERYTHING };
}

const EIO = errnoNumber('EIO');
const ENOTTY = errnoNumber('ENOTTY');
const EPIPE = errnoNumber('EPIPE');
const EAGAIN = errnoNumber('EAGAIN');
const EINTR = errnoNumber('EINTR');
const EVERYTHING = Number.MAX_SAFE_INTEGER;
/** A pipe that is ready takes this much without blocking (pipe(7)). */
const PIPE_BUF = 4096;
const NEWLINE = 0x0a;
const RETRY = 100_000_000n;
/** More than the kernel keeps of a terminal. */
const LAST_BYTES = 1 << 20;
