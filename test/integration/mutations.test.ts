import * as fs from 'node:fs';
import * as path from 'node:path';
import { loadConfig } from '../../src/spec/load.ts';
import { formatProblem } from '../../src/spec/problem.ts';
import { hostFacts } from './attacks/arena.ts';
import { bases, isProtected } from './mutations/bases.ts';
import { type Mutant, mutant } from './mutations/mutate.ts';
import { type Outcome, testTsrunc, transcript } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { count } from './support/wait.ts';

const box = sandbox('mutants');

/** A failing one is repeated by its seed: `TSRUNC_SEED=4711`. */
const ONLY = process.env['TSRUNC_SEED'];
const seeds = (sample: number) =>
  ONLY === undefined ? Array.from({ length: count(sample, 5000) }, (_, seed) => seed) : [Number(ONLY)];

/** Nothing takes longer. On a machine that is too busy for that a second try may, but a hang is for ever. */
const SECONDS = 5;
const PATIENCE = 60;
const SIGNALLED = 128;

test('a mutated config is read within seconds, and what is wrong with it is said in lines of text', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (const seed of seeds(1000)) {
    const { text, story } = make(seed);
    const start = Date.now();
    const { problems } = loadConfig(Buffer.from(text), (bytes) => decoder.decode(bytes));
    const lines = problems.map(formatProblem);
    const broken = lines.find((line) => INTERNALS.test(line));
    if (broken !== undefined || Date.now() - start > SECONDS * 1000) throw new Error(`${story}\n${lines.join('\n')}`);
  }
}, 600_000);

testTsrunc(
  'a mutated config is run, or refused in one line',
  async () => {
    const before = hostFacts(box);
    const bundle = box.scratch();
    fs.mkdirSync(path.join(bundle, 'data'));
    for (const seed of seeds(150)) {
      const made = make(seed);
      fs.writeFileSync(path.join(bundle, 'config.json'), made.text);
      const id = `${box.name}-m${seed}`;
      const outcome = run(bundle, id, SECONDS);
      expectOneAnswer(made, outcome.signal === null ? outcome : again(bundle, id));
      const left = box.containers();
      if (left.length > 0) throw new Error(`${made.story}\nleft behind: ${left.join()}`);
    }
    expect(hostFacts(box)).toEqual(before);
    expect(fs.readdirSync(bundle).sort()).toEqual(['config.json', 'data']);
    await box.clean();
  },
  3_600_000,
);

function make(seed: number): Mutant {
  return mutant(seed, bases(box.rootfs, box.name), isProtected);
}

/** What the killed one has left goes first. */
function again(bundle: string, id: string): Outcome {
  box.runtime(['delete', '--force', id]);
  return run(bundle, id, PATIENCE);
}

/**
 * In namespaces of its own, whatever is left of the config's: what is mounted without a mount namespace, or set
 * without a network, IPC or UTS namespace, goes with them.
 */
function run(bundle: string, id: string, timeout: number): Outcome {
  const shell = 'exec unshare -m -i -u -n --propagation private -- "$@"';
  return box.runtime(['run', '--bundle', bundle, id], { log: true, timeout, caller: shell });
}

function expectOneAnswer({ story }: Mutant, outcome: Outcome): void {
  const { status, stderr, log } = outcome;
  const lines = stderr.split('\n').filter((line) => line !== '');
  const entries = log.split('\n').filter((line) => line !== '');
  const refused = status === 1 && lines.length === 1 && entries.length === 1 && !INTERNALS.test(stderr);
  // A filter or a limit of the mutant may kill its program.
  const ran = (status === 0 || Number(status) > SIGNALLED) && lines.length === 0 && entries.length === 0;
  if (!refused && !ran) throw new Error(`${story}\n${transcript(outcome).slice(0, 5000)}`);
}

/** What shows the inside of the program, where it is not the config's own text. */
const INTERNALS = /\.(m?[jt]s):\d|^\s+at |\bundefined\b|\[object |\bNaN\b|internal error/m;
