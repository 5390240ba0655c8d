import type { Addon } from '../../../../src/engine/node/addon.ts';
import { bindNative } from '../../../../src/engine/node/native.ts';
import { engine } from '../../syscalls/support.ts';

const libc = (symbol: string, arity: number) => ({ library: 'libc.so.6', symbol, arity });

test('a function gets 64-bit integers and gives one, with the errno of its own call', () => {
  const { call } = engine.native();
  expect(call(libc('labs', 1), [-(2 ** 40)]).value).toBe(2 ** 40);
  expect(call(libc('close', 1), [-1])).toMatchObject({ errno: 9 });
  expect(call(libc('getpid', 0), []).value).toBe(process.pid);
});

test('mapped memory is one place for both sides, and starts as zeros', () => {
  const native = engine.native();
  const { address, bytes } = native.map(8192);
  expect(bytes).toHaveLength(8192);
  expect(bytes.every((byte) => byte === 0)).toBe(true);
  native.call(libc('memset', 3), [address + 10, 7, 3]);
  expect([...bytes.subarray(9, 14)]).toEqual([0, 7, 7, 7, 0]);
  bytes.set([0x61, 0x62, 0], 100);
  expect(native.call(libc('strlen', 1), [address + 100]).value).toBe(2);
});

describe('what would abort the process is refused before it reaches the binding', () => {
  const refuse = (): never => {
    throw new Error('the binding was reached');
  };
  const addon: Addon = { open: () => undefined, load: refuse, createExternalBuffer: refuse };
  const { call } = bindNative(addon);

  test.each([
    ['too many arguments', [1, 2]],
    ['a fraction', [0.5]],
    ['NaN', [Number.NaN]],
    ['an integer that a double does not hold', [2 ** 60]],
  ])('%s', (_, args) => {
    expect(() => call(libc('close', 1), args)).toThrow(RangeError);
  });
});

test('a library is opened once, and left-out arguments are zeros', () => {
  const opened: string[] = [];
  const given: (readonly number[])[] = [];
  const addon: Addon = {
    open: ({ library }) => void opened.push(library),
    load: ({ paramsValue }) => {
      given.push(paramsValue);
      return { value: 5, errnoCode: 0 };
    },
    createExternalBuffer: () => new Uint8Array(),
  };
  const { call } = bindNative(addon);
  expect(call(libc('a', 3), [1])).toEqual({ value: 5, errno: 0 });
  call(libc('b', 0), []);
  expect([opened, given]).toEqual([['libc.so.6'], [[1, 0, 0], []]]);
});
