import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { bitsOf, localModes, openFlags, outputModes } from '../../../src/syscalls/constants.ts';
import { readField } from '../../../src/syscalls/struct.ts';
import { iovec, msghdr, sockaddrUn, termios, winsize } from '../../../src/syscalls/structs.ts';
import { rightsMessage } from '../../../src/syscalls/stub/rights.ts';
import { local } from '../../unit/syscalls/support.ts';
import { RUNTIME } from './runtime.ts';
import { until } from './wait.ts';

export interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** The master of a terminal: what is typed and shown on the other side of it. Never blocks. */
export class Screen {
  private text = '';
  /** All that came, in bytes. */
  received = 0;
  private closed = false;

  constructor(readonly master: number) {
    const O_NONBLOCK = bitsOf(openFlags, ['O_NONBLOCK']);
    local.calls.fcntl(master, 'F_SETFL', O_NONBLOCK);
  }

  type(text: string): void {
    fs.writeSync(this.master, text);
  }

  /** What was shown, up to now. */
  shown(): string {
    this.take();
    return this.text;
  }

  /** Reads what is there; keeps the last of it. True at the end: nobody has the other side open. */
  take(): boolean {
    const piece = Buffer.alloc(1 << 16);
    for (let round = 0; round < 64; round++) {
      try {
        const length = fs.readSync(this.master, piece);
        this.received += length;
        this.text = (this.text + piece.toString('latin1', 0, length)).slice(-(1 << 16));
      } catch (error) {
        if (codeOf(error) === 'EIO') return true;
        if (codeOf(error) === 'EAGAIN') return false;
        throw error;
      }
    }
    return false;
  }

  async shows(text: string, seconds = 10): Promise<void> {
    try {
      await until(`the terminal shows ${JSON.stringify(text)}`, () => this.shown().includes(text), seconds);
    } catch (error) {
      throw new Error(`it shows ${JSON.stringify(this.text)}`, { cause: error });
    }
  }

  get size(): Size {
    const memory = local.batch((batch, calls) => {
      const out = batch.output(winsize.size);
      calls.ioctl(this.master, 'TIOCGWINSZ', out);
      return out;
    });
    return { rows: readField(winsize, 'ws_row', memory.bytes), columns: readField(winsize, 'ws_col', memory.bytes) };
  }

  resize({ rows, columns }: Size): void {
    local.batch((batch, calls) =>
      calls.ioctl(this.master, 'TIOCSWINSZ', batch.struct(winsize, { ws_row: rows, ws_col: columns })),
    );
  }

  /** The line discipline, all of it. */
  get modes(): string {
    return Buffer.from(this.attributes()).toString('hex');
  }

  get isRaw(): boolean {
    const local = readField(termios, 'c_lflag', this.attributes());
    return (local & bitsOf(localModes, ['ICANON', 'ECHO', 'ISIG'])) === 0;
  }

  get addsCarriageReturns(): boolean {
    return (readField(termios, 'c_oflag', this.attributes()) & bitsOf(outputModes, ['ONLCR'])) !== 0;
  }

  /** Hangs up. */
  close(): void {
    if (!this.closed) fs.closeSync(this.master);
    this.closed = true;
  }

  private attributes(): Uint8Array {
    return local.batch((batch, calls) => {
      const out = batch.output(termios.size);
      calls.ioctl(this.master, 'TCGETS', out);
      return out;
    }).bytes;
  }
}

/** By its shape: Node's errors are of another realm than a test's. */
function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** ^C, ^D, ^Z, as a terminal sends them. */
export const keys = { interrupt: '\x03', end: '\x04', suspend: '\x1a' } as const;

/** A terminal of this machine, and its other side as a descriptor for a child. */
export function openScreen(size: Size = { rows: 24, columns: 80 }): { screen: Screen; peer: number } {
  const master = fs.openSync('/dev/ptmx', 'r+');
  local.batch((batch, calls) => calls.ioctl(master, 'TIOCSPTLCK', batch.input(new Uint8Array(4))));
  const peer = local.calls.ioctl(master, 'TIOCGPTPEER', bitsOf(openFlags, ['O_RDWR', 'O_NOCTTY', 'O_CLOEXEC']));
  const screen = new Screen(master);
  screen.resize(size);
  return { screen, peer };
}

export interface Session {
  readonly screen: Screen;
  readonly child: ChildProcess;
  readonly pid: number;
  /** The exit status, or the name of the signal. */
  readonly done: Promise<number | string>;
}

/** Runs the runtime as somebody at a terminal would. `streams` replaces what is not the terminal. */
export function atTerminal(
  args: readonly string[],
  options: { size?: Size; stdin?: number | 'pipe'; stdout?: number; env?: Readonly<Record<string, string>> } = {},
): Session {
  const { screen, peer } = openScreen(options.size);
  const env = options.env ?? { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  // setsid(1) can make the controlling terminal of standard input only.
  const control = options.stdin === undefined ? ['--ctty'] : [];
  const child = spawn('setsid', [...control, RUNTIME, ...args], {
    stdio: [options.stdin ?? peer, options.stdout ?? peer, peer],
    env: { ...env },
  });
  const done = new Promise<number | string>((resolve) => {
    child.on('exit', (status, signal) => resolve(status ?? signal ?? 'unknown'));
  });
  fs.closeSync(peer);
  return { screen, child, pid: child.pid ?? -1, done };
}

export interface Received {
  readonly text: string;
  readonly fd: number;
  /** Whether the sender closed the connection after that. */
  readonly ended: boolean;
}

/** Listens as containerd's shim and conmon do; a path of any length. */
export class Receiver {
  private readonly socket: number;

  constructor(readonly path: string) {
    this.socket = local.calls.socket('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0);
    const slash = path.lastIndexOf('/');
    const directory = fs.openSync(path.slice(0, slash), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    const name = Buffer.alloc(sockaddrUn.fields.sun_path.size);
    name.write(`/proc/self/fd/${directory}/${path.slice(slash + 1)}`);
    local.calls.bind(this.socket, { sun_family: 1, sun_path: new Uint8Array(name) });
    local.calls.listen(this.socket, 8);
    fs.closeSync(directory);
  }

  /** After the runtime has exited: what it has sent waits in the socket. */
  take(): Received {
    const connection = local.calls.accept4(this.socket, 0, 0, ['SOCK_CLOEXEC']);
    const { data, control, length, header } = local.batch((batch, calls) => {
      const memory = batch.output(4096);
      // Room for more than one descriptor: a second one must not go unnoticed.
      const rights = batch.output(rightsMessage.size + 64);
      const vector = batch.struct(iovec, { iov_base: memory, iov_len: memory.bytes.length });
      const fields = { msg_iov: vector, msg_iovlen: 1, msg_control: rights, msg_controllen: rights.bytes.length };
      const message = batch.struct(msghdr, fields, true);
      return {
        data: memory,
        control: rights,
        length: calls.recvmsg(connection, message, ['MSG_CMSG_CLOEXEC']),
        header: message,
      };
    });
    const space = readField(msghdr, 'msg_controllen', header.bytes);
    if (space !== rightsMessage.size)
      throw new Error(`${space} bytes of control messages, not one with one descriptor`);
    const rest = fs.readSync(connection, Buffer.alloc(1));
    fs.closeSync(connection);
    return {
      text: Buffer.from(data.bytes.subarray(0, length.value)).toString(),
      fd: readField(rightsMessage, 'fd', control.bytes),
      ended: rest === 0,
    };
  }

  close(): void {
    fs.closeSync(this.socket);
    fs.rmSync(this.path, { force: true });
  }
}
