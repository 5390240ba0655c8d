import { cString } from '../../syscalls/params.ts';
import { ifreqFlags } from '../../syscalls/structs.ts';
import type { CreationStep } from '../creation.ts';

/** A new network namespace has a loopback interface, and it is down. */
export const loopbackUp: CreationStep = {
  name: 'bring the loopback interface up',
  pointer: '/linux/namespaces',
  do({ init }) {
    const { kernel } = init;
    const socket = kernel.calls.socket('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0);
    const request = kernel.pending.struct(ifreqFlags, { ifr_name: cString('lo'), ifr_flags: ['IFF_UP'] });
    kernel.calls.ioctl(socket, 'SIOCSIFFLAGS', request);
    kernel.calls.close(socket);
  },
};
