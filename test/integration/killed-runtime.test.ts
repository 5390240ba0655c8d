import { processesOf } from './support/host.ts';
import { type Outcome, ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { count, pause, seeded, until } from './support/wait.ts';

const box = sandbox('killed');
const SLEEP = { script: 'echo ran; exec sleep 100' };

interface Verb {
  readonly name: string;
  /** Brings a container to where the verb begins. */
  readonly before: (id: string) => void;
  readonly args: (id: string) => string[];
}

let bundle = '';
beforeAll(() => {
  bundle = box.bundle(SLEEP);
});

const create = (id: string) => box.create({ id, bundle });

const VERBS: readonly Verb[] = [
  { name: 'create', before: () => undefined, args: (id) => ['create', '--bundle', bundle, id] },
  { name: 'start', before: create, args: (id) => ['start', id] },
  { name: 'run', before: () => undefined, args: (id) => ['run', '--detach', '--bundle', bundle, id] },
  { name: 'delete', before: (id) => create(id).start(), args: (id) => ['delete', '--force', id] },
];

// runc leaves cgroups when it is killed before it has saved its state.
describe('a runtime that is killed leaves nothing that delete --force does not take away', () => {
  const moments = count(24, 200) / VERBS.length;

  testTsrunc.each(VERBS.map((verb) => [verb.name, verb] as const))('%s', async (_, verb) => {
    const random = seeded(7);
    const { startUp, whole } = await durations(verb);
    for (let i = 0; i < moments; i++) {
      // One moment in each slice of the verb's time, from when its engine is up to a little beyond its end.
      await killAt(verb, startUp + ((i + random()) / moments) * (whole * 1.15 - startUp));
    }
  });
});

async function killAt(verb: Verb, milliseconds: number): Promise<void> {
  const id = box.id();
  verb.before(id);
  const runtime = box.begin(verb.args(id));
  await pause(milliseconds);
  runtime.child.kill('SIGKILL');
  const outcome = await runtime.done;
  // An init that was being started has yet to see that nobody is there any more, or to do the last that it was told.
  await pause(50);
  await expectWhole(id, outcome);
  ok(box.runtime(['delete', '--force', id]));
  try {
    // A stub that has not entered the container's cgroup yet is known by its standard streams only.
    await until('no process is left', () => processesOf(`${outcome.scratch}.`).length === 0, 5);
    await box.clean(id);
  } catch (error) {
    throw new Error(`${verb.name} killed after ${milliseconds.toFixed(1)} ms`, { cause: error });
  }
}

/** What reads `created` can be started, what reads `running` runs. Anything else is `stopped` or does not exist. */
async function expectWhole(id: string, outcome: Outcome): Promise<void> {
  const state = box.runtime(['state', id]);
  if (state.status !== 0) return void refused(state, /./);
  const { status, pid }: { status: string; pid: number } = JSON.parse(state.stdout);
  expect(['created', 'running', 'stopped']).toContain(status);
  if (status === 'stopped') return expect(pid).toBe(0);
  if (status !== 'created') return;
  ok(box.runtime(['start', id]));
  if (outcome.command.includes(' create ')) await until('the container has run', () => outcome.later() === 'ran\n', 5);
}

/** Milliseconds until the engine has started, and until the verb is done. */
async function durations(verb: Verb): Promise<{ startUp: number; whole: number }> {
  const engine: number[] = [];
  const whole: number[] = [];
  for (let i = 0; i < 3; i++) {
    const id = box.id();
    verb.before(id);
    engine.push(await timed(['--version']));
    whole.push(await timed(verb.args(id)));
    ok(box.runtime(['delete', '--force', id]));
  }
  return { startUp: Math.min(...engine) * 0.8, whole: Math.max(...whole) };
}

async function timed(args: readonly string[]): Promise<number> {
  const start = performance.now();
  ok(await box.begin(args).done);
  return performance.now() - start;
}
