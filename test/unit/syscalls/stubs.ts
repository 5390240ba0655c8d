import { spawnSync } from 'node:child_process';
import type { Arch } from '../../../src/engine/engine.ts';
import type { Result } from '../../../src/syscalls/batch.ts';
import { spawn } from '../../../src/syscalls/spawn.ts';
import { cloneArgs } from '../../../src/syscalls/structs.ts';
import { stubImage } from '../../../src/syscalls/stub/image.ts';
import type { RemoteKernel } from '../../../src/syscalls/stub/remote-kernel.ts';
import { connected, engine, type LiveStub, liveStub, local } from './support.ts';

/** How a stub is started, and what runs it. */
export interface StubKind {
  readonly arch: Arch;
  /** By this machine's own kernel, and not by qemu-user, which makes the calls in a process of its own. */
  readonly native: boolean;
  start(...inherited: readonly number[]): LiveStub;
  /** Adds a call that makes a second process, under the control of `control`. */
  fork(kernel: RemoteKernel, control: number): Result;
}

const native: StubKind = {
  arch: engine.arch,
  native: true,
  start: liveStub,
  fork({ pending }, control) {
    const args = pending.struct(cloneArgs, { exit_signal: SIGCHLD });
    return pending.add({ name: 'clone3', words: () => [] }, [args, cloneArgs.size], { returnsTwice: control });
  },
};

/** The other architecture's, under qemu-user: that has no clone3. */
function emulated(arch: Arch, qemu: string): StubKind {
  return {
    arch,
    native: false,
    start(...inherited) {
      const image = stubImage(local, engine.files, arch, '/tmp');
      try {
        return connected(arch, (control) =>
          spawn(local, engine.native(), {
            file: qemu,
            search: true,
            argv: [qemu, `/proc/self/fd/${image}`, String(control)],
            env: [],
            descriptors: [control, 0, 1, 2, image, ...inherited].map((fd) => [fd, fd]),
          }),
        );
      } finally {
        engine.files.close(image);
      }
    },
    fork: ({ pending }, control) =>
      pending.add({ name: 'clone', words: () => [] }, [SIGCHLD, 0, 0, 0, 0], { returnsTwice: control }),
  };
}

const SIGCHLD = 17;

/** Tests of the stub's protocol: for this machine's stub, and for the other architecture's where qemu-user is installed. */
export function describeStubs(tests: (kind: StubKind) => void): void {
  describe(`the stub of ${engine.arch}`, () => tests(native));
  const [arch, qemu] =
    engine.arch === 'x86_64'
      ? (['aarch64', 'qemu-aarch64-static'] as const)
      : (['x86_64', 'qemu-x86_64-static'] as const);
  const name = `the stub of ${arch}`;
  if (spawnSync(qemu, ['--version']).status === 0) describe(name, () => tests(emulated(arch, qemu)));
  else describe.skip(`${name} (skipped: ${qemu} is not installed)`, () => tests(emulated(arch, qemu)));
}
