import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Patch } from './support/json.ts';
import { ok, refused } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until, pause as wait } from './support/wait.ts';

const box = sandbox('pause');

/** Writes a growing number into a file that the test can read. */
const COUNTER = { script: 'i=0; while :; do i=$((i+1)); echo $i > /mnt/count; sleep 0.02; done' };

function counter(): { count: () => string; patch: Patch } {
  const directory = box.scratch();
  const mount = { type: 'bind', source: directory, destination: '/mnt', options: ['bind', 'rw'] };
  const file = path.join(directory, 'count');
  return { count: () => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''), patch: { '/mounts/-': [mount] } };
}

test('a paused container stands still, reads as paused, and goes on when it is resumed', async () => {
  const { count, patch } = counter();
  const container = box.create({ ...COUNTER, patch });
  container.start();
  await until('it counts', () => count() !== '');
  ok(container.call(['pause', container.id]));
  expect(container.state().status).toBe('paused');
  const before = count();
  await wait(200);
  expect(count()).toBe(before);
  ok(container.call(['resume', container.id]));
  expect(container.state().status).toBe('running');
  await until('it counts again', () => count() !== before);
});

test('only what runs can be paused, only what is paused can be resumed', () => {
  const container = box.create({ script: 'exec sleep 100' });
  container.start();
  refused(container.call(['resume', container.id]), 'container not paused');
  ok(container.call(['pause', container.id]));
  refused(container.call(['pause', container.id]), 'container not running');
  container.kill('KILL');
});
