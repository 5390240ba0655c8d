import { HookStreams, Tail } from '../../../../src/libcontainer/hooks/streams.ts';
import { poll } from '../../../../src/libcontainer/poll.ts';
import { pipePair } from '../../../../src/syscalls/descriptor-pair.ts';
import { engine, local } from '../../syscalls/support.ts';

const NOW = 0n;

/** The streams, and this test in the hook's place. */
function conversation(input: string) {
  const streams = new HookStreams(engine, local, engine.encode(input));
  const [stdin, stdout, stderr] = streams.theirs;
  // Its end: a pipe whose other end closes.
  const [ended, alive] = pipePair(local);
  return { streams, stdin, stdout, stderr, ended, end: () => engine.files.close(alive) };
}

const openDescriptors = (): number => engine.files.readdir('/proc/self/fd').length;

test('what the hook writes is kept apart by stream, and its input reaches it', () => {
  const { streams, stdin, stdout, stderr, ended, end } = conversation('{"id":"x"}');
  engine.files.write(stdout, engine.encode('to out\n'));
  engine.files.write(stderr, engine.encode('to err\n'));
  expect(streams.attend(ended, engine.monotonic() + 20_000_000n)).toBe(false);
  expect(engine.decode(engine.files.readSome(stdin, 100))).toBe('{"id":"x"}');
  expect(engine.files.readSome(stdin, 100)).toHaveLength(0);
  end();
  expect(streams.attend(ended, undefined)).toBe(true);
  expect(streams.words()).toEqual({ stdout: 'to out', stderr: 'to err' });
  streams.closeAll();
  engine.files.close(ended);
});

test('an input that is larger than a pipe is delivered as it is read, and a reader who goes away is no failure', () => {
  const text = 'x'.repeat(300_000);
  const { streams, stdin, ended, end } = conversation(text);
  let got = '';
  for (let round = 0; round < 200 && got.length <= 1 << 16; round++) {
    streams.attend(ended, engine.monotonic() + 1_000_000n);
    got += engine.decode(engine.files.readSome(stdin, 1 << 16));
  }
  expect(got.length).toBeGreaterThan(1 << 16);
  expect(text.startsWith(got)).toBe(true);
  streams.passed();
  end();
  expect(streams.attend(ended, undefined)).toBe(true);
  streams.closeAll();
  engine.files.close(ended);
});

test('output that comes while nobody ends is drained, however much it is', () => {
  const { streams, stdout, ended, end } = conversation('');
  const line = engine.encode(`${'y'.repeat(32_767)}\n`);
  for (let i = 0; i < 40; i++) {
    engine.files.write(stdout, line);
    streams.attend(ended, engine.monotonic() + 100_000n);
  }
  engine.files.write(stdout, engine.encode('the last words'));
  end();
  streams.attend(ended, undefined);
  const { stdout: said } = streams.words();
  expect(said).toMatch(/^…y+\nthe last words$/);
  expect(said.length).toBeLessThan(3000);
  streams.closeAll();
  engine.files.close(ended);
});

test('somebody who keeps the pipe open is not waited for', () => {
  const { streams, stdout, ended, end } = conversation('');
  engine.files.write(stdout, engine.encode('said'));
  end();
  expect(streams.attend(ended, undefined)).toBe(true);
  // `stdout` is still open here.
  expect(streams.words()).toEqual({ stdout: 'said', stderr: '' });
  streams.closeAll();
  engine.files.close(ended);
});

test('no descriptor is left open', () => {
  const before = openDescriptors();
  const { streams, ended, end } = conversation('x');
  streams.passed();
  end();
  streams.attend(ended, undefined);
  streams.words();
  streams.closeAll();
  engine.files.close(ended);
  expect(openDescriptors()).toBe(before);
});

test('a short text is kept whole but for its last line break, a long one to its end', () => {
  const short = new Tail();
  short.push(engine.encode('a\nb\n\n'));
  expect(short.text(engine)).toBe('a\nb');
  const long = new Tail();
  for (let i = 0; i < 1000; i++) long.push(engine.encode(`line ${i}\n`));
  expect(long.text(engine)).toMatch(/^….*line 998\nline 999$/s);
});

test('poll tells which of the descriptors are ready, and gives up after its time', () => {
  const { streams, stdin, stdout, ended, end } = conversation('x');
  const waited = [
    { fd: ended, events: 'POLLIN' },
    { fd: stdout, events: 'POLLOUT' },
    { fd: stdin, events: 'POLLIN' },
  ] as const;
  expect(poll(local, waited, NOW)).toEqual([false, true, false]);
  end();
  expect(poll(local, waited, undefined)).toEqual([true, true, false]);
  const before = engine.monotonic();
  expect(poll(local, [{ fd: stdin, events: 'POLLIN' }], 30_000_000n)).toEqual([false]);
  expect(engine.monotonic() - before).toBeGreaterThanOrEqual(29_000_000n);
  streams.closeAll();
  engine.files.close(ended);
});
