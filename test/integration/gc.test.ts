import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { cgroupsNamed, isAlive } from './support/host.ts';
import { ok, REFERENCE, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('gc');

interface Leftover {
  readonly kind: string;
  readonly name: string;
  readonly why: string;
}

function gc(...args: string[]): Leftover[] {
  return JSON.parse(ok(box.runtime(['gc', '--format', 'json', ...args])).stdout).leftovers;
}

/** A PID that nobody has. */
function deadPid(): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn('/bin/true');
    child.on('exit', () => resolve(child.pid ?? 0));
  });
}

testTsrunc('a create that was killed is found, told and taken away with its cgroup and processes', async () => {
  const id = box.id();
  const slow = { path: '/bin/sleep', args: ['sleep', '30'] };
  const create = box.begin(['create', '--bundle', box.bundle({ patch: { '/hooks/createRuntime': [slow] } }), id]);
  await until('the hook runs', () => statusOf(id) === 'creating' && cgroupsNamed(id).length > 0);
  expect(gc()).toEqual([]);

  create.child.kill('SIGKILL');
  await create.done;
  const half = { kind: 'container', name: id, why: `its create (process ${create.pid}) was killed` };
  expect(gc('--dry-run')).toEqual([half]);
  expect(statusOf(id)).toBe('stopped');
  expect(gc()).toEqual([half]);
  expect(box.containers()).toEqual([]);
  await box.clean(id);
});

testTsrunc('a create that was killed before it wrote anything is found by its empty directory', async () => {
  const id = box.id();
  fs.mkdirSync(`${box.root}/${id}`, { recursive: true });
  expect(gc()).toEqual([{ kind: 'container', name: id, why: 'its create was killed before it began' }]);
  expect(box.containers()).toEqual([]);
});

testTsrunc('containers are left alone, be they created, running or stopped', async () => {
  const created = box.create();
  const running = box.create({ script: 'sleep 60' }).start();
  const stopped = box.create({ script: 'true' }).start();
  await stopped.stopped();
  expect(gc()).toEqual([]);
  expect([created, running, stopped].map(({ id }) => statusOf(id))).toEqual(['created', 'running', 'stopped']);
  for (const { id } of [created, running, stopped]) {
    ok(box.runtime(['delete', '--force', id]));
    await box.clean(id);
  }
});

(REFERENCE === undefined ? test.skip : testTsrunc)(
  'what another runtime made under the same root is told from a half-made one, and left to that runtime',
  () => {
    const runtime = REFERENCE ?? '';
    const container = box.create({ script: 'sleep 60', runtime });
    expect(gc()).toEqual([]);
    for (const verb of [['state'], ['start'], ['kill'], ['delete'], ['delete', '--force']])
      refused(box.runtime([...verb, container.id]), 'another runtime made this container');
    const { pid } = container;
    expect([isAlive(pid), container.state().status]).toEqual([true, 'created']);
    container.delete('--force');
  },
);

testTsrunc('files that a killed writer left go, those of a living one stay', async () => {
  const container = box.create();
  const dead = `${box.root}/${container.id}/.state.json.tmp-${await deadPid()}`;
  const alive = `${box.root}/${container.id}/.state.json.tmp-${process.pid}`;
  fs.writeFileSync(dead, '');
  fs.writeFileSync(alive, '');
  expect(gc().map(({ kind, name }) => [kind, name])).toEqual([['file', dead]]);
  expect(fs.existsSync(alive)).toBe(true);
  ok(box.runtime(['delete', '--force', container.id]));
  await box.clean(container.id);
});

testTsrunc('compiled seccomp profiles stay while they can be used, and go when the library was replaced', () => {
  const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO' }] };
  ok(box.run({ script: 'true', patch: { '/linux/seccomp': profile } }));
  const directory = `${box.root}/.cache:seccomp`;
  const [name = ''] = fs.readdirSync(directory);
  expect(gc()).toEqual([]);
  const bytes = fs.readFileSync(`${directory}/${name}`, 'latin1');
  fs.writeFileSync(`${directory}/${name}`, bytes.replace(/^(\S+ \d+) /, '$19 '), 'latin1');
  expect(gc().map(({ kind, name: path }) => [kind, path])).toEqual([['cache', `${directory}/${name}`]]);
  expect(fs.readdirSync(directory)).toEqual([]);
});

testTsrunc('where there is no state directory there is nothing to do', () => {
  const { stdout } = ok(box.runtime(['--root', `${box.dir}/none`, 'gc']));
  expect(stdout).toBe('');
});

function statusOf(id: string): string | undefined {
  const { status, stdout } = box.runtime(['state', id]);
  return status === 0 ? JSON.parse(stdout).status : undefined;
}
