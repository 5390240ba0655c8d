import * as fs from 'node:fs';
import * as path from 'node:path';
import { CONFIGS, TEXTS } from './bad-inputs/configs.ts';
import { PLACES } from './bad-inputs/places.ts';
import { isTsrunc, type Outcome, refused, transcript } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

const box = sandbox('bad');

const configs = CONFIGS.filter((row) => isTsrunc || row.runc === undefined);
test.each(configs.map((row) => [row.name, row] as const))('config.json: %s', async (_, { patch, pointer, says }) => {
  const bundle = box.bundle({ patch });
  const { id, created } = box.tryCreate({ bundle, log: true });
  expectRefusal(created, says);
  if (isTsrunc && pointer !== undefined && !mentions(created.stderr, pointer)) {
    throw new Error(`expected a mention of ${pointer}\n${transcript(created)}`);
  }
  expect(fs.readdirSync(bundle)).toEqual(['config.json']);
  await box.clean(id);
});

test.each(TEXTS.map((row) => [row.name, row] as const))('config.json as text: %s', async (_, { text, line }) => {
  const { id, created } = box.tryCreate({ text, log: true });
  expectRefusal(created, undefined);
  if (isTsrunc) expect(created.stderr).toMatch(new RegExp(`config\\.json:${line}\\b`));
  await box.clean(id);
});

const places = PLACES.filter((row) => isTsrunc || row.runc === undefined);
test.each(places.map((row) => [row.name, row] as const))('%s', async (_, { prepare, says }) => {
  const bundle = box.bundle({ ownRootfs: true });
  const id = box.id();
  const { args = [], root = box.root } = prepare(bundle) ?? {};
  const outcome = box.runtime(['--root', root, 'create', '--bundle', bundle, ...args, id], { log: true });
  expectRefusal(outcome, says);
  await box.clean(id);
});

test('there are at least sixty bad inputs, each with a name of its own', () => {
  const names = [...CONFIGS, ...TEXTS, ...PLACES].map((row) => row.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(60);
});

test('all problems of a config are in the one line', () => {
  if (!isTsrunc) return;
  const { created } = box.tryCreate({ patch: { '/process/cwd': 5, '/process/user/uid': 'root', '/mounts/0': {} } });
  const { stderr } = refused(created, /./);
  for (const pointer of ['/process/cwd', '/process/user/uid', '/mounts/0'])
    expect(mentions(stderr, pointer)).toBe(true);
});

test('run refuses the same way as create', async () => {
  const id = box.id();
  refused(box.run({ id, patch: { '/process/args': [] } }), /runc run failed: .*args/);
  await box.clean(id);
});

test('what a refused create finds in the state root and beside its pid file is left as it was', async () => {
  const directory = box.scratch();
  const neighbour = box.create({ script: 'exec sleep 100' });
  const { created } = box.tryCreate({
    patch: { '/process/args': ['nope'] },
    flags: ['--pid-file', path.join(directory, 'pid')],
  });
  refused(created, 'executable file not found in $PATH');
  expect(fs.readdirSync(directory)).toEqual([]);
  expect(neighbour.state().status).toBe('created');
});

/** One line on standard error, one in the log, and neither shows the inside of the program. */
function expectRefusal(outcome: Outcome, says: RegExp | undefined): void {
  refused(outcome, says ?? /\S/);
  const entries = outcome.log.trimEnd().split('\n');
  const [entry] = entries.map((line): { level: string; msg: string } => JSON.parse(line));
  const bare = outcome.stderr.trimEnd();
  const clean = entries.length === 1 && entry?.level === 'error' && entry.msg.trimEnd() === bare;
  if (!clean || /\.(m?[jt]s):\d|^\s+at |\bundefined\b|\[object |NaN/m.test(bare)) {
    throw new Error(`expected one log entry that says the same, without internals\n${transcript(outcome)}`);
  }
}

/** `/mounts/3/options` may also be written `mounts[3].options`. */
function mentions(text: string, pointer: string): boolean {
  const dotted = pointer
    .slice(1)
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
  return text.includes(pointer) || text.includes(dotted);
}
