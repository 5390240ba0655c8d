import type { Log } from '../../../../src/libcontainer/host.ts';
import { compile } from '../../../../src/libcontainer/seccomp/compile.ts';
import { Libseccomp } from '../../../../src/libcontainer/seccomp/libseccomp.ts';
import type { Seccomp } from '../../../../src/spec/config-linux.ts';
import { engine, local } from '../../syscalls/support.ts';

/** The machine's libseccomp, if it has one. */
export const library = Libseccomp.find(engine, local);

export const testWithLibrary = library && process.arch === 'x64' ? test : test.skip;

export const quiet: Log = { step: () => undefined, debug: () => undefined, warn: () => undefined };

export function compiled(profile: Seccomp, log: Log = quiet): Uint8Array {
  return compile({ kernel: local, log }, Libseccomp.load(engine, local), profile);
}

export const X86_64 = 0xc000003e;
export const I386 = 0x40000003;
export const X32_BIT = 0x40000000;
