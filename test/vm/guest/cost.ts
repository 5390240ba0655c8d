import * as fs from 'node:fs';
import * as path from 'node:path';
import { ENOUGH } from '../../../src/libcontainer/cgroups/obituary.ts';
import { which } from '../../integration/support/host.ts';
import { isTsrunc, RUNTIME, testTsrunc, transcript } from '../../integration/support/runtime.ts';
import { sandbox } from '../../integration/support/sandbox.ts';
import { count } from '../../integration/support/wait.ts';
import { cgroupOfPath } from '../cgroups.ts';

const box = sandbox('cost');
const ROOT = '/sys/fs/cgroup';
const CRUN = which('crun');

testTsrunc(`a program that does nothing runs under a memory limit of ${ENOUGH} bytes`, () => {
  const outcome = box.run({
    patch: { '/process/args': ['true'], '/linux/resources/memory': { limit: ENOUGH, swap: ENOUGH } },
  });
  expect([outcome.status, transcript(outcome)]).toEqual([0, expect.anything()]);
});

const beside = isTsrunc && CRUN !== undefined ? test : test.skip;

beside('a created container is charged with no more memory than one of crun', () => {
  const [ours, theirs] = [RUNTIME, CRUN ?? ''].map(charge);
  console.log(`memory of a created container: ${ours} bytes, of crun's: ${theirs}`);
  expect(ours).toBeLessThanOrEqual(theirs ?? 0);
});

test('a cgroup among many costs no more to make and to remove than the first ones', () => {
  const parent = box.id();
  const siblings = count(100, 500);
  const times = Array.from({ length: siblings }, (_, index) => {
    const cgroup = cgroupOfPath(`/${parent}/c${index}`);
    const begin = performance.now();
    cgroup.create({ resources: { pids: { limit: 10 }, memory: { limit: 1 << 24 } } });
    return performance.now() - begin;
  });
  const removals = times.map((_, index) => {
    const begin = performance.now();
    fs.rmdirSync(path.join(ROOT, parent, `c${index}`));
    return performance.now() - begin;
  });
  fs.rmdirSync(path.join(ROOT, parent));
  const [first, last] = [median(times.slice(10, 30)), median(times.slice(-20))];
  console.log(`${siblings} cgroups: made in ${first.toFixed(1)} ms at first, in ${last.toFixed(1)} ms at last`);
  // The machine has other work to do: twice is noise, what grows with the number would be five times and more.
  expect(last).toBeLessThan(2.5 * first);
  expect(median(removals.slice(0, 20))).toBeLessThan(2.5 * median(removals.slice(-20)) + 1);
});

/** Without what the kernel holds in advance for the next charge, which it gives back when the limit is lowered. */
function charge(runtime: string): number {
  const id = box.id();
  box.create({ runtime, id, patch: { '/linux/cgroupsPath': `/${id}` }, script: 'true' });
  fs.writeFileSync(path.join(ROOT, id, 'memory.max'), '180000');
  return Number(fs.readFileSync(path.join(ROOT, id, 'memory.current'), 'utf8'));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
