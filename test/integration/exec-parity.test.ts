import * as fs from 'node:fs';
import * as path from 'node:path';
import { EXEC_DIFFERENCES } from './exec/differences.ts';
import { type ExecCase, PROCESS, SCENES, type Scene } from './exec/scenes.ts';
import { differing, hostNamespaces } from './parity/compare.ts';
import { EXEC_PROBE, type Observation, observe } from './parity/probe.ts';
import type { Container } from './support/container.ts';
import { type Outcome, ok, REFERENCE, RUNTIME } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('exec-parity');

/** Without a runc on the machine there is nothing to compare with. */
const testPair = REFERENCE === undefined ? test.skip : test;

test('there are at least eighty cases, each with a name of its own', () => {
  const names = SCENES.flatMap((scene) => scene.cases.map(({ name }) => `${scene.name}: ${name}`));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(80);
});

describe.each(SCENES.map((scene) => [scene.name, scene] as const))('in %s', (_, scene) => {
  const containers = new Map<string, Container>();

  // Each by its own runtime: the sandbox knows only one.
  afterAll(() => {
    for (const container of containers.values()) container.delete('--force');
  });

  function containerOf(runtime: string): Container {
    const known = containers.get(runtime);
    if (known) return known;
    const made = create(scene, runtime);
    containers.set(runtime, made);
    return made;
  }

  testPair('the comparison sees what differs', async () => {
    const plain = await observed(REFERENCE ?? '', containerOf(REFERENCE ?? ''), { name: 'plain' });
    const other = await observed(REFERENCE ?? '', containerOf(REFERENCE ?? ''), {
      name: 'other',
      flags: ['-u', '7:8', '-g', '9', '-e', 'A=1', '--cwd', '/etc'],
    });
    const found = differing('other', plain, other, EXEC_DIFFERENCES).join('\n');
    for (const fact of ['status.Uid', 'status.Gid', 'status.Groups', 'environ', 'one.cwd'])
      expect(found).toContain(`${fact}:`);
  });

  testPair.each(scene.cases.map((example) => [example.name, example] as const))('exec with %s', async (__, example) => {
    const ours = await observed(RUNTIME, containerOf(RUNTIME), example);
    const reference = await observed(REFERENCE ?? '', containerOf(REFERENCE ?? ''), example);
    expect(differing(`${scene.name}: ${example.name}`, ours, reference, EXEC_DIFFERENCES)).toEqual([]);
  });
});

function create({ patch }: Scene, runtime: string): Container {
  const id = box.id();
  const cgroupsPath = { '/linux/cgroupsPath': `/${id}` };
  return box.create({ id, script: 'exec sleep 1000', patch: { ...patch, ...cgroupsPath }, runtime }).start();
}

/** What a process sees that the case has run in the container. */
async function observed(runtime: string, container: Container, example: ExecCase): Promise<Observation> {
  const { id } = container;
  const { flags = [], file, caller, env } = example;
  const args = ['sh', '-c', EXEC_PROBE];
  const described = file === undefined ? [] : ['--process', processFile(file, args)];
  const command = file === undefined ? args : [];
  const outcome = box.runtime(['exec', ...flags, ...described, id, ...command], {
    runtime,
    ...(caller !== undefined && { caller }),
    ...(env !== undefined && { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env } }),
  });
  const output = flags.includes('-d') ? await whole(ok(outcome)) : ok(outcome).stdout;
  return observe(output, [[outcome.scratch, 'IO'], [id, 'ID'], [box.dir, 'DIR'], ...hostNamespaces()]);
}

async function whole(outcome: Outcome): Promise<string> {
  await until('the probe has ended', () => outcome.later().includes('== end'));
  return outcome.later();
}

function processFile(file: NonNullable<ExecCase['file']>, args: string[]): string {
  const target = path.join(box.scratch(), 'process.json');
  fs.writeFileSync(target, JSON.stringify({ ...PROCESS, ...file, args }));
  return target;
}
