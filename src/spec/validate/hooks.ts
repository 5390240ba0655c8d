import type { Config, Hook } from '../config.ts';
import { HOOK_KINDS } from '../vocabulary.ts';
import { type Check, isAbsolute, quote, type Violation } from './check.ts';
import { REF } from './ref.ts';

export const HOOK_CHECKS: readonly Check[] = [
  {
    ref: REF.hookPath,
    severity: 'error',
    find: eachHook(function* ({ path }, pointer) {
      if (!isAbsolute(path)) yield { pointer: `${pointer}/path`, message: `must be absolute, is ${quote(path)}` };
    }),
  },
  {
    ref: REF.hookTimeout,
    severity: 'error',
    find: eachHook(function* ({ timeout }, pointer) {
      if (timeout === undefined || timeout > 0) return;
      const message = `must be greater than 0 seconds, is ${timeout}`;
      yield { pointer: `${pointer}/timeout`, message, hint: 'leave it out for no limit' };
    }),
  },
];

function eachHook(test: (hook: Hook, pointer: string) => Iterable<Violation>): Check['find'] {
  return function* find(config): Iterable<Violation> {
    for (const { hook, pointer } of hooksOf(config)) yield* test(hook, pointer);
  };
}

/** All hooks of all kinds, each with its pointer. */
export function* hooksOf({ hooks }: Config): Iterable<{ hook: Hook; pointer: string }> {
  for (const kind of HOOK_KINDS) {
    for (const [index, hook] of (hooks?.[kind] ?? []).entries()) yield { hook, pointer: `/hooks/${kind}/${index}` };
  }
}
