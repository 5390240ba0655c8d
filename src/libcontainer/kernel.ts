import { type LocalKernel, localKernel } from '../syscalls/local-port.ts';
import type { Machine } from './machine.ts';

/** This process's system calls. The binding is loaded when the first one is made. */
export function kernelOf({ ports }: Pick<Machine, 'ports'>): LocalKernel {
  return localKernel(ports.local());
}
