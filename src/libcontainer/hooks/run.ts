import type { Engine } from '../../engine/engine.ts';
import { SyscallError } from '../../engine/errors.ts';
import type { Hook } from '../../spec/config.ts';
import type { HookKind } from '../../spec/vocabulary.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { CallFailed } from '../../syscalls/port.ts';
import { StubGone } from '../../syscalls/stub/stub-port.ts';
import type { StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import type { Log } from '../host.ts';
import { whyNotExecuted } from '../init/exec-failure.ts';
import { arm } from '../init/stub-process.ts';
import { type Ending, failureOf } from './ending.ts';
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

/** Runs the hooks in the order that they are listed in, each after the end of the one before. Throws at the first failure. */
export function runHooks(kind: HookKind, hooks: readonly Hook[], place: HookPlace): void {
  for (const [i, hook] of hooks.entries()) runHook(kind, i, hook, place);
}

/** One of them; see {@link runHooks}. */
export function runHook(kind: HookKind, index: number, hook: Hook, place: HookPlace): void {
  const { engine, log } = place;
  const begun = engine.monotonic();
  const ending = named(kind, index, () => execute(hook, place));
  const failure = failureOf(ending, hook.timeout);
  if (failure !== undefined) throw hookError(kind, index, `: ${failure}`);
  log.debug(`${kind} hook #${index}, ${hook.path}: done in ${(engine.monotonic() - begun) / MILLISECOND} ms`);
}

function execute(hook: Hook, place: HookPlace): Ending {
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
  return new ContainerError('hook', '', { cause, hint: whyNotExecuted(engine, kernel, pid, path, error) });
}

/** Says which hook failed, unless it is the container's init that died: others know why. */
function named<T>(kind: HookKind, index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof StubGone ? error : hookError(kind, index, '', error);
  }
}

function hookError(kind: HookKind, index: number, failure: string, cause?: unknown): ContainerError {
  return new ContainerError('hook', `error running ${kind} hook #${index}${failure}`, {
    step: `run the ${kind} hooks`,
    pointer: `/hooks/${kind}/${index}`,
    cause,
  });
}

const MAX_FD = 0xffffffff;
const SECOND = 1_000_000_000n;
const MILLISECOND = 1_000_000n;
