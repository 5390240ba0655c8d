import * as fs from 'node:fs';
import * as path from 'node:path';
import { realCriu } from '../integration/checkpoint/real-criu.ts';
import type { Patch } from '../integration/support/json.ts';
import { type Outcome, testTsrunc, transcript } from '../integration/support/runtime.ts';
import { sandbox } from '../integration/support/sandbox.ts';
import { Receiver } from '../integration/support/terminal.ts';
import { pause } from '../integration/support/wait.ts';
import { note } from './figures.ts';
import { type Fault, Faulty, type FaultyOutcome, faultyRuntime, SYSTEM_PATH, sample, words } from './sweep.ts';

/**
 * Every call of the runtime and its stubs fails once, with two errors, and before every call the runtime dies once. With
 * TSRUNC_FAULTS=all all of them (`make test-faults`, an hour), otherwise a sample. One verb: `-t '^exec '`. The figures of
 * whole sweeps go to build/faults.json, and from there into docs/reliability.md (`make docs`).
 */
const box = sandbox('faults');
const SAMPLE = process.env['TSRUNC_FAULTS'] === 'all' ? Infinity : 6;
if (SAMPLE === Infinity) jest.setTimeout(3_600_000);

const criu = realCriu();
const PATH = 'directory' in criu ? `${criu.directory}:${SYSTEM_PATH}` : SYSTEM_PATH;

let faulty: Faulty;
beforeAll(() => {
  faulty = new Faulty(box, faultyRuntime(box.scratch(), 'faulty'), PATH);
});

/** A bit of everything that makes, moves or removes something. */
const RICH = {
  '/linux/resources/unified': {},
  '/linux/sysctl': { 'kernel.shmmni': '100' },
  '/linux/devices': [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229 }],
  '/linux/seccomp': { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['swapon'], action: 'SCMP_ACT_ERRNO' }] },
  '/hooks/createRuntime': [{ path: '/bin/true' }],
  '/hooks/createContainer': [{ path: '/bin/true' }],
  '/hooks/startContainer': [{ path: '/bin/true' }],
  '/hooks/poststart': [{ path: '/bin/true' }],
  '/process/oomScoreAdj': 100,
};

interface Verb {
  readonly name: string;
  readonly patch?: Patch;
  /** Brings the container to where the verb begins. */
  prepare(id: string, bundle: string): void;
  args(id: string, bundle: string): readonly string[];
  /** The exit status of a failure, unless it is 1. */
  readonly failure?: number;
  /** It makes so few calls. */
  readonly fewest?: number;
  /** For so many milliseconds what it has started may still be there: it ends when it sees that it is alone. */
  readonly ending?: number;
}

const limitsIn = (bundle: string): string => path.join(bundle, 'limits.json');

const created = (id: string, bundle: string): void => must(box.runtime(['create', '--bundle', bundle, id]));
const running = (id: string, bundle: string): void => {
  created(id, bundle);
  must(box.runtime(['start', id]));
};

const imagesOf = (bundle: string): string => path.join(bundle, 'images');
const checkpoint = (id: string, bundle: string): readonly string[] => [
  'checkpoint',
  '--image-path',
  imagesOf(bundle),
  id,
];

/** With a criu that works here: what it does itself is not called by us, and so does not fail. */
const CHECKPOINTS: readonly Verb[] = [
  { name: 'checkpoint', prepare: running, args: checkpoint, ending: 5000 },
  {
    name: 'restore',
    prepare(id, bundle) {
      running(id, bundle);
      must(box.runtime(checkpoint(id, bundle), { env: { PATH } }));
    },
    args: (id, bundle) => ['restore', '--detach', '--image-path', imagesOf(bundle), '--bundle', bundle, id],
    ending: 5000,
  },
];

let receiver: Receiver | undefined;

const VERBS: readonly Verb[] = [
  { name: 'create', prepare: () => undefined, args: (id, bundle) => ['create', '--bundle', bundle, id] },
  {
    name: 'create with a terminal',
    patch: { '/process/terminal': true },
    prepare(_, bundle) {
      receiver = new Receiver(path.join(bundle, 'console.sock'));
    },
    args: (id, bundle) => ['create', '--console-socket', path.join(bundle, 'console.sock'), '--bundle', bundle, id],
  },
  { name: 'start', prepare: created, args: (id) => ['start', id] },
  { name: 'run', prepare: () => undefined, args: (id, bundle) => ['run', '--bundle', bundle, id] },
  { name: 'kill', prepare: running, args: (id) => ['kill', id, 'KILL'] },
  { name: 'exec', prepare: running, args: (id) => ['exec', '--cwd', '/', '--env', 'A=b', id, 'true'], failure: 255 },
  {
    name: 'update',
    prepare: (id, bundle) => {
      running(id, bundle);
      fs.writeFileSync(limitsIn(bundle), JSON.stringify({ hugepageLimits: [{ pageSize: '2MB', limit: 4194304 }] }));
    },
    args: (id, bundle) => ['update', '--resources', limitsIn(bundle), id],
  },
  { name: 'pause', prepare: running, args: (id) => ['pause', id] },
  {
    name: 'resume',
    prepare: (id, bundle) => {
      running(id, bundle);
      must(box.runtime(['pause', id]));
    },
    args: (id) => ['resume', id],
    fewest: 9,
  },
  { name: 'delete', prepare: running, args: (id) => ['delete', '--force', id] },
  ...('directory' in criu ? CHECKPOINTS : []),
];

