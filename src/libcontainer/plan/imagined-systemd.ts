import type { Engine } from '../../engine/engine.ts';
import {
  decodeMessage,
  encodeReply,
  encodeSignal,
  HEAD,
  type Message,
  messageLength,
  serialOf,
} from '../cgroups/systemd/dbus/message.ts';
import type { Value } from '../cgroups/systemd/dbus/values.ts';
import { unitPath } from '../cgroups/systemd/unit.ts';

/** What a plan tells of a call of a bus. */
export interface BusCall {
  readonly member: string;
  readonly words: readonly string[];
}

/**
 * A systemd that does all that it is asked for: it starts units, in a cgroup that `make` makes, and says that the job is
 * done. What it is called for is told to `tell`.
 */
export class ImaginedSystemd {
  private received = new Uint8Array();
  private answers: Uint8Array[] = [];
  private authenticated = false;

  constructor(
    private readonly text: Pick<Engine, 'encode' | 'decode'>,
    /** Its own cgroup. */
    private readonly controlGroup: string,
    private readonly make: (cgroup: string) => void,
    private readonly tell: (call: BusCall) => void,
  ) {}

  write(bytes: Uint8Array): void {
    this.received = Uint8Array.of(...this.received, ...bytes);
    if (!this.authenticated && !this.greet()) return;
    while (this.received.length >= HEAD && this.received.length >= messageLength(this.received)) {
      const length = messageLength(this.received);
      this.serve(this.received.slice(0, length));
      this.received = this.received.slice(length);
    }
  }

  read(): Uint8Array {
    return this.answers.shift() ?? new Uint8Array();
  }

  /** False until all of the authentication is there. */
  private greet(): boolean {
    const end = this.text.decode(this.received).indexOf(BEGIN);
    if (end < 0) return false;
    this.received = this.received.slice(end + BEGIN.length);
    this.answers.push(this.text.encode('DATA\r\nOK 00\r\n'));
    this.authenticated = true;
    return true;
  }

  private serve(bytes: Uint8Array): void {
    const message = decodeMessage(this.text, bytes);
    const { member = '' } = message;
    const body = message.body();
    this.tell({ member, words: body.map(words) });
    const serial = serialOf(bytes);
    const answer = (signature = '', ...values: Value[]): void =>
      void this.answers.push(encodeReply(this.text, serial, signature, ...values));
    if (member === 'Hello') return answer('s', ':1.1');
    if (member === 'Get') return answer('v', { signature: 's', value: this.property(message) });
    if (member !== 'StartTransientUnit' && member !== 'StopUnit') return answer();
    answer('o', JOB);
    const [unit = ''] = body;
    if (member === 'StartTransientUnit') this.make(this.controlGroup + placeOf(String(unit), body[2]));
    const done = { path: PATH, interface: MANAGER, member: 'JobRemoved', signature: 'uoss' };
    this.answers.push(encodeSignal(this.text, { ...done, body: [1, JOB, unit, 'done'] }));
  }

  private property(message: Message): string {
    return message.body()[1] === 'Version' ? NEW_ENOUGH : this.controlGroup;
  }
}

function placeOf(name: string, properties: Value | undefined): string {
  const list = Array.isArray(properties) ? properties : [];
  const slice = list.find((property) => Array.isArray(property) && property[0] === 'Slice');
  const isSlice = name.endsWith('.slice');
  return unitPath({ name, isSlice, slice: Array.isArray(slice) ? words(slice[1]).replace(/"/g, '') : '' });
}

/** A property reads as `NAME=VALUE`, and a value of any type without that. */
function words(value: Value | undefined): string {
  if (Array.isArray(value)) {
    const [name, variant] = value;
    const property = value.length === 2 && typeof name === 'string' && isVariant(variant);
    return property ? `${name}=${words(variant)}` : `[${value.map(words).join(', ')}]`;
  }
  if (isVariant(value)) return words(value.value);
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function isVariant(value: Value | undefined): value is Extract<Value, { signature: string }> {
  return typeof value === 'object' && 'signature' in value;
}

const BEGIN = 'BEGIN\r\n';
/** It knows every property that we might set. */
const NEW_ENOUGH = '257';
const JOB = '/org/freedesktop/systemd1/job/1';
const PATH = '/org/freedesktop/systemd1';
const MANAGER = 'org.freedesktop.systemd1.Manager';
