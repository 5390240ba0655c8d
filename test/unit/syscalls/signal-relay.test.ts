import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ChildProgram } from './child.ts';

let relay: ChildProgram;
let fault: ChildProgram;
beforeAll(() => {
  relay = new ChildProgram('relay');
  fault = new ChildProgram('fault');
});
afterAll(() => {
  relay.remove();
  fault.remove();
});

/** What the relaying process hears of `signals`, each sent when the one before it has arrived, or all at once. */
async function heard(signals: readonly number[], burst = false): Promise<number[]> {
  const child = relay.start();
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  expect(await line()).toBe('ready');
  const got: number[] = [];
  const send = (signal: number): void => void process.kill(child.pid ?? 0, signal);
  if (burst) signals.forEach(send);
  for (const signal of signals) {
    if (!burst) send(signal);
    got.push(Number(await line()));
  }
  send(15);
  expect(await line()).toBe('15');
  const [status] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  expect(status).toBe(0);
  return got;
}

test('every signal that can be caught arrives as its number, the engine’s own ones among them', async () => {
  const all = Array.from({ length: 31 }, (_, i) => i + 1).filter((signal) => ![9, 15, 19].includes(signal));
  expect(await heard(all)).toEqual(all);
});

test('faults that somebody sent are signals like others: the process goes on', async () => {
  expect(await heard([11, 4, 8, 7, 5, 11])).toEqual([11, 4, 8, 7, 5, 11]);
});

test('real-time signals arrive', async () => {
  // The engine's kill knows no real-time signals by name, but takes their numbers.
  const realTime = Array.from({ length: 31 }, (_, i) => 34 + i);
  expect(await heard(realTime)).toEqual(realTime);
});

test('a hundred real-time signals in a burst arrive, each of them', async () => {
  const burst = Array.from({ length: 100 }, (_, i) => 34 + (i % 31));
  const got = await heard(burst, true);
  expect([...got].sort((a, b) => a - b)).toEqual([...burst].sort((a, b) => a - b));
});

test('a fault of the process itself ends it, and is not relayed for ever', () => {
  const { status, signal, stdout } = fault.run();
  expect(stdout).toBe('before');
  expect([status, signal]).toEqual([139, null]);
});