if ('reason' in criu) test.skip(`checkpoint and restore (skipped: ${criu.reason})`, () => undefined);

describe.each(VERBS)('$name', (verb) => {
  testTsrunc.each(['EIO', 'EPERM'])('call by call fails with %s: one clear line, and nothing is left', async (code) => {
    const { calls } = await once(verb);
    expect(calls).toBeGreaterThanOrEqual(verb.fewest ?? 10);
    await sweep(verb, calls, code, sample(calls, SAMPLE, code.length), (at) => once(verb, { fail: code, at }));
  });

  testTsrunc('the runtime is killed before call by call: delete --force takes all of it away', async () => {
    const { calls } = await once(verb);
    await sweep(verb, calls, 'SIGKILL', sample(calls, SAMPLE, 3), (dieAt) => once(verb, { dieAt }));
  });
});

/** Goes through all numbers, whatever one of them brings, and tells of everything at the end. A whole sweep is noted. */
async function sweep(
  { name }: Verb,
  calls: number,
  fault: string,
  numbers: readonly number[],
  check: (number: number) => Promise<unknown>,
): Promise<void> {
  const failures: string[] = [];
  for (const number of numbers) {
    try {
      await check(number);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      // A whole sweep takes an hour: who waits for it may read what came up so far.
      fs.appendFileSync(path.join(__dirname, '../../build/faults.log'), `${failures.at(-1)}\n\n`);
    }
  }
  if (numbers.length === calls) note({ verb: name, fault, calls, failures: failures.length });
  if (failures.length > 0) throw new Error(`${failures.length} of ${numbers.length}:\n\n${failures.join('\n\n')}`);
}

async function once(verb: Verb, fault?: Fault): Promise<FaultyOutcome> {
  const id = box.id();
  const script = verb.name === 'run' ? 'true' : 'sleep 100';
  const bundle = box.bundle({ script, patch: { ...RICH, ...verb.patch } });
  verb.prepare(id, bundle);
  const outcome = faulty.run(verb.args(id, bundle), fault);
  try {
    judge(verb, id, outcome, fault);
    must(box.runtime(['delete', '--force', id]));
    const deadline = Date.now() + (verb.ending ?? 0);
    while (box.leftovers(id).length > 0 && Date.now() < deadline) await pause(50);
    const left = box.leftovers(id);
    if (left.length > 0) throw new Error(`left behind after delete --force:\n${left.join('\n')}`);
    await box.clean(id);
  } catch (error) {
    // The first thing that went wrong is told, and nothing is left for the next.
    await box.clean(id).catch(() => undefined);
    const what = fault ? `${words(fault)}: ${outcome.victim ?? 'no such call'}` : 'no fault';
    throw new Error(`${verb.name}, ${what}\n${error instanceof Error ? error.message : error}\n${transcript(outcome)}`);
  } finally {
    receiver?.close();
    receiver = undefined;
    fs.rmSync(bundle, { recursive: true });
  }
  return outcome;
}

function judge(verb: Verb, id: string, outcome: FaultyOutcome, fault: Fault | undefined): void {
  if (fault && 'dieAt' in fault) {
    // The last calls may not be come to: their number depends on what the kernel said.
    if (outcome.victim !== undefined && outcome.signal !== 'SIGKILL') throw new Error('it did not die');
    return;
  }
  if (outcome.status === 0) return;
  if (outcome.status !== (verb.failure ?? 1)) throw new Error('neither success nor failure');
  const lines = outcome.stderr.split('\n').filter((line) => line !== '');
  if (lines.length !== 1) throw new Error('not one line');
  if (/internal error| at .*:\d+:\d+|undefined/.test(lines[0] ?? '')) throw new Error('not a clear line');
  // What a failed create has undone needs no delete.
  if (!/^create|^run/.test(verb.name)) return;
  const left = box.leftovers(id);
  if (left.length > 0) throw new Error(`left behind by the undo:\n${left.join('\n')}`);
}

function must(outcome: Outcome): void {
  if (outcome.status !== 0) throw new Error(`expected success\n${transcript(outcome)}`);
}
