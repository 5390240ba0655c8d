import { marshal, type Text, unmarshal, type Value } from './values.ts';

/** A call of a method, as its caller says it. */
export interface MethodCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly Value[];
}

export type MessageType = 'call' | 'return' | 'error' | 'signal' | 'unknown';

/** A message that arrived. */
export interface Message {
  readonly type: MessageType;
  readonly path: string | undefined;
  readonly interface: string | undefined;
  readonly member: string | undefined;
  readonly errorName: string | undefined;
  readonly replySerial: number | undefined;
  /** Who sent it, by the word of the bus; undefined on a connection without one. */
  readonly sender: string | undefined;
  /** Throws a RangeError if it is malformed. */
  body(): readonly Value[];
}

/** Endianness, type, flags, version, length of the body, serial, fields. */
const HEADER = 'yyyyuua(yv)';
/** Bytes that tell how long a message is. */
export const HEAD = 16;
const LITTLE = 0x6c;
const BIG = 0x42;
const VERSION = 1;
const TYPES: readonly MessageType[] = ['unknown', 'call', 'return', 'error', 'signal'];
const FIELD = {
  path: 1,
  interface: 2,
  member: 3,
  errorName: 4,
  replySerial: 5,
  destination: 6,
  sender: 7,
  signature: 8,
};
/** The specification allows 128 MiB; nothing that we ask for comes near this. */
const MAX_MESSAGE = 16 << 20;

export function encodeCall(text: Text, serial: number, call: MethodCall): Uint8Array {
  return encode(text, 'call', serial, call.signature, call.body, [
    [FIELD.path, { signature: 'o', value: call.path }],
    [FIELD.interface, { signature: 's', value: call.interface }],
    [FIELD.member, { signature: 's', value: call.member }],
    [FIELD.destination, { signature: 's', value: call.destination }],
  ]);
}

/** The answer to the call of that serial. */
export function encodeReply(text: Text, serial: number, signature: string, ...body: readonly Value[]): Uint8Array {
  return encode(text, 'return', serial, signature, body, [[FIELD.replySerial, { signature: 'u', value: serial }]]);
}

/** A signal, which no call has asked for. */
export function encodeSignal(text: Text, signal: Omit<MethodCall, 'destination'>): Uint8Array {
  return encode(text, 'signal', 1, signal.signature, signal.body, [
    [FIELD.path, { signature: 'o', value: signal.path }],
    [FIELD.interface, { signature: 's', value: signal.interface }],
    [FIELD.member, { signature: 's', value: signal.member }],
  ]);
}

/** The serial of a message in bytes. */
export function serialOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, isLittle(bytes));
}

function encode(
  text: Text,
  type: MessageType,
  serial: number,
  signature = '',
  body: readonly Value[] = [],
  fields: readonly Value[],
): Uint8Array {
  const payload = marshal(text, signature, body);
  const all = signature === '' ? fields : [...fields, [FIELD.signature, { signature: 'g', value: signature }]];
  const head = [LITTLE, TYPES.indexOf(type), 0, VERSION, payload.length, serial];
  const header = marshal(text, HEADER, [...head, all]);
  const bytes = new Uint8Array(aligned(header.length) + payload.length);
  bytes.set(header);
  bytes.set(payload, aligned(header.length));
  return bytes;
}

/** The length of the message that begins with these {@link HEAD} bytes. Throws a RangeError for what is no message. */
export function messageLength(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, HEAD);
  const little = isLittle(head);
  const length = HEAD + aligned(view.getUint32(12, little)) + view.getUint32(4, little);
  if (length > MAX_MESSAGE) throw new RangeError(`a message of ${length} bytes`);
  return length;
}

export function decodeMessage(text: Text, bytes: Uint8Array): Message {
  const little = isLittle(bytes);
  const [, type, , , bodyLength, , list] = unmarshal(text, HEADER, bytes, little);
  const fields = new Map<number, Value>();
  if (!Array.isArray(list)) throw new RangeError('a message without header fields');
  for (const [code, content] of list) if (isVariant(content)) fields.set(Number(code), content.value);
  const string = (name: keyof typeof FIELD): string | undefined => {
    const value = fields.get(FIELD[name]);
    return typeof value === 'string' ? value : undefined;
  };
  const serial = fields.get(FIELD.replySerial);
  const start = bytes.length - Number(bodyLength);
  return {
    type: TYPES[Number(type)] ?? 'unknown',
    path: string('path'),
    interface: string('interface'),
    member: string('member'),
    errorName: string('errorName'),
    sender: string('sender'),
    replySerial: typeof serial === 'number' ? serial : undefined,
    body: () => unmarshal(text, string('signature') ?? '', bytes, little, start),
  };
}

function isLittle(bytes: Uint8Array): boolean {
  if (bytes[0] !== LITTLE && bytes[0] !== BIG) throw new RangeError(`a message that begins with ${bytes[0]}`);
  return bytes[0] === LITTLE;
}

function isVariant(value: Value | undefined): value is Extract<Value, { signature: string }> {
  return typeof value === 'object' && 'signature' in value;
}

function aligned(length: number): number {
  return (length + 7) & ~7;
}
