import { constants } from 'node:os';
import { parseSignal, signals } from '../../../src/syscalls/signals.ts';

test('There is one entry for each of 1 to 64, in order', () => {
  expect(signals.map(({ number }) => number)).toEqual(Array.from({ length: 64 }, (_, i) => i + 1));
});

test('The numbers are those of the C library', () => {
  for (const [name, number] of Object.entries(constants.signals))
    expect([name, parseSignal(name)]).toEqual([name, number]);
});

test('Every name of the table is found in any case, with and without SIG', () => {
  for (const { name, number } of signals) {
    expect(parseSignal(name)).toBe(number);
    expect(parseSignal(name.toLowerCase())).toBe(number);
    expect(parseSignal(name.slice(3))).toBe(number);
    expect(parseSignal(`${number}`)).toBe(number);
  }
});

test.each([
  ['TERM', 15],
  ['SigKill', 9],
  ['0', 0],
  ['09', 9],
  ['+9', 9],
  ['64', 64],
  ['RTMIN', 34],
  ['RTMIN+3', 37],
  ['SIGRTMIN+30', 64],
  ['RTMAX', 64],
  ['sigrtmax-2', 62],
  ['RTMAX-30', 34],
  ['POLL', 29],
  ['IOT', 6],
  ['CLD', 17],
])('%s is %d', (text, number) => {
  expect(parseSignal(text)).toBe(number);
});

test.each([
  '',
  'SIG',
  'FOO',
  '65',
  '-9',
  '9.0',
  '1e1',
  '0x9',
  ' 9',
  '9 ',
  'SIGSIGTERM',
  'RTMIN+31',
  'RTMIN+0',
  'RTMIN-1',
  'RTMAX-31',
  'RTMAX+1',
  'TERM\n',
  '__proto__',
  'constructor',
  '99999999999999999999',
])('%j is no signal', (text) => {
  expect(parseSignal(text)).toBeUndefined();
});

test.each([
  ['terminate', ['HUP', 'INT', 'KILL', 'USR1', 'TERM', 'RTMIN', 'RTMAX']],
  ['core', ['QUIT', 'ABRT', 'SEGV', 'SYS', 'XCPU', 'XFSZ', 'TRAP']],
  ['stop', ['STOP', 'TSTP', 'TTIN', 'TTOU']],
  ['ignore', ['CHLD', 'URG', 'WINCH']],
  ['continue', ['CONT']],
])('%s is what the kernel does by default for %j', (action, names) => {
  for (const name of names) {
    const number = parseSignal(name);
    expect(signals.find((signal) => signal.number === number)).toMatchObject({ action });
  }
});
