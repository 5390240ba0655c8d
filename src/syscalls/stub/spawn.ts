import type { Native } from '../../engine/engine.ts';
import type { LocalKernel } from '../local-port.ts';
import { spawn } from '../spawn.ts';
import { STUB_NAME } from './image.ts';

/**
 * Starts the stub, whose executable is `image`, with an empty environment and of all descriptors only `inherited`: the
 * first is its control socket. Returns its PID.
 */
export function spawnStub(kernel: LocalKernel, native: Native, image: number, inherited: readonly number[]): number {
  return spawn(kernel, native, {
    file: `/proc/self/fd/${image}`,
    argv: [STUB_NAME, String(inherited[0])],
    env: [],
    descriptors: inherited.map((fd) => [fd, fd]),
  });
}
