import { failureOf } from '../../../../src/libcontainer/hooks/ending.ts';

const silent = { stdout: '', stderr: '' };

test.each([
  [0x0100, 'exit status 1, stdout: , stderr: '],
  [0x7f00, 'exit status 127, stdout: , stderr: '],
  [9, 'signal: SIGKILL, stdout: , stderr: '],
  [0x8b, 'signal: SIGSEGV (core dumped), stdout: , stderr: '],
  [64, 'signal: SIGRTMIN+30, stdout: , stderr: '],
])('the wait status %i reads "%s"', (status, text) => {
  expect(failureOf({ status, ...silent }, undefined)).toBe(text);
});

test('a hook that ends with 0 has not failed, whatever it wrote', () => {
  expect(failureOf({ status: 0, stdout: 'a', stderr: 'b' }, 1)).toBeUndefined();
});

test('what the hook wrote is told, each stream by its name', () => {
  expect(failureOf({ status: 0x300, stdout: 'so', stderr: 'se' }, undefined)).toBe(
    'exit status 3, stdout: so, stderr: se',
  );
});

test.each([
  [1, '1.0s'],
  [120n, '120.0s'],
])('a timeout of %s reads as runc writes it, and says no more if the hook said nothing', (timeout, words) => {
  const ending = { status: 'timeout', ...silent } as const;
  expect(failureOf(ending, timeout)).toBe(`hook ran past specified timeout of ${words}`);
});

test('a hook that ran out of time is quoted if it said something', () => {
  expect(failureOf({ status: 'timeout', stdout: '', stderr: 'waiting for x' }, 2)).toBe(
    'hook ran past specified timeout of 2.0s, stdout: , stderr: waiting for x',
  );
});
