import { SyscallError } from '../../engine/errors.ts';
import { type Batch, type Memory, type Operand, type Result, Word } from '../batch.ts';
import { bitsOf, SCM_RIGHTS, socketLevels } from '../constants.ts';
import { errnoNumber } from '../errno.ts';
import type { LocalKernel } from '../local-port.ts';
import type { RemotePort } from '../port.ts';
import { readField, struct, u32 } from '../struct.ts';
import { cmsghdr, iovec, msghdr } from '../structs.ts';
import type { RemoteKernel } from './remote-kernel.ts';

/**
 * Descriptors between the runtime and a stub (unix(7), SCM_RIGHTS). One byte goes with them, behind the
 * request that receives it or ahead of the reply, so that the stream of frames stays in step.
 */

/** One control message with one descriptor: CMSG_SPACE(4) is 24. */
export const rightsMessage = struct('cmsghdr + int', { ...cmsghdr.fields, fd: u32 });

/** Hands `fd` of this process to the stub; returns its number there. What is pending is made first. */
export function passDescriptor(local: LocalKernel, remote: RemoteKernel, port: RemotePort, fd: number): number {
  remote.flush();
  const control = receiveOver(remote.pending, (message) =>
    remote.calls.recvmsg(port.control, message, ['MSG_CMSG_CLOEXEC']),
  );
  const batch = remote.take();
  const length = port.send(batch);
  local.batch((own, calls) => {
    calls.sendmsg(port.socket, rights(own, fd), ['MSG_NOSIGNAL']);
  });
  port.receive(batch, length);
  return receivedDescriptor(control);
}

/** Takes a descriptor out of the stub; returns our number for it. */
export function takeDescriptor(local: LocalKernel, remote: RemoteKernel, port: RemotePort, fd: Operand): number {
  const batch = remote.pending;
  remote.calls.sendmsg(port.control, rights(batch, fd), ['MSG_NOSIGNAL']);
  const sent = remote.take();
  const length = port.send(sent);
  // A call ahead of sendmsg may have failed: then the first byte is the reply's, and no descriptor comes.
  if (nextByte(local, port.socket) !== BESIDE_DESCRIPTOR) port.receive(sent, length);
  const control = local.batch((own, calls) =>
    receiveOver(own, (message) => calls.recvmsg(port.socket, message, ['MSG_CMSG_CLOEXEC'])),
  );
  port.receive(sent, length);
  return receivedDescriptor(control);
}

function nextByte(local: LocalKernel, socket: number): number | undefined {
  const data = local.batch((own, calls) => {
    const memory = own.output(1);
    const vector = own.struct(iovec, { iov_base: memory, iov_len: 1 });
    calls.recvmsg(socket, own.struct(msghdr, { msg_iov: vector, msg_iovlen: 1 }), ['MSG_PEEK']);
    return memory;
  });
  return data.bytes[0];
}

/** No request and no reply begins with it: see {@link import('../layout.ts').MAGIC}. */
const BESIDE_DESCRIPTOR = 0;

/** A receiver whose descriptor table is full gets the byte, but no control message; recvmsg does not call that a failure. */
function receivedDescriptor(control: Memory): number {
  if (readField(rightsMessage, 'cmsg_len', control.bytes) !== cmsghdr.size + 4) {
    throw new SyscallError('recvmsg', ['SCM_RIGHTS'], errnoNumber('EMFILE'), 'EMFILE');
  }
  return readField(rightsMessage, 'fd', control.bytes);
}

function rights(batch: Batch, fd: Operand): Memory {
  return message(batch, batch.input(Uint8Array.of(BESIDE_DESCRIPTOR)), rightsControl(batch, fd));
}

/** The control message that hands over one descriptor. */
export function rightsControl(batch: Batch, fd: Operand): Memory {
  return batch.struct(rightsMessage, {
    cmsg_len: cmsghdr.size + 4,
    cmsg_level: bitsOf(socketLevels, ['SOL_SOCKET']),
    cmsg_type: SCM_RIGHTS,
    fd: typeof fd === 'number' || fd instanceof Word || isResult(fd) ? fd : undefined,
  });
}

function isResult(operand: Operand): operand is Result {
  return typeof operand === 'object' && 'known' in operand;
}

function receiveOver(batch: Batch, receive: (message: Memory) => unknown): Memory {
  const control = batch.output(rightsMessage.size);
  receive(message(batch, batch.output(1), control));
  return control;
}

function message(batch: Batch, data: Memory, control: Memory): Memory {
  const vector = batch.struct(iovec, { iov_base: data, iov_len: data.bytes.length });
  return batch.struct(
    msghdr,
    { msg_iov: vector, msg_iovlen: 1, msg_control: control, msg_controllen: control.bytes.length },
    true,
  );
}
