import { SyscallError } from '../../engine/errors.ts';
import { bitsOf, descriptorFlags } from '../../syscalls/constants.ts';
import { descriptorPair, socketPair } from '../../syscalls/descriptor-pair.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { CallFailed } from '../../syscalls/port.ts';
import { stubImage } from '../../syscalls/stub/image.ts';
import { spawnStub } from '../../syscalls/stub/spawn.ts';
import { StubGone } from '../../syscalls/stub/stub-port.ts';
import type { StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { restoreNofile } from '../hooks/places.ts';
import { stubProcess } from '../init/stub-process.ts';
import type { Machine } from '../machine.ts';
import { killProcess, reap } from '../signal.ts';

export interface Ours {
  readonly engine: Machine;
  readonly kernel: LocalKernel;
}

/** A stub that is going to be criu, with a socket for criu's RPC: a packet is a message. */
export class CriuProcess {
  private readonly open: Set<number>;
  private reaped = false;

  private constructor(
    private readonly ours: Ours,
    readonly stub: StubProcess,
    readonly socket: number,
    /** Its number of the other end. */
    private readonly service: number,
  ) {
    this.open = new Set([stub.port.socket, socket]);
  }

  /**
   * Starts the stub. It has our streams, and `inherited` under the numbers that they have here: criu is told of
   * descriptors by their numbers. `scratch` is a directory where a file may be executed.
   */
  static spawn(ours: Ours, scratch: string, inherited: readonly number[]): CriuProcess {
    const { engine, kernel } = ours;
    const [control, theirs] = socketPair(kernel);
    const [socket, service] = descriptorPair(kernel, (calls, memory) =>
      calls.socketpair('AF_UNIX', ['SOCK_SEQPACKET', 'SOCK_CLOEXEC'], 0, memory),
    );
    const image = stubImage(kernel, engine.files, engine.arch, scratch);
    const pid = spawnStub(engine.native(), image, [theirs, service, 0, 1, 2, ...inherited]);
    for (const fd of [image, theirs, service]) engine.files.close(fd);
    return new CriuProcess(ours, stubProcess(engine, 'criu', pid, control, theirs), socket, service);
  }

  /** From the stub to `program`, which serves the one client that it has: `criu swrk`. */
  execute(program: string): void {
    const { stub, service, ours } = this;
    const { calls } = stub.kernel;
    const env = Object.entries(ours.engine.env).flatMap(([name, value]) =>
      value === undefined ? [] : `${name}=${value}`,
    );
    try {
      restoreNofile(ours.engine, stub);
      calls.fcntl(stub.port.control, 'F_SETFD', bitsOf(descriptorFlags, ['FD_CLOEXEC']));
      calls.execve(program, ['criu', 'swrk', String(service)], env);
      stub.kernel.flush();
    } catch (error) {
      // Its end of the socket closed: criu runs. Should it be dead instead, its own socket tells.
      if (!(error instanceof StubGone)) throw notExecuted(program, error);
    }
    this.close(stub.port.socket);
  }

  /** It has answered, and there is nothing left for it but to exit. Returns its wait status. */
  leave(): number {
    this.close(this.socket);
    this.reaped = true;
    return reap(this.ours.kernel, this.stub.pid) ?? 0;
  }

  /** On every way out: nothing of it is left. */
  end(): void {
    if (!this.reaped) {
      killProcess(this.ours.kernel, this.stub.pid);
      this.leave();
    }
    for (const fd of this.open) this.close(fd);
  }

  private close(fd: number): void {
    if (this.open.delete(fd)) this.ours.engine.files.close(fd);
  }
}

function notExecuted(program: string, error: unknown): unknown {
  if (!(error instanceof CallFailed) || error.syscall !== 'execve') return error;
  const cause = new SyscallError('execve', [JSON.stringify(program)], error.errno, error.code);
  return new ContainerError('host', '', { cause });
}
