import { ifreqFlags } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { cString } from '../../syscalls/utf8.ts';
import type { CreationStep } from '../creation.ts';

/** A new network namespace has a loopback interface, and it is down. */
export const loopbackUp: CreationStep = {
  name: 'bring the loopback interface up',
  pointer: '/linux/namespaces',
  do: ({ init }) => raiseLoopback(init.kernel),
};

/** In the network namespace that `kernel` is in. */
export function raiseLoopback(kernel: RemoteKernel): void {
  const socket = kernel.calls.socket('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0);
  const request = kernel.pending.struct(ifreqFlags, { ifr_name: cString('lo'), ifr_flags: ['IFF_UP'] });
  kernel.calls.ioctl(socket, 'SIOCSIFFLAGS', request);
  kernel.calls.close(socket);
}
