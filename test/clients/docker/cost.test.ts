import { isTsrunc, REFERENCE } from '../../integration/support/runtime.ts';
import { count } from '../../integration/support/wait.ts';
import { worldOf } from '../support/client.ts';
import { client } from './client.ts';

const TIMES = count(5, 31);

/** A line for each: the runtime and its milliseconds, one after the other. The first of each warms the caches. */
const LINES = `
time_of() {
  local begin=$(date +%s%N)
  docker run --rm --network none --runtime $1 $image true && echo "$1 $((($(date +%s%N) - begin) / 1000000))"
}
time_of runc > /dev/null; time_of tsrunc > /dev/null
for _ in $(seq ${TIMES}); do time_of runc; time_of tsrunc; done`;

const beside = isTsrunc && REFERENCE !== undefined;
const world = beside ? worldOf(client) : undefined;

if (!beside) test.skip('docker run beside runc: this is tsrunc’s, and needs a runc', () => {});
if (world !== undefined) {
  test('docker run takes less than three times what it takes with runc, in turn', async () => {
    const { stdout, stderr } = await world.shell(LINES, { prelude: client.prelude, seconds: 300 });
    expect(stderr).toBe('');
    const [runc = 0, tsrunc = 0] = ['runc', 'tsrunc'].map((runtime) => median(timesOf(stdout, runtime)));
    console.log(`docker run --rm: ${runc} ms with runc, ${tsrunc} ms with tsrunc, medians of ${TIMES}`);
    expect(runc).toBeGreaterThan(0);
    expect(tsrunc).toBeLessThan(3 * runc);
  });
}

function timesOf(lines: string, runtime: string): number[] {
  return [...lines.matchAll(new RegExp(`^${runtime} (\\d+)$`, 'gm'))].map(([, time]) => Number(time));
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
}
