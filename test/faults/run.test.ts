import { ok, testTsrunc } from '../integration/support/runtime.ts';
import { sandbox } from '../integration/support/sandbox.ts';
import { Faulty, faultyRuntime } from './sweep.ts';

const box = sandbox('fault-run');

let faulty: Faulty;
beforeAll(() => {
  faulty = new Faulty(box, faultyRuntime(box.scratch(), 'faulty-run'));
});

testTsrunc.each([
  ['its configuration cannot be removed', /^runtime: unlink\(".*\/config\.json"/],
  ['its cgroup cannot be removed', /^runtime: rmdir\("\/sys\/fs\/cgroup/],
])('run removes its container, even if at first %s', (_, call) => {
  const id = box.id();
  ok(faulty.run(['run', '--bundle', box.bundle({ script: 'true' }), id], { fail: 'EIO', call, once: true }));
  expect(box.leftovers(id)).toEqual([]);
});
