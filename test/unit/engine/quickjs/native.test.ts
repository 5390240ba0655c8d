import type { Binding } from '../../../../src/engine/quickjs/binding.ts';
import { bindNative } from '../../../../src/engine/quickjs/native.ts';
import { nativeFunctions } from '../../../../src/syscalls/native.ts';

/** What engine.c does, without C: every function is there, and gives what its first argument is. */
const calls: (number | string | Uint8Array)[][] = [];
const binding: Pick<Binding, 'address' | 'call' | 'errno'> = {
  address: (symbol) => (symbol === 'dlopen' ? 0 : symbol.length),
  call(address, ...args) {
    calls.push([address, ...args]);
    return Number(args[0] ?? 0);
  },
  errno: () => 7,
};
const native = bindNative({
  ...{ ...binding, argv: [], env: {}, arch: 'x86_64', memory, encode: memory, decode: String },
  function: () => Number,
});

function memory(): ArrayBuffer {
  return new ArrayBuffer(0);
}

test('a function is called by its address, and errno is what it left', () => {
  expect(native.call(nativeFunctions.read, [-1, 2, 3])).toEqual({ value: -1, errno: 7 });
  expect(calls.at(-1)).toEqual([4, -1, 2, 3]);
});

test.each([NaN, 0.5, 2 ** 53, Number.POSITIVE_INFINITY])(
  '%d is no argument: it would become another number',
  (value) => {
    expect(() => native.call(nativeFunctions.read, [value])).toThrow(RangeError);
  },
);

test('more arguments than there are is refused, and so is a function that the engine does not have', () => {
  expect(() => native.call(nativeFunctions.read, [1, 2, 3, 4])).toThrow('read takes 3 arguments');
  expect(() => native.call(nativeFunctions.dlopen, [1, 2])).toThrow('the engine has no dlopen');
});
