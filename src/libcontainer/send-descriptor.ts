import type { Engine } from '../engine/engine.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { iovec, msghdr } from '../syscalls/structs.ts';
import { rightsControl } from '../syscalls/stub/rights.ts';
import { withUnixAddress } from './unix-address.ts';

/**
 * Hands `fd` to whoever listens at `path`, an absolute one: a connection of its own, one message with `text` and this
 * one descriptor, and no reply, for the receiver may look only when we are gone.
 */
export function sendDescriptor(engine: Engine, kernel: LocalKernel, path: string, fd: number, text: Uint8Array): void {
  const socket = kernel.calls.socket('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0);
  try {
    withUnixAddress(kernel, path, (address) => kernel.calls.connect(socket, address));
    const sent = kernel.batch((batch, calls) => {
      const control = rightsControl(batch, fd);
      const vector = batch.struct(iovec, { iov_base: batch.input(text), iov_len: text.length });
      const message = { msg_iov: vector, msg_iovlen: 1, msg_control: control, msg_controllen: control.bytes.length };
      return calls.sendmsg(socket, batch.struct(msghdr, message), ['MSG_NOSIGNAL']);
    });
    // The rest without the descriptor, which has arrived with the first byte.
    if (sent.value < text.length) engine.files.write(socket, text.subarray(sent.value));
  } finally {
    engine.files.close(socket);
  }
}
