import type { Memory } from '../../syscalls/batch.ts';
import { SIGCHLD, SIGKILL } from '../../syscalls/constants.ts';
import { socketPair } from '../../syscalls/descriptor-pair.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { cloneArgs } from '../../syscalls/structs.ts';
import { passDescriptor, takeDescriptor } from '../../syscalls/stub/rights.ts';
import { spawnStub } from '../../syscalls/stub/spawn.ts';
import type { StubProcess } from '../creation.ts';
import type { Log } from '../host.ts';
import { stubProcess } from '../init/stub-process.ts';
import type { Machine } from '../machine.ts';
import { reap } from '../signal.ts';

/** A stub that is going to be a hook: a child of the runtime, or of the container's init. */
export interface HookProcess {
  readonly stub: StubProcess;
  /** Readable when it has ended. */
  readonly pidfd: number;
  /** Its own numbers of what it is to have as standard input, output and error. */
  readonly streams: readonly number[];
  /** SIGKILL to it and to those that it has started and that have not left its process group. */
  kill(): void;
  /** Waits for its end and returns its wait status. */
  reap(): number;
  /** Gives back what this process holds of it. */
  close(): void;
}

/** What it takes to make a hook's process. */
export interface HookMaker {
  readonly engine: Machine;
  readonly kernel: LocalKernel;
  readonly log: Log;
}

/** In the runtime's namespaces: a child of this process. `image` is the stub's executable. */
export function spawnHook({ engine, kernel }: HookMaker, image: number, streams: readonly number[]): HookProcess {
  const [ours, theirs] = socketPair(kernel);
  const pid = spawnStub(kernel, engine.native(), image, [theirs, ...streams]);
  engine.files.close(theirs);
  const stub = stubProcess(engine, 'hook', pid, ours, theirs);
  const pidfd = kernel.calls.pidfd_open(pid, 0);
  return {
    stub,
    streams,
    pidfd,
    kill() {
      kernel.may('ESRCH').kill(-pid, SIGKILL);
      killBy(kernel, pidfd);
    },
    // Nobody else waits for it: without a status it was never there.
    reap: () => reap(kernel, pid) ?? SIGKILL,
    close: () => closeBoth(engine, stub, pidfd),
  };
}

/** In the namespaces of the container, in the state that init is in: a copy of init, and its child. */
export function forkHook({ engine, kernel }: HookMaker, init: StubProcess, streams: readonly number[]): HookProcess {
  const [ours, theirs] = socketPair(kernel);
  const pass = (fd: number): number => passDescriptor(kernel, init.kernel, init.port, fd);
  const control = pass(theirs);
  engine.files.close(theirs);
  const inside = streams.map(pass);

  const batch = init.kernel.pending;
  const number = batch.output(4);
  const args = batch.struct(cloneArgs, { flags: ['CLONE_PIDFD'], pidfd: number, exit_signal: SIGCHLD });
  const words = (): string[] => ['{flags=CLONE_PIDFD, exit_signal=SIGCHLD}'];
  const { step } = init.kernel;
  const pid = batch.add({ name: 'clone3', words }, [args, cloneArgs.size], { returnsTwice: control, step });
  for (const fd of [control, ...inside]) init.kernel.calls.close(fd);
  init.kernel.flush();

  const stub = stubProcess(engine, 'hook', pid.value, ours, control);
  // The death of init is noticed by the end of its socket: nobody else may hold that open.
  stub.kernel.calls.close(init.port.control);
  const theirPidfd = int32(number);
  const pidfd = takeDescriptor(kernel, init.kernel, init.port, theirPidfd);
  init.kernel.calls.close(theirPidfd);
  return {
    stub,
    streams: inside,
    pidfd,
    kill() {
      // By init, whose PID namespace the group's number is of.
      init.kernel.may('*').kill(-pid.value, SIGKILL);
      init.kernel.flush();
      killBy(kernel, pidfd);
    },
    reap() {
      const status = init.kernel.output(4);
      init.kernel.calls.wait4(pid.value, status, ['__WALL'], 0);
      init.kernel.flush();
      return int32(status);
    },
    close: () => closeBoth(engine, stub, pidfd),
  };
}

function int32({ bytes }: Memory): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
}

function killBy(kernel: LocalKernel, pidfd: number): void {
  kernel.may('ESRCH').pidfd_send_signal(pidfd, SIGKILL, 0, 0);
}

function closeBoth({ files }: Machine, { port }: StubProcess, pidfd: number): void {
  port.close();
  files.close(pidfd);
}
