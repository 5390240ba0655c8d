import type { Native } from '../../../src/engine/engine.ts';
import { nativeFunctions } from '../../../src/syscalls/native.ts';
import { assembleLoop, COLUMNS, callByTable } from '../../../src/syscalls/native-table.ts';
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

const rowsOf = (rows: readonly (readonly number[])[]): Uint32Array =>
  Uint32Array.from(rows.flatMap((row) => Array.from({ length: COLUMNS }, (_, i) => row[i] ?? 0)));

for (const arch of ['x86_64', 'aarch64'] as const) {
  test(`a hundred calls keep their order, arguments and results (${arch === 'x86_64' ? 'by the loop' : 'one by one'})`, () => {
    const { native, count } = counted();
    const room = engine.native().map(4096);
    room.bytes.set(Array.from({ length: 101 }, (_, i) => i));
    // memcpy(room, room + i, i): the last one stays.
    const rows = rowsOf(Array.from({ length: 100 }, (_, i) => [i, i]));
    const results = callByTable(native, local, arch)({ fn: memcpy, first: room.address, rows, second: room.address });
    expect([...results]).toEqual(Array(100).fill(room.address | 0));
    expect([...room.bytes.subarray(0, 4)]).toEqual([...bytesAfterCopies()]);
    if (arch === 'x86_64' && process.arch === 'x64') expect(count()).toBeLessThan(20);
    else expect(count()).toBe(100);
  });
}

function bytesAfterCopies(): Uint8Array {
  const bytes = Uint8Array.from({ length: 4096 }, (_, i) => (i < 101 ? i : 0));
  for (let i = 0; i < 100; i++) bytes.copyWithin(0, i, 2 * i);
  return bytes.subarray(0, 4);
}

test('negative results come back as they are, and negative arguments arrive', () => {
  const rows = rowsOf(Array.from({ length: 40 }, (_, i) => [0, i === 7 ? -1 : 0]));
  const results = [...callByTable(engine.native(), local, engine.arch)({ fn: syscall, first: GETPRIORITY, rows })];
  // As 32 bits: the kernel sees 4294967295 as the ID, which nobody has.
  expect(results[7]).toBe(-1);
  expect(new Set(results.filter((_, i) => i !== 7)).size).toBe(1);
  expect(results[0]).toBeGreaterThan(0);
});

test('a short table is not worth the loop', () => {
  const { native, count } = counted();
  const table = { fn: syscall, first: GETPRIORITY, rows: rowsOf([[0, -1]]) };
  expect([...callByTable(native, local, 'x86_64')(table)]).toEqual([-1]);
  expect(count()).toBe(1);
});

test('a machine that forbids new code gets one call after the other', () => {
  const { native, count } = counted();
  const forbidding = { ...local, may: () => ({ ...local.calls, mprotect: () => -13 }) };
  const table = { fn: syscall, first: GETPRIORITY, rows: rowsOf(Array.from({ length: 40 }, () => [0, -1])) };
  expect([...callByTable(native, forbidding, 'x86_64')(table)]).toEqual(Array(40).fill(-1));
  expect(count()).toBe(40);
});

test('the loop is small enough for its page', () => {
  expect(assembleLoop().length).toBeLessThan(150);
});
