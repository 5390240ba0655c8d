import * as fs from 'node:fs';
import * as path from 'node:path';
import { commands } from '../../src/cli/table.ts';
import { errorCodes } from '../../src/libcontainer/error-codes.ts';
import { writeJson } from '../../src/spec/json.ts';
import { CONFIGS, TEXTS } from '../integration/bad-inputs/configs.ts';
import { bases, isProtected } from '../integration/mutations/bases.ts';
import { mutant } from '../integration/mutations/mutate.ts';
import type { RunOptions } from '../integration/support/runtime.ts';
import { sandbox } from '../integration/support/sandbox.ts';
import { count } from '../integration/support/wait.ts';
import { BAD, changed, GOOD } from '../unit/spec/corpus.ts';

/**
 * The two editions are one program: whatever they are asked, both say the same, byte for byte. `make lean` builds the
 * second one.
 */
const FULL = path.join(__dirname, '../../bin/tsrunc');
const LEAN = path.join(__dirname, '../../bin/tsrunc-lean');
const box = sandbox('editions');
const pairs = fs.existsSync(LEAN) ? describe : describe.skip;

pairs('Both editions', () => {
  test.each(commands.map(({ name }) => name))('have the same help of %s', (name) => same([name, '--help']));
  test.each(Object.keys(errorCodes))('explain %s alike', (code) => same(['explain', code]));
  test.each(['bash', 'zsh', 'fish'])('complete alike in %s', (shell) => same(['completion', shell]));

  const plain: readonly string[][] = [
    [],
    ['--help'],
    ['--version'],
    ['explain'],
    ['features'],
    ['list'],
    ['list', '--format', 'json'],
    ['list', '--format', 'yaml'],
    ['check'],
    ['check', '--format', 'json'],
    ['gc', '--dry-run'],
    ['nonsense'],
    ['--nonsense'],
    ['create'],
    ['state', 'none'],
    ['kill', 'none', 'NONSENSE'],
    ['delete', '--force', 'none'],
    ['state', 'a/b'],
    ['state', 'ünï'],
    ['--error-format', 'json', 'state', 'none'],
    ['create', '--bundle', '/nonexistent/ünï/\u{1f40b}', 'x'],
    ['--root', '/proc/1/mem', 'list'],
    ['--root', '/dev/null', 'state', 'x'],
    ['update', '--resources', '/nonexistent', 'x'],
  ];
  test.each(plain.map((argv) => [argv]))('answer %j alike', (argv) => same(argv));

  test('find the same in every config of the corpus', () => {
    const texts = [...BAD.map(([changes]) => changes), ...GOOD].map((changes) => writeJson(changed(changes), '  '));
    for (const text of [...texts, ...TEXTS.map((row) => row.text)]) judged(text);
  }, 300_000);

  test('find the same in configs that are broken at random', () => {
    const origin = bases(box.rootfs, box.name);
    const seeds = Array.from({ length: count(60, 1500) }, (_, i) => 70_000 + i);
    for (const seed of seeds) judged(mutant(seed, origin, isProtected).text);
  }, 1_800_000);

  test('read text that is no UTF-8 alike', () => {
    const bundle = box.bundle();
    const config = path.join(bundle, 'config.json');
    const whole = fs.readFileSync(config);
    for (const bytes of [
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x9f, 0x90],
      [0x80, 0x80],
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xef, 0xbb, 0xbf],
    ]) {
      fs.writeFileSync(config, Buffer.concat([whole.subarray(0, 40), Buffer.from(bytes), whole.subarray(40)]));
      same(['validate', '--bundle', bundle]);
      fs.writeFileSync(config, Buffer.concat([Buffer.from(bytes), whole]));
      same(['validate', '--bundle', bundle]);
    }
  });

  test.each(CONFIGS.map((row) => [row.name, row] as const))('refuse alike: %s', (_, { patch }) => {
    same(['create', '--bundle', box.bundle({ patch }), `${box.name}-refused`]);
  });

  test('plan the same calls', () => {
    const directory = path.join(__dirname, '../fixtures/configs');
    for (const name of fs.readdirSync(directory).filter((file) => file.endsWith('.json'))) {
      const bundle = box.bundle({ text: fs.readFileSync(path.join(directory, name), 'utf8') });
      const plan = ['--cgroup-manager', 'disabled', 'plan', '--bundle', bundle];
      same(plan);
      same([...plan, '--format', 'json']);
    }
  }, 120_000);

  test('write the same default config', () => {
    const directories = [FULL, LEAN].map((runtime) => {
      const directory = box.scratch();
      expect(box.runtime(['spec', '--bundle', directory], { runtime }).status).toBe(0);
      return fs.readFileSync(path.join(directory, 'config.json'), 'utf8');
    });
    expect(directories[1]).toBe(directories[0]);
  });

  test('understand each other’s containers', async () => {
    for (const [maker, other] of [
      [FULL, LEAN],
      [LEAN, FULL],
    ]) {
      if (maker === undefined || other === undefined) throw new Error('two editions');
      const id = box.id();
      const by = (runtime: string): RunOptions => ({ runtime });
      const bundle = box.bundle({ script: 'exec sleep 60' });
      expect(box.runtime(['create', '--bundle', bundle, id], by(maker)).status).toBe(0);
      same(['state', id]);
      expect(box.runtime(['start', id], by(other)).status).toBe(0);
      expect(box.runtime(['exec', id, 'sh', '-c', 'exit 7'], by(other)).status).toBe(7);
      same(['list', '--format', 'json']);
      same(['ps', '--format', 'json', id]);
      expect(box.runtime(['kill', id, 'KILL'], by(other)).status).toBe(0);
      expect(box.runtime(['delete', '--force', id], by(other)).status).toBe(0);
      await box.clean(id);
    }
  });
});

function judged(text: string): void {
  const bundle = box.bundle({ text });
  same(['validate', '--bundle', bundle]);
  same(['validate', '--no-host', '--strict', '--format', 'json', '--bundle', bundle]);
}

function same(argv: readonly string[]): void {
  const [full, lean] = [FULL, LEAN].map((runtime) => {
    const { status, stdout, stderr } = box.runtime(argv, { runtime });
    return { argv, status, stdout: unhurried(stdout), stderr: unhurried(stderr) };
  });
  expect(lean).toEqual(full);
}

/** Without what depends on when it was asked, and of whom. */
function unhurried(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replace(/(commit"?: )\S+/g, '$1COMMIT')
    .replace(/(bin\/tsrunc)-lean/g, '$1');
}
