import { bitsOf, type netlinkFlags, routeMessages } from '../../syscalls/constants.ts';
import { readField, type Struct, type StructValue, writeField } from '../../syscalls/struct.ts';
import { nlmsghdr, rtattr } from '../../syscalls/structs.ts';

/** Messages of rtnetlink(7): a header, a struct of the family's, attributes; every part begins at a multiple of four. */
export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface Request {
  readonly type: keyof typeof routeMessages;
  readonly flags: readonly (keyof typeof netlinkFlags)[];
  readonly sequence: number;
  readonly body: Uint8Array;
  readonly attributes?: readonly Attribute[];
}

export function encodeRequest({ type, flags, sequence, body, attributes = [] }: Request): Uint8Array {
  const parts = [body, ...attributes.map(encodeAttribute)];
  const size = parts.reduce((sum, part) => sum + aligned(part.length), nlmsghdr.size);
  const message = new Uint8Array(size);
  message.set(
    encode(nlmsghdr, {
      nlmsg_len: size,
      nlmsg_type: bitsOf(routeMessages, [type]),
      nlmsg_flags: flags,
      nlmsg_seq: sequence,
    }),
  );
  let end = nlmsghdr.size;
  for (const part of parts) {
    message.set(part, end);
    end += aligned(part.length);
  }
  return message;
}

export interface Reply {
  readonly type: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** The messages of one datagram. */
export function decodeReplies(datagram: Uint8Array): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at + nlmsghdr.size <= datagram.length; ) {
    const rest = datagram.subarray(at);
    const length = readField(nlmsghdr, 'nlmsg_len', rest);
    if (length < nlmsghdr.size || length > rest.length) break;
    replies.push({
      type: readField(nlmsghdr, 'nlmsg_type', rest),
      sequence: readField(nlmsghdr, 'nlmsg_seq', rest),
      payload: rest.subarray(nlmsghdr.size, length),
    });
    at += aligned(length);
  }
  return replies;
}

/** The attributes that follow a struct of `size` bytes. */
export function attributesAfter(size: number, payload: Uint8Array): Attribute[] {
  const attributes: Attribute[] = [];
  for (let at = aligned(size); at + rtattr.size <= payload.length; ) {
    const rest = payload.subarray(at);
    const length = readField(rtattr, 'rta_len', rest);
    if (length < rtattr.size || length > rest.length) break;
    attributes.push({ type: readField(rtattr, 'rta_type', rest), value: rest.subarray(rtattr.size, length) });
    at += aligned(length);
  }
  return attributes;
}

/** A struct that no batch carries: names stand for flags. */
export function encode(declaration: Struct, values: Readonly<Record<string, StructValue>>): Uint8Array {
  const bytes = new Uint8Array(declaration.size);
  const view = new DataView(bytes.buffer);
  for (const [field, value] of Object.entries(values)) {
    const type = declaration.fields[field];
    const offset = declaration.offsets[field];
    if (!type || offset === undefined || value instanceof Uint8Array)
      throw new RangeError(`${declaration.name}.${field}`);
    writeField(view, offset, type, typeof value === 'object' ? bitsOf(type.table ?? {}, value) : value);
  }
  return bytes;
}

function encodeAttribute({ type, value }: Attribute): Uint8Array {
  const length = rtattr.size + value.length;
  const bytes = new Uint8Array(length);
  bytes.set(encode(rtattr, { rta_len: length, rta_type: type }));
  bytes.set(value, rtattr.size);
  return bytes;
}

function aligned(length: number): number {
  return Math.ceil(length / 4) * 4;
}
