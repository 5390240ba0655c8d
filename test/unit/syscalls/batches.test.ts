import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { SyscallError } from '../../../src/engine/errors.ts';
import { type Batch, type Memory, type Operand, Result, Word } from '../../../src/syscalls/batch.ts';
import { type Calls, callsOver } from '../../../src/syscalls/calls.ts';
import { AT_FDCWD } from '../../../src/syscalls/constants.ts';
import { LocalPort } from '../../../src/syscalls/local-port.ts';
import type { SyscallPort } from '../../../src/syscalls/port.ts';
import { engine, type LiveStub, liveStub, Batch as NewBatch } from './support.ts';

/**
 * The two live ports interpret the same bytes by two interpreters, one in TypeScript and one in machine code.
 * Random batches must mean the same to both.
 */
let stub: LiveStub;
let directory: string;
beforeAll(() => {
  stub = liveStub();
  directory = mkdtempSync('/tmp/tsrunc-batches-');
  writeFileSync(`${directory}/file`, 'some text to be read in pieces');
});
afterAll(() => {
  stub.end();
  rmSync(directory, { recursive: true });
});

const local = new LocalPort(engine.native, engine.arch);

test.each(Array.from({ length: 150 }, (_, seed) => seed + 1))('batch %d means the same here and in a stub', (seed) => {
  const here = outcome(local, seed);
  expect(outcome(stub.port, seed)).toEqual(here);
});

test('the batches above are worth the comparison: most run on, some stop, and many calls fail', () => {
  const outcomes = Array.from({ length: 150 }, (_, seed) => outcome(local, seed + 1));
  expect(outcomes.filter(({ error }) => error).length).toBeGreaterThan(20);
  expect(outcomes.filter(({ error }) => !error).length).toBeGreaterThan(20);
  expect(outcomes.flatMap(({ results }) => results).filter((result) => Number(result) < 0).length).toBeGreaterThan(50);
});

test.each(['local', 'stub'])('a 32-bit word is signed, a 64-bit word whole: %s', (place) => {
  const batch = new NewBatch();
  const calls = callsOver({ batch, added: (result: Result) => result });
  const words = batch.input(Uint8Array.from([0xfb, 0xff, 0xff, 0xff, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0]));
  const fd = calls.openat(AT_FDCWD, `${directory}/file`, ['O_RDONLY', 'O_CLOEXEC'], 0);
  const seek = (offset: Operand, whence: number): Result =>
    batch.add({ name: 'lseek', words: () => [] }, [fd, offset, whence]);
  const fromEnd = seek(new Word(words, 0, 32), 2);
  const far = seek(new Word(words, 8, 64), 0);
  calls.close(fd);
  (place === 'local' ? local : stub.port).run(batch);
  expect([fromEnd.value, far.value]).toEqual(['some text to be read in pieces'.length - 5, 2 ** 32 + 2]);
});

interface Outcome {
  readonly results: readonly (string | number)[];
  readonly written: readonly string[];
  readonly error: string | undefined;
}

function outcome(port: SyscallPort, seed: number): Outcome {
  const batch = new NewBatch();
  const written = compose(batch, seed);
  let error: string | undefined;
  try {
    port.run(batch);
  } catch (thrown) {
    if (!(thrown instanceof SyscallError)) throw thrown;
    error = thrown.message.replace(/\d+ bytes/g, 'bytes');
  }
  const results = batch.entries.map(({ call, result }) => {
    if (!result.known) return 'not made';
    return DESCRIPTORS.has(call.name) && result.value >= 0 ? 'a descriptor' : result.value;
  });
  return { results, written: written.map(({ bytes }) => engine.decode(bytes)), error };
}

const DESCRIPTORS: ReadonlySet<string> = new Set(['openat', 'memfd_create']);

/** Adds random calls, and closes at the end what they opened. Returns the memory whose contents count. */
function compose(batch: Batch, seed: number): Memory[] {
  const random = generator(seed);
  const calls = callsOver({ batch, added: (result: Result) => result });
  const lenient = callsOver({ batch, added: (result: Result) => result }, { expected: ['*'] });
  const open: Operand[] = [];
  const written: Memory[] = [];
  const state: State = { batch, random, open, written, directory };
  for (let i = 0; i < 4 + random(12); i++) {
    const operation = operations[random(operations.length)];
    operation?.(random(4) > 0 ? lenient : calls, state);
  }
  for (const fd of open) lenient.close(fd);
  return written;
}

interface State {
  readonly batch: Batch;
  readonly random: (below: number) => number;
  readonly open: Operand[];
  readonly written: Memory[];
  readonly directory: string;
}

type Operation = (calls: Calls<Result>, state: State) => void;

/** Descriptors that were closed are not used again: what they are by then depends on the process. */
const operations: readonly Operation[] = [
  (calls, { random, open, directory }) => {
    const name = ['file', 'file', 'none', 'file/below'][random(4)];
    open.push(calls.openat(AT_FDCWD, `${directory}/${name}`, ['O_RDONLY', 'O_CLOEXEC'], 0));
  },
  (calls, { random, open }) => {
    open.push(calls.memfd_create(random(4) ? 'm' : 'x'.repeat(300), ['MFD_CLOEXEC']));
  },
  (calls, state) => {
    const pair = state.batch.output(8);
    calls.pipe2(pair, ['O_CLOEXEC', 'O_NONBLOCK']);
    state.open.push(new Word(pair, 0, 32), new Word(pair, 4, 32));
  },
  (calls, state) => {
    calls.write(anyOf(state), engine.encode('x'.repeat(state.random(40))));
  },
  (calls, state) => {
    const memory = state.batch.output(state.random(24));
    calls.read(anyOf(state), memory);
    state.written.push(memory);
  },
  (_, state) => {
    const whence = state.random(4);
    const words = (): string[] => [String(whence)];
    const call = { name: 'lseek', words } as const;
    state.batch.add(call, [anyOf(state), state.random(50) - 10, whence], { expected: ['*'] });
  },
  (calls, state) => {
    // Above the pairs of files that either process has: closed again at the end.
    const target = 900 + state.open.length;
    const result = calls.dup3(anyOf(state), target, ['O_CLOEXEC']);
    state.open.push(result);
  },
  (calls, state) => {
    if (state.open.length) calls.close(state.open.splice(state.random(state.open.length), 1)[0] ?? -1);
  },
  (calls, state) => {
    const memory = state.batch.output(8);
    const value = anyOf(state);
    // Not a descriptor that is compared, but what storing does to the bytes beside it.
    if (!(value instanceof Result)) return;
    state.batch.store(memory, 4, calls.fcntl(value, 'F_GETFD', 0));
    state.written.push(memory);
  },
];

function anyOf({ open, random }: State): Operand {
  return random(6) ? (open[random(open.length)] ?? -1) : -1;
}

/** A linear congruential generator: the same batch for the same seed. */
function generator(seed: number): (below: number) => number {
  let state = seed * 7919;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return below === 0 ? 0 : (state >>> 8) % below;
  };
}
