import type { Native, NativeFunction } from '../engine.ts';
import { checkArguments } from '../native-arguments.ts';
import type { Binding } from './binding.ts';
import { addresses } from './libc.ts';

/** The functions that engine.c lists are in the executable, libseccomp's too: nothing is looked for at run time. */
export function bindNative(binding: Binding): Native {
  const find = addresses(binding);
  const invoke = (fn: NativeFunction, args: readonly number[]): number => {
    checkArguments(fn, args);
    return binding.call(find(fn.symbol), ...args);
  };
  return {
    call: (fn, args) => ({ value: invoke(fn, args), errno: binding.errno() }),
    map(size) {
      const address = binding.call(find('mmap'), 0, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
      if (address === -1) throw new RangeError(`no memory for ${size} bytes`);
      return { address, bytes: new Uint8Array(binding.memory(address, size)) };
    },
  };
}

const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
