import type { Arch } from '../../engine/engine.ts';
import { assembleStubAarch64 } from './program-aarch64.ts';
import { assembleStubX86 } from './program-x86_64.ts';

/**
 * The stub: reads a batch from its control socket, makes the calls, writes the results back, for ever.
 * It decides nothing, allocates nothing, and exits when the socket ends or a request does not look like one.
 * `argv[1]` is the control socket's number in decimal.
 */
export function assembleStub(arch: Arch): Uint8Array {
  return programs[arch]();
}

const programs: Readonly<Record<Arch, () => Uint8Array>> = {
  x86_64: assembleStubX86,
  aarch64: assembleStubAarch64,
};
