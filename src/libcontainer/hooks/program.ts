import type { Engine } from '../../engine/engine.ts';
import { SyscallError } from '../../engine/errors.ts';
import type { Hook } from '../../spec/config.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { CallFailed } from '../../syscalls/port.ts';
import { StubGone } from '../../syscalls/stub/stub-port.ts';
import type { StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import type { Log } from '../host.ts';
import { whyNotExecuted } from '../init/exec-failure.ts';
import { arm } from '../init/stub-process.ts';
import type { Ending } from './ending.ts';
import type { HookProcess } from './process.ts';
import { HookStreams } from './streams.ts';

/** Where and as what the hooks of one kind run. */
export interface HookPlace {
  readonly engine: Engine;
  readonly kernel: LocalKernel;
  readonly log: Log;
  /** What they read from standard input. */
  readonly state: string;
  /** The environment of a hook that brings none: `NAME=value`. */
  readonly env: readonly string[];
  /** A process whose root is theirs. */
  readonly pid: number;
  /** Makes the process, which gets our descriptors `streams`. */
  begin(streams: readonly number[]): HookProcess;
  /** Directory, limits, credentials: what the process takes on before execve. */
  prepare(stub: StubProcess): void;
  /** What no call but execve may follow. */
  last?(stub: StubProcess): void;
}

/**
 * Runs a program to its end and tells how it ended: a hook, or a helper of the host's. Throws if it cannot be executed.
 * One that takes longer than its timeout is killed.
 */
export function runProgram(hook: Hook, place: HookPlace): Ending {
  const { engine, kernel } = place;
  const streams = new HookStreams(engine, kernel, engine.encode(place.state));
  let process: HookProcess | undefined;
  try {
    process = place.begin(streams.theirs);
    streams.passed();
    become(hook, process, place);
    const deadline = hook.timeout === undefined ? undefined : engine.monotonic() + BigInt(hook.timeout) * SECOND;
    const inTime = streams.attend(process.pidfd, deadline);
    if (!inTime) process.kill();
    const status = process.reap();
    return { status: inTime ? status : 'timeout', ...streams.words() };
  } catch (error) {
    process?.kill();
    process?.reap();
    throw error;
  } finally {
    process?.close();
    streams.closeAll();
  }
}

/** From the stub to the hook's program. */
function become(hook: Hook, { stub, streams }: HookProcess, place: HookPlace): void {
  const { kernel } = stub;
  try {
    arm(stub);
    // A session of its own: what is typed at the caller's terminal is not meant for it.
    kernel.calls.setsid();
    streams.forEach((fd, i) => {
      kernel.calls.dup3(fd, i, []);
    });
    place.prepare(stub);
    // Again: new credentials have undone it.
    arm(stub);
    kernel.calls.close_range(3, MAX_FD, ['CLOSE_RANGE_CLOEXEC']);
    place.last?.(stub);
    kernel.calls.execve(hook.path, hook.args?.length ? hook.args : [hook.path], hook.env ?? place.env);
    kernel.flush();
  } catch (error) {
    // Its end of the socket closed: the program runs, or the process is dead, which its wait status tells.
    if (error instanceof StubGone) return;
    throw error instanceof CallFailed && error.syscall === 'execve' ? notExecuted(hook, place, error) : error;
  }
}

function notExecuted({ path }: Hook, { engine, kernel, pid }: HookPlace, error: SyscallError): ContainerError {
  const cause = new SyscallError(error.syscall, [JSON.stringify(path)], error.errno, error.code);
  return new ContainerError('host', '', { cause, hint: whyNotExecuted(engine, kernel, pid, path, error) });
}

const MAX_FD = 0xffffffff;
const SECOND = 1_000_000_000n;
