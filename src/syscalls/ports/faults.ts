import { errnoNumber } from '../errno.ts';
import type { Watcher } from './sequence.ts';

/** Call number `number` fails with `code` (`EIO`) and is not made. All else goes on as if the kernel had said so. */
export function failCall(number: number, code: string): Watcher {
  const result = -errnoNumber(code);
  return { before: (call) => (call.number === number ? { result } : undefined) };
}

/**
 * The runtime ends by `die` when the calls before number `number` have been made. In a batch that is sent
 * without waiting, it ends with them on their way.
 */
export function dieBefore(number: number, die: () => never): Watcher {
  return { before: (call) => (call.number === number ? { die } : undefined) };
}
