import type { Engine } from '../engine/engine.ts';
import { type LocalKernel, LocalPort, localKernel } from '../syscalls/local-port.ts';

/** This process's system calls. The binding is loaded when the first one is made. */
export function kernelOf(engine: Engine): LocalKernel {
  return localKernel(new LocalPort(engine.native, engine.arch));
}
