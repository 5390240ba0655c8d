import type { Hook } from '../../spec/config.ts';
import type { HookKind } from '../../spec/vocabulary.ts';
import { StubGone } from '../../syscalls/stub/stub-port.ts';
import { ContainerError } from '../errors.ts';
import { failureOf } from './ending.ts';
import { type HookPlace, runProgram } from './program.ts';

/** Runs the hooks in the order that they are listed in, each after the end of the one before. Throws at the first failure. */
export function runHooks(kind: HookKind, hooks: readonly Hook[], place: HookPlace): void {
  for (const [i, hook] of hooks.entries()) runHook(kind, i, hook, place);
}

/** One of them; see {@link runHooks}. */
export function runHook(kind: HookKind, index: number, hook: Hook, place: HookPlace): void {
  const { engine, log } = place;
  const begun = engine.monotonic();
  const ending = named(kind, index, () => runProgram(hook, place));
  const failure = failureOf(ending, hook.timeout);
  if (failure !== undefined) throw hookError(kind, index, `: ${failure}`);
  log.debug(`${kind} hook #${index}, ${hook.path}: done in ${(engine.monotonic() - begun) / MILLISECOND} ms`);
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

const MILLISECOND = 1_000_000n;
