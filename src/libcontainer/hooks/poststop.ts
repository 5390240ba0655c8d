import type { Hook } from '../../spec/config.ts';
import { report } from '../errors.ts';
import { inRuntime } from './places.ts';
import type { HookMaker } from './process.ts';
import { runHook } from './run.ts';
import { type HookSubject, hookState } from './state.ts';

/** After the container is gone. A failure is a warning, and the hooks behind it run all the same (runtime.md, "Lifecycle", step 13). */
export function runPoststop(maker: HookMaker, subject: HookSubject, hooks: readonly Hook[]): void {
  if (hooks.length === 0) return;
  inRuntime(maker, { bundle: subject.bundle, state: hookState(subject, 'stopped') }, (place) => {
    for (const [i, hook] of hooks.entries()) {
      try {
        runHook('poststop', i, hook, place);
      } catch (error) {
        maker.log.warn(report(error).message);
      }
    }
  });
}
