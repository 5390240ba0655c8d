import { createRequire } from 'node:module';
import type { Arch, Engine } from '../../../src/engine/engine.ts';
import type { Addon } from '../../../src/engine/node/addon.ts';
import { nodeEngine } from '../../../src/engine/node/engine.ts';
import { Batch } from '../../../src/syscalls/batch.ts';
import { type LocalKernel, LocalPort, localKernel } from '../../../src/syscalls/local-port.ts';
import { stubImage } from '../../../src/syscalls/stub/image.ts';
import { RemoteKernel } from '../../../src/syscalls/stub/remote-kernel.ts';
import { spawnStub } from '../../../src/syscalls/stub/spawn.ts';
import { StubPort } from '../../../src/syscalls/stub/stub-port.ts';

export const engine: Engine = nodeEngine(
  () => createRequire(__filename)(`@yuuang/ffi-rs-linux-${process.arch === 'arm64' ? 'arm64' : 'x64'}-gnu`) as Addon,
);

export const local: LocalKernel = localKernel(new LocalPort(engine.native, engine.arch));

export interface LiveStub {
  readonly pid: number;
  readonly arch: Arch;
  readonly port: StubPort;
  readonly kernel: RemoteKernel;
  /** Closes the socket, waits for the exit and returns the wait status. */
  end(): number;
}

/** A stub of this process, as the runtime makes it. `inherited` are further descriptors that it gets. */
export function liveStub(...inherited: readonly number[]): LiveStub {
  const image = stubImage(local, engine.files, engine.arch, '/tmp');
  try {
    return connected(engine.arch, (control) =>
      spawnStub(local, engine.native(), image, [control, 0, 1, 2, ...inherited]),
    );
  } finally {
    engine.files.close(image);
  }
}

/** Starts a stub that talks over the descriptor that `start` is given. */
export function connected(arch: Arch, start: (control: number) => number): LiveStub {
  const [ours, theirs] = socketPair();
  const pid = start(theirs);
  engine.files.close(theirs);
  const port = new StubPort(engine.files, ours, theirs, arch);
  return {
    pid,
    arch,
    port,
    kernel: new RemoteKernel(port),
    end() {
      port.close();
      return waitFor(pid);
    },
  };
}

export function socketPair(): [number, number] {
  const pair = local.batch((batch, calls) => {
    const memory = batch.output(8);
    calls.socketpair('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0, memory);
    return memory;
  });
  const view = new DataView(pair.bytes.buffer, pair.bytes.byteOffset);
  return [view.getInt32(0, true), view.getInt32(4, true)];
}

export function waitFor(pid: number): number {
  const status = local.batch((batch, calls) => {
    const memory = batch.output(4);
    calls.wait4(pid, memory, ['__WALL'], 0);
    return memory;
  });
  return new DataView(status.bytes.buffer, status.bytes.byteOffset).getInt32(0, true);
}

export { Batch };
