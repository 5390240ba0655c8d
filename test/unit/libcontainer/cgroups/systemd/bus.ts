import { decodeMessage, HEAD, messageLength } from '../../../../../src/libcontainer/cgroups/systemd/dbus/message.ts';
import type { BusSocket } from '../../../../../src/libcontainer/cgroups/systemd/dbus/socket.ts';
import { marshal, type Value } from '../../../../../src/libcontainer/cgroups/systemd/dbus/values.ts';

export const text = {
  encode: (string: string): Uint8Array => new TextEncoder().encode(string),
  decode: (bytes: Uint8Array): string => new TextDecoder().decode(bytes),
};

/** A message that a script lets arrive: its type, header fields by code, signature and body. */
export interface Scripted {
  readonly type: 'return' | 'error' | 'signal';
  readonly fields?: readonly Value[];
  readonly signature?: string;
  readonly body?: readonly Value[];
}

export type Answers = Readonly<
  Record<string, (body: readonly Value[], serial: number) => readonly Scripted[] | undefined>
>;

/** The far end of a bus socket, in memory: answers calls by a script. The time it makes a reader wait is not real. */
export class ScriptedBus implements BusSocket {
  /** Calls in the order of their arrival. */
  readonly calls: { member: string; body: readonly Value[] }[] = [];
  closed = false;
  now = 0n;
  /** Bytes for each read; undefined for all that are there. */
  piece: number | undefined;
  private readonly incoming: number[] = [];
  private outgoing: number[] = [];
  private authenticated = false;

  constructor(
    private readonly answers: Answers,
    private readonly greeting = 'DATA\r\nOK 00\r\n',
  ) {}

  readonly engine = { ...text, monotonic: (): bigint => this.now };

  write(bytes: Uint8Array): boolean {
    this.incoming.push(...bytes);
    if (!this.authenticated) this.authenticate();
    while (this.authenticated && this.incoming.length >= HEAD) {
      const length = messageLength(Uint8Array.from(this.incoming.slice(0, HEAD)));
      if (this.incoming.length < length) break;
      this.serve(Uint8Array.from(this.incoming.splice(0, length)));
    }
    return true;
  }

  read(nanoseconds: bigint): Uint8Array | undefined {
    if (this.closed) return new Uint8Array(0);
    if (this.outgoing.length === 0) {
      this.now += nanoseconds;
      return undefined;
    }
    return Uint8Array.from(this.outgoing.splice(0, this.piece ?? this.outgoing.length));
  }

  close(): void {
    this.closed = true;
  }

  /** Raw bytes for the reader. */
  say(bytes: Uint8Array): void {
    this.outgoing.push(...bytes);
  }

  private authenticate(): void {
    const words = text.decode(Uint8Array.from(this.incoming));
    if (!words.endsWith('BEGIN\r\n')) return;
    this.authenticated = true;
    this.incoming.length = 0;
    this.say(text.encode(this.greeting));
  }

  private serve(bytes: Uint8Array): void {
    const { member = '', body } = decodeMessage(text, bytes);
    const serial = new DataView(bytes.buffer).getUint32(8, true);
    this.calls.push({ member, body: body() });
    const answer = this.answers[member]?.(body(), serial);
    for (const message of answer ?? []) this.say(encode(message));
  }
}

/** A reply to `serial` from systemd. */
export function reply(serial: number, signature = '', ...body: Value[]): Scripted {
  return { type: 'return', fields: [field(5, 'u', serial), field(7, 's', ':1.1')], signature, body };
}

export function refusal(serial: number, name: string): Scripted {
  const fields = [field(5, 'u', serial), field(4, 's', name), field(7, 's', ':1.1')];
  return { type: 'error', fields, signature: 's', body: ['no'] };
}

export function jobRemoved(job: string, result: string, sender = ':1.1'): Scripted {
  const names = [field(2, 's', 'org.freedesktop.systemd1.Manager'), field(3, 's', 'JobRemoved')];
  const fields = [field(1, 'o', '/org/freedesktop/systemd1'), ...names, field(7, 's', sender)];
  return { type: 'signal', fields, signature: 'uoss', body: [1, job, 'x.scope', result] };
}

function field(code: number, signature: string, value: Value): Value {
  return [code, { signature, value }];
}

function encode({ type, fields = [], signature = '', body = [] }: Scripted): Uint8Array {
  const payload = marshal(text, signature, body);
  const all = [...fields, ...(signature === '' ? [] : [field(8, 'g', signature)])];
  const number = { return: 2, error: 3, signal: 4 }[type];
  const header = marshal(text, 'yyyyuua(yv)', [0x6c, number, 0, 1, payload.length, 1, all]);
  const bytes = new Uint8Array(((header.length + 7) & ~7) + payload.length);
  bytes.set(header);
  bytes.set(payload, bytes.length - payload.length);
  return bytes;
}
