import { isErrno, SyscallError } from '../../../../src/engine/errors.ts';
import { nodeEngine } from '../../../../src/engine/node/engine.ts';

function neverLoaded(): never {
  throw new Error('the binding was loaded');
}

test('the binding is loaded only when it is asked for', () => {
  const engine = nodeEngine(neverLoaded);
  expect(engine.pid).toBe(process.pid);
  expect(() => engine.native()).toThrow('the binding was loaded');
});

test('text becomes UTF-8 and back: surrogates without a partner and malformed bytes become U+FFFD, a mark is kept', () => {
  const engine = nodeEngine(neverLoaded);
  expect([...engine.encode('\ud800')]).toEqual([0xef, 0xbf, 0xbd]);
  expect(engine.decode(Uint8Array.of(0xff, 0x61))).toBe('\ufffda');
  expect(engine.decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
});

test('clocks are nanoseconds: the wall clock is right, the other never goes back', () => {
  const engine = nodeEngine(neverLoaded);
  expect(Math.abs(Number(engine.now() / 1_000_000n) - Date.now())).toBeLessThan(1000);
  const times = Array.from({ length: 100 }, () => engine.monotonic());
  expect(times.every((time, i) => i === 0 || time >= (times[i - 1] ?? 0n))).toBe(true);
});

test('a system call error is told by its code', () => {
  const error = new SyscallError('openat', ['"/x"'], 2, 'ENOENT');
  expect(isErrno(error, 'EPERM', 'ENOENT')).toBe(true);
  expect(isErrno(error, 'EPERM')).toBe(false);
  expect(isErrno(new Error('ENOENT'), 'ENOENT')).toBe(false);
});
