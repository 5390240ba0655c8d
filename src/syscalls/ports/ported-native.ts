import type { Native } from '../../engine/engine.ts';
import { SyscallError } from '../../engine/errors.ts';
import { errnoCode } from '../errno.ts';
import { nativeFunctions } from '../native.ts';
import { throughSequence } from './ported-files.ts';
import type { Sequence } from './sequence.ts';

/** The binding to libc, with the one function in a {@link Sequence} that reaches the kernel beside the ports: posix_spawn. */
export function portedNative(native: Native, sequence: Sequence, process: string): Native {
  const through = throughSequence(sequence, process);
  const { symbol } = nativeFunctions.posix_spawn;
  return {
    call(fn, args) {
      if (fn.symbol !== symbol) return native.call(fn, args);
      // It returns its error number: made a failure on the way in, and a number again on the way out.
      const spawn = (): void => {
        const errno = native.call(fn, args).value & 0xffffffff;
        if (errno !== 0) throw new SyscallError(symbol, [], errno, errnoCode(errno));
      };
      try {
        through(symbol, [], spawn, () => undefined);
        return { value: 0, errno: 0 };
      } catch (error) {
        if (!(error instanceof SyscallError)) throw error;
        return { value: error.errno, errno: error.errno };
      }
    },
    map: (size) => native.map(size),
  };
}
