import { SyscallError } from '../../engine/errors.ts';
import { AT_FDCWD, bitsOf, descriptorFlags } from '../../syscalls/constants.ts';
import { descriptors, socketPair } from '../../syscalls/descriptor-pair.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { CallFailed } from '../../syscalls/port.ts';
import { readField } from '../../syscalls/struct.ts';
import { stubImage } from '../../syscalls/stub/image.ts';
import { takeDescriptor } from '../../syscalls/stub/rights.ts';
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

/** What criu is given to work in. Absolute paths. */
export interface Directories {
  readonly images: string;
  readonly work: string;
}

/** A stub that is going to be criu. */
export class CriuProcess {
  private readonly open: Set<number>;
  private client: number | undefined;
  private reaped = false;

  private constructor(
    private readonly ours: Ours,
    readonly stub: StubProcess,
  ) {
    this.open = new Set([stub.port.socket]);
  }

  /**
   * Starts the stub. It has our streams, and `inherited` under the numbers that they have here: criu is told of
   * descriptors by their numbers. `scratch` is a directory where a file may be executed.
   */
  static spawn(ours: Ours, scratch: string, inherited: readonly number[]): CriuProcess {
    const { engine, kernel } = ours;
    const [control, theirs] = socketPair(kernel);
    const image = stubImage(kernel, engine.files, engine.arch, scratch);
    const pid = spawnStub(kernel, engine.native(), image, [theirs, 0, 1, 2, ...inherited]);
    for (const fd of [image, theirs]) engine.files.close(fd);
    return new CriuProcess(ours, stubProcess(engine, 'criu', pid, control, theirs));
  }

  /** Our end of criu's RPC: a packet is a message. */
  get socket(): number {
    if (this.client === undefined) throw new Error('criu has not been started');
    return this.client;
  }

  /**
   * From the stub to `program`, which serves the one client that it has: `criu swrk`. Returns the numbers by which it
   * knows the directories.
   */
  execute(program: string, { images, work }: Directories): { images_dir_fd: number; work_dir_fd: number } {
    const { kernel, port } = this.stub;
    const flags = ['O_RDONLY', 'O_DIRECTORY'] as const;
    const opened = [images, work].map((path) => kernel.calls.openat(AT_FDCWD, path, flags, 0));
    const [images_dir_fd = -1, work_dir_fd = -1] = opened.map((fd) => kernel.value(fd));
    const service = this.makeService();
    try {
      restoreNofile(this.ours.engine, this.stub);
      kernel.calls.fcntl(port.control, 'F_SETFD', bitsOf(descriptorFlags, ['FD_CLOEXEC']));
      kernel.calls.execve(program, ['criu', 'swrk', String(service)], environment(this.ours.engine));
      kernel.flush();
    } catch (error) {
      // Its end of the socket closed: criu runs. Should it be dead instead, its own socket tells.
      if (!(error instanceof StubGone)) throw notExecuted(program, error);
    }
    this.close(port.socket);
    return { images_dir_fd, work_dir_fd };
  }

  /**
   * The socket is made by what will be criu, for that is whose descriptors criu takes the numbers in a request for: its
   * peer's, as SO_PEERCRED says. Ours would be of another mount namespace, where it can mount nothing.
   */
  private makeService(): number {
    const { kernel, port } = this.stub;
    const pair = kernel.output(descriptors.size);
    kernel.calls.socketpair('AF_UNIX', ['SOCK_SEQPACKET'], 0, pair);
    kernel.flush();
    const client = readField(descriptors, 'first', pair.bytes);
    this.client = takeDescriptor(this.ours.kernel, kernel, port, client);
    this.open.add(this.client);
    // Else it would not see the end of us.
    kernel.calls.close(client);
    return readField(descriptors, 'second', pair.bytes);
  }

  /** It has answered, and there is nothing left for it but to exit. Returns its wait status. */
  leave(): number {
    if (this.client !== undefined) this.close(this.client);
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

function environment({ env }: Machine): string[] {
  return Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`));
}

function notExecuted(program: string, error: unknown): unknown {
  if (!(error instanceof CallFailed) || error.syscall !== 'execve') return error;
  const cause = new SyscallError('execve', [JSON.stringify(program)], error.errno, error.code);
  return new ContainerError('host', '', { cause });
}
