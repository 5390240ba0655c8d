import type { Hook } from '../../spec/config.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import type { StubProcess } from '../creation.ts';
import type { Machine } from '../machine.ts';
import type { RecipeContext, Step } from '../recipe.ts';
import type { SeccompFilter } from '../seccomp/filter.ts';
import type { SavedState } from '../store.ts';
import { inContainer, inRuntime } from './places.ts';
import type { HookMaker } from './process.ts';
import { runHooks } from './run.ts';
import { hookState, innermostPid, subjectOf } from './state.ts';

/** What a step of a start has that hooks need. */
interface StartContext extends RecipeContext {
  readonly facts: { readonly engine: Machine; readonly kernel: LocalKernel; readonly saved: SavedState };
  readonly init: StubProcess;
  readonly env: readonly string[];
}

/**
 * The hooks inside the container, which come from the image: they get no more than the program will. `confine` does to
 * the given process what is done to init before execve.
 */
export function startContainerSteps<C extends StartContext>(
  hooks: readonly Hook[],
  confine: (context: C, process: StubProcess) => void = () => undefined,
  filter?: SeccompFilter,
): Step<C>[] {
  if (hooks.length === 0) return [];
  const step: Step<C> = {
    name: 'run the startContainer hooks',
    pointer: '/hooks/startContainer',
    do(context) {
      const { facts, init, env, log } = context;
      const { engine, kernel, saved } = facts;
      const place = inContainer({ engine, kernel, log }, init, {
        state: hookState(subjectOf(saved), 'created', innermostPid(engine, init.pid)),
        env,
        prepare: (stub) => confine(context, stub),
        last: (stub) => void filter?.load(stub.kernel, 'without listener'),
      });
      runHooks('startContainer', hooks, place);
    },
  };
  return [step];
}

/** In the runtime's namespaces, after the program has begun. */
export function runPoststart(maker: HookMaker, saved: SavedState, hooks: readonly Hook[]): void {
  const state = hookState(subjectOf(saved), 'running', saved.init_process_pid);
  inRuntime(maker, { bundle: saved.tsrunc.bundle, state }, (place) => runHooks('poststart', hooks, place));
}
