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

test('a cgroup among many costs no more to make and to remove than one alone', () => {
  const parent = `/${box.id()}`;
  const siblings = Array.from({ length: count(50, 500) }, (_, index) => cgroupOfPath(`${parent}/sibling${index}`));
  const alone = price(`${parent}/alone`);
  for (const sibling of siblings) sibling.create(RESOURCES, process.pid);
  const among = price(`${parent}/among`);
  // The one that made the parent comes last, and takes it away.
  for (const sibling of siblings.reverse()) sibling.undo();
  console.log(`a cgroup alone: ${alone.toFixed(1)} ms, among ${siblings.length}: ${among.toFixed(1)} ms`);
  // The machine has other work to do: twice is noise, what grows with the number would be ten times.
  expect(among).toBeLessThan(3 * alone);
});

const RESOURCES = { resources: { pids: { limit: 10 }, memory: { limit: 1 << 24 } } };

/** Of create and undo, in milliseconds: the median of some. */
function price(cgroupsPath: string): number {
  const times = Array.from({ length: 15 }, () => {
    const cgroup = cgroupOfPath(cgroupsPath);
    const begin = performance.now();
    cgroup.create(RESOURCES, process.pid);
    cgroup.undo();
    return performance.now() - begin;
  });
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
}

/** Without what the kernel holds in advance for the next charge, which it gives back when the limit is lowered. */
function charge(runtime: string): number {
  const id = box.id();
  const container = box.create({ runtime, id, patch: { '/linux/cgroupsPath': `/${id}` }, script: 'true' });
  fs.writeFileSync(path.join(ROOT, id, 'memory.max'), '180000');
  const bytes = Number(fs.readFileSync(path.join(ROOT, id, 'memory.current'), 'utf8'));
  container.delete('--force');
  return bytes;
}
