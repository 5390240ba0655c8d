import type { Native } from '../../../src/engine/engine.ts';
import { nativeFunctions } from '../../../src/syscalls/native.ts';
import { assembleLoop, callList } from '../../../src/syscalls/native-list.ts';
import { engine, local } from './support.ts';

const { syscall, memcpy } = nativeFunctions;
const GETPRIORITY = process.arch === 'x64' ? 140 : 141;

/** `native` that counts what goes through the binding. */
function counted(): { native: Native; count: () => number } {
  let calls = 0;
  const native: Native = {
    map: engine.native().map,
    call(fn, args) {
      calls++;
      return engine.native().call(fn, args);
    },
  };
  return { native, count: () => calls };
}

for (const arch of ['x86_64', 'aarch64'] as const) {
  test(`a hundred calls keep their order, arguments and results (${arch === 'x86_64' ? 'by the loop' : 'one by one'})`, () => {
    const { native, count } = counted();
    const list = callList(native, local, arch);
    const room = engine.native().map(4096);
    room.bytes.set(Array.from({ length: 101 }, (_, i) => i));
    // Each copies what the one before it has written.
    const calls = Array.from({ length: 100 }, (_, i) => ({
      fn: memcpy,
      args: [room.address + i + 1, room.address + i, 1],
    }));
    expect(list(calls)).toEqual(calls.map(({ args }) => args[0]));
    expect([...room.bytes.subarray(0, 102)]).toEqual([...Array(101).fill(0), 0]);
    if (arch === 'x86_64' && process.arch === 'x64') expect(count()).toBeLessThan(20);
    else expect(count()).toBe(100);
  });
}

test('negative results come back as they are, and negative arguments arrive', () => {
  const calls = Array.from({ length: 40 }, (_, i) => ({ fn: syscall, args: [GETPRIORITY, 0, i === 7 ? -1 : 0] }));
  const results = callList(engine.native(), local, engine.arch)(calls);
  expect(results[7]).toBe(-1);
  expect(new Set(results.filter((_, i) => i !== 7)).size).toBe(1);
  expect(results[0]).toBeGreaterThan(0);
});

test('a short list is not worth the loop', () => {
  const { native, count } = counted();
  expect(callList(native, local, 'x86_64')([{ fn: syscall, args: [GETPRIORITY, 0, -1] }])).toEqual([-1]);
  expect(count()).toBe(1);
});

test('a machine that forbids new code gets one call after the other', () => {
  const { native, count } = counted();
  const forbidding = { ...local, may: () => ({ ...local.calls, mprotect: () => -13 }) };
  const calls = Array.from({ length: 40 }, () => ({ fn: syscall, args: [GETPRIORITY, 0, -1] }));
  expect(callList(native, forbidding, 'x86_64')(calls)).toEqual(Array(40).fill(-1));
  expect(count()).toBe(40);
});

test('the loop is small enough for its page', () => {
  expect(assembleLoop().length).toBeLessThan(100);
});
