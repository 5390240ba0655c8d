import type { Engine } from '../engine/engine.ts';
import { AT_FDCWD, bitsOf, SCM_RIGHTS, socketDomains, socketLevels } from '../syscalls/constants.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { cmsghdr, iovec, msghdr } from '../syscalls/structs.ts';
import { rightsMessage } from '../syscalls/stub/rights.ts';

/**
 * Hands `fd` to whoever listens at `path`, an absolute one: a connection of its own, one message with `text` and this
 * one descriptor, and no reply, for the receiver may look only when we are gone.
 */
export function sendDescriptor(engine: Engine, kernel: LocalKernel, path: string, fd: number, text: Uint8Array): void {
  const socket = kernel.calls.socket('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0);
  try {
    connect(engine, kernel, socket, path);
    const sent = kernel.batch((batch, calls) => {
      const control = batch.struct(rightsMessage, {
        cmsg_len: cmsghdr.size + 4,
        cmsg_level: bitsOf(socketLevels, ['SOL_SOCKET']),
        cmsg_type: SCM_RIGHTS,
        fd,
      });
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

/** Through a descriptor of the directory: the path may be longer than the 108 bytes of sun_path. */
function connect(engine: Engine, kernel: LocalKernel, socket: number, path: string): void {
  const slash = path.lastIndexOf('/');
  const flags = ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'] as const;
  const directory = kernel.calls.openat(AT_FDCWD, path.slice(0, slash + 1), flags, 0);
  try {
    const sun_path = engine.encode(`/proc/self/fd/${directory}/${path.slice(slash + 1)}`);
    kernel.calls.connect(socket, { sun_family: bitsOf(socketDomains, ['AF_UNIX']), sun_path });
  } finally {
    engine.files.close(directory);
  }
}
