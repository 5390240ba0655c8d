import * as fs from 'node:fs';
import * as path from 'node:path';
import { BATCHES } from './parity/batches.ts';
import { differing, hostNamespaces } from './parity/compare.ts';
import { type Observation, observe, PROBE } from './parity/probe.ts';
import { VARIANTS, type Variant } from './parity/variants.ts';
import { hasCapability, isAlive } from './support/host.ts';
import { ok, REFERENCE, RUNTIME } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('parity');

/** Without a runc on the machine there is nothing to compare with. */
const testPair = REFERENCE === undefined ? test.skip : test;

testPair('the comparison sees what differs', async () => {
  const variant: Variant = { name: 'another', patch: {} };
  const other: Variant = {
    name: 'other',
    patch: { '/process/user': { uid: 5, gid: 6, umask: 7 }, '/process/oomScoreAdj': 100, '/mounts/3': undefined },
    caller: 'ulimit -c 0',
  };
  const found = differing(variant.name, await reference(variant), await reference(other)).join('\n');
  for (const fact of [
    'status.Uid',
    'status.Gid',
    'umask',
    'one.oom_score_adj',
    'mountinfo.order',
    'mountinfo./dev/shm',
    'dev./dev/shm',
    'limits.Max core file size',
  ]) {
    expect(found).toContain(`${fact}:`);
  }
});

const POSSIBLE = VARIANTS.filter(({ capability }) => capability === undefined || hasCapability(capability));

describe('a container of tsrunc is what runc makes of the same config', () => {
  testPair.each(POSSIBLE.map((variant) => [variant.name, variant] as const))('%s', async (_, variant) => {
    const ours = await contained(RUNTIME, variant);
    if (ours !== 'refused') expect(differing(variant.name, ours, await reference(variant))).toEqual([]);
  });
});

test.each(VARIANTS.filter((variant) => !POSSIBLE.includes(variant)).map((variant) => [variant.name]))(
  'left out, because the tests have not got the capability it takes: %s',
  () => expect(POSSIBLE.length).toBeGreaterThanOrEqual(40),
);

test('there are at least forty variants, each with a name of its own', () => {
  expect(new Set(VARIANTS.map((variant) => variant.name)).size).toBe(VARIANTS.length);
  expect(VARIANTS.length).toBeGreaterThanOrEqual(40);
});

describe.each(BATCHES.map((batch) => [batch.variant.name, batch] as const))('%s', (_, { variant, cases }) => {
  let ours: Observation;
  let theirs: Observation;
  beforeAll(async () => {
    if (REFERENCE === undefined) return;
    const observation = await contained(RUNTIME, variant);
    if (observation === 'refused') throw new Error('no batch may be refused');
    ours = observation;
    theirs = await reference(variant);
  });

  testPair.each(cases.map((row) => [row.name, row] as const))('%s', (__, { read }) => {
    const shown = read(theirs);
    expect(shown).toBeDefined();
    expect(read(ours)).toBe(shown);
  });

  testPair('nothing else differs', () => expect(differing(variant.name, ours, theirs)).toEqual([]));
});

test('there are at least 250 cases', () => {
  expect(VARIANTS.length + BATCHES.reduce((sum, { cases }) => sum + cases.length, 0)).toBeGreaterThanOrEqual(250);
});

/** Runs the variant, detached as every engine does, and gives what its first process saw. */
async function contained(runtime: string, variant: Variant): Promise<Observation | 'refused'> {
  const id = box.id();
  const bundle = box.bundle({
    script: PROBE,
    patch: patchOf(variant, id),
    ...(variant.ownRootfs && { ownRootfs: true }),
  });
  const pidFile = path.join(bundle, 'pid');
  const args = ['run', '-d', '--bundle', bundle, '--pid-file', pidFile, id];
  const outcome = box.runtime(args, { runtime, ...(variant.caller !== undefined && { caller: variant.caller }) });
  if (runtime !== REFERENCE && outcome.status === 1 && variant.refusal?.test(outcome.stderr)) return 'refused';
  ok(outcome);
  const pid = Number(fs.readFileSync(pidFile, 'utf8'));
  await until('the probe has ended', () => !isAlive(pid), 30);
  ok(box.runtime(['delete', id], { runtime }));
  return observe(outcome.later(), [
    [outcome.scratch, 'IO'],
    [bundle, 'BUNDLE'],
    [id, 'ID'],
    [box.dir, 'DIR'],
    ...hostNamespaces(),
  ]);
}

async function reference(variant: Variant): Promise<Observation> {
  const observation = await contained(REFERENCE ?? '', variant);
  if (observation === 'refused') throw new Error('only tsrunc may refuse a variant');
  return observation;
}

function patchOf(variant: Variant, id: string) {
  const { files = [], writable = [], patch } = variant;
  const probed = {
    PROBE_FILES: files.join(' '),
    PROBE_WRITABLE: writable.join(' '),
    PROBE_MASKED: '/proc/acpi /proc/keys',
  };
  const own = patch['/process/env'];
  const env = Array.isArray(own)
    ? own
    : ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'];
  const cgroupsPath = patch['/linux/cgroupsPath'] === undefined ? {} : { '/linux/cgroupsPath': `/${id}` };
  const added = Object.entries(probed).map(([name, value]) => `${name}=${value}`);
  return { ...patch, ...cgroupsPath, '/process/env': [...env, ...added] };
}
