import type { Engine } from '../../../../engine/engine.ts';
import { ContainerError } from '../../../errors.ts';
import { decodeMessage, encodeCall, HEAD, type Message, type MethodCall, messageLength } from './message.ts';
import type { BusSocket } from './socket.ts';

/** An error that the other side answered with: `org.freedesktop.systemd1.NoSuchUnit`. */
export class BusError extends Error {
  override readonly name = 'BusError';

  constructor(
    readonly errorName: string,
    text: string,
  ) {
    super(text === '' ? errorName : `${text} (${errorName})`);
  }
}

/** How long a call may take. */
export const CALL_TIMEOUT = 10_000_000_000n;

export const theBus = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

/**
 * A connection to a message bus, or to a service directly. There is no event loop: calls are sent, several at once if
 * their sender likes, and their replies waited for one by one. What arrives meanwhile is kept.
 */
export class Bus {
  private serial = 0;
  private received = new Uint8Array(0);
  private readonly inbox: Message[] = [];

  constructor(
    private readonly engine: Pick<Engine, 'encode' | 'decode' | 'monotonic'>,
    private readonly socket: BusSocket,
    /** For messages: `unix:path=/run/dbus/system_bus_socket`. */
    readonly address: string,
  ) {}

  /**
   * Says who we are, by the credentials that the kernel tells the other side. Naming a user ID instead would be wrong
   * in a user namespace, where ours is another. `hello` where there is a bus that gives out names.
   */
  authenticate(hello: boolean): void {
    this.write(this.engine.encode('\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n'), 'authentication');
    const greeting = hello ? this.send({ ...theBus, member: 'Hello' }) : undefined;
    const deadline = this.engine.monotonic() + CALL_TIMEOUT;
    for (let line = ''; !line.startsWith('OK'); line = this.line(deadline)) {
      if (/^(REJECTED|ERROR)/.test(line)) throw new ContainerError('host', `${this.address} refuses us: ${line}`);
    }
    if (greeting !== undefined) this.reply(greeting, 'Hello');
  }

  /** Returns the serial that its reply will bear. */
  send(call: MethodCall): number {
    this.write(encodeCall(this.engine, ++this.serial, call), call.member);
    return this.serial;
  }

  /** The reply to the call of that serial. Throws a BusError for an error. */
  reply(serial: number, what: string): Message {
    const answer = this.wait((message) => message.replySerial === serial, what);
    if (answer.type !== 'error') return answer;
    const [text] = answer.body();
    throw new BusError(answer.errorName ?? 'an error without a name', typeof text === 'string' ? text : '');
  }

  call(call: MethodCall): Message {
    return this.reply(this.send(call), call.member);
  }

  /** The first message that fits, of those that came already or are to come. `what` is missed if none does in time. */
  wait(fits: (message: Message) => boolean, what: string): Message {
    const deadline = this.engine.monotonic() + CALL_TIMEOUT;
    for (let at = 0; ; at++) {
      const message = this.inbox[at] ?? this.next(deadline, what);
      if (at === this.inbox.length) this.inbox.push(message);
      if (!fits(message)) continue;
      this.inbox.splice(at, 1);
      return message;
    }
  }

  close(): void {
    this.socket.close();
  }

  private write(bytes: Uint8Array, what: string): void {
    if (!this.socket.write(bytes)) throw this.late(what);
  }

  private next(deadline: bigint, what: string): Message {
    try {
      while (this.received.length < HEAD) this.more(deadline, what);
      const length = messageLength(this.received);
      while (this.received.length < length) this.more(deadline, what);
      return decodeMessage(this.engine, this.take(length));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ContainerError('host', `${this.address} does not speak D-Bus`, { cause: error });
    }
  }

  private line(deadline: bigint): string {
    let end = this.received.indexOf(NEWLINE);
    while (end < 0) {
      this.more(deadline, 'authentication');
      end = this.received.indexOf(NEWLINE);
    }
    return this.engine.decode(this.take(end + 1)).trim();
  }

  private take(length: number): Uint8Array {
    const taken = this.received.slice(0, length);
    this.received = this.received.slice(length);
    return taken;
  }

  private more(deadline: bigint, what: string): void {
    let piece: Uint8Array | undefined;
    while (!piece) {
      const left = deadline - this.engine.monotonic();
      if (left <= 0n) throw this.late(what);
      piece = this.socket.read(left);
    }
    if (piece.length === 0) throw new ContainerError('host', `${this.address} hung up before the answer to ${what}`);
    const all = new Uint8Array(this.received.length + piece.length);
    all.set(this.received);
    all.set(piece, this.received.length);
    this.received = all;
  }

  private late(what: string): ContainerError {
    return new ContainerError('timeout', `${this.address} does not answer ${what} within 10 s`);
  }
}

const NEWLINE = 10;
