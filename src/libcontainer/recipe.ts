import { SyscallError } from '../engine/errors.ts';
import { CallFailed } from '../syscalls/port.ts';
import type { RemoteKernel } from '../syscalls/stub/remote-kernel.ts';
import { StubGone } from '../syscalls/stub/stub-port.ts';
import { ContainerError } from './errors.ts';
import type { Log } from './host.ts';

/**
 * A container is made by a recipe: a list of named steps. A step records system calls and may leave them
 * pending, so that one round trip carries the calls of several steps; a failure is still blamed on the step
 * that recorded the call.
 */
export interface Step<C> {
  /** What is done, as a person would say it after "while": `mount proc on /proc`. */
  readonly name: string;
  /** JSON pointer to what asks for it in config.json. */
  readonly pointer?: string | undefined;
  do(context: C): void;
  /** Takes back what {@link do} did, or did in part. */
  undo?(context: C): void;
  /** What the errno does not say. */
  hint?(error: SyscallError, context: C): string | undefined;
}

export interface RecipeContext {
  readonly log: Log;
  /** The process that is being prepared, once there is one. */
  readonly remote: RemoteKernel | undefined;
  /** What that process is in a sentence, unless it is the container init. */
  readonly subject?: string;
  /** Why it died, if something knows: the memory limit, a signal. */
  obituary?(): string | undefined;
}

/** Performs the steps in order. If one fails, undoes all that were begun, last first, and throws. */
export function perform<C extends RecipeContext>(steps: readonly Step<C>[], context: C): void {
  const begun: Step<C>[] = [];
  try {
    for (const step of steps) {
      begun.push(step);
      context.remote?.begin(step);
      context.log.step(step);
      step.do(context);
    }
    context.remote?.flush();
  } catch (error) {
    const blamed = blame(error, begun, context);
    undo(begun, context);
    throw blamed;
  } finally {
    context.log.step(undefined);
  }
}

/** Every undo is tried, whatever the one before it met: what cannot be undone now is left to `delete --force`. */
function undo<C extends RecipeContext>(begun: readonly Step<C>[], context: C): void {
  for (const step of [...begun].reverse()) {
    try {
      step.undo?.(context);
    } catch (error) {
      context.log.debug(`undo of ${step.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function blame<C extends RecipeContext>(error: unknown, begun: readonly Step<C>[], context: C): unknown {
  const step = begun.find((candidate) => candidate === stepOf(error)) ?? begun.at(-1);
  if (!step) return error;
  if (error instanceof StubGone) return stubDied(step, context.subject, context.obituary?.());
  const hint = error instanceof SyscallError ? step.hint?.(error, context) : undefined;
  if (error instanceof ContainerError && error.step !== undefined) return error;
  // A cause that knows better where it comes from: one limit of all /linux/resources.
  const pointer = (error instanceof ContainerError ? error.pointer : undefined) ?? step.pointer;
  const code = error instanceof ContainerError ? error.code : error instanceof SyscallError ? 'syscall' : 'internal';
  return new ContainerError(code, pointer ? `${pointer}: ${step.name}` : step.name, {
    step: step.name,
    pointer,
    hint,
    cause: error,
  });
}

/** What the silence of a stub means. */
export function stubDied(
  { name, pointer }: Pick<Step<never>, 'name' | 'pointer'>,
  subject = 'container init',
  obituary = 'it was killed',
): ContainerError {
  return new ContainerError('init-died', `${name}: ${subject} died: ${obituary}`, {
    step: name,
    pointer,
  });
}

/** The step that recorded the failed call, or the first of the batch that the stub died over. */
function stepOf(error: unknown): unknown {
  if (error instanceof CallFailed) return error.entry.step;
  if (error instanceof StubGone) return error.batch.entries.find(({ step }) => step !== undefined)?.step;
  return undefined;
}
