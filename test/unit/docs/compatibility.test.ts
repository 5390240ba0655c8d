import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../../../src/cli/table.ts';
import type { CommandSpec, OptionSpec } from '../../../src/engine/arguments.ts';
import { compatibilityFaults, compatibilityPage, type Ours } from '../../conformance/command-line/page.ts';
import { runcCommands, runcGlobals } from '../../conformance/command-line/runc.ts';
import { which } from '../../integration/support/host.ts';

const ROOT = join(__dirname, '../../..');

test('every command and option of runc is there, and every other one is explained', () => {
  expect(compatibilityFaults(commandLine)).toEqual([]);
});

describe('a table of commands', () => {
  const { commands, options } = commandLine;
  const without = (word: string): CommandSpec[] => commands.filter(({ name }) => name !== word);
  const bare = (name: string, own: readonly OptionSpec[] = []): CommandSpec => ({
    name,
    description: '',
    arguments: [],
    options: own,
  });
  const withOnly = (name: string, own: readonly OptionSpec[] = []): Ours => ({
    options,
    commands: [...without(name), bare(name, own)],
  });
  const flag = (name: string): OptionSpec => ({ name, kind: 'boolean', help: '' });

  const cases: readonly (readonly [string, Ours, string])[] = [
    ['lacks a command', { options, commands: without('pause') }, 'there is no command pause'],
    ['lacks a global option', { commands, options: options.slice(1) }, 'there is no --debug'],
    ['lacks an option', withOnly('create'), 'there is no create --bundle'],
    ['has an option too many', withOnly('pause', [flag('x')]), 'nothing says why there is pause --x'],
    ['has no short form', withOnly('delete', [flag('force')]), 'delete --force is -f in runc, and -undefined here'],
    [
      'shows what runc hides',
      withOnly('kill', [{ ...flag('all'), alias: 'a' }]),
      'kill --all is hidden in only one of the two',
    ],
    ['has a command too many', { options, commands: [...commands, bare('fly')] }, 'nothing says why there is fly'],
  ];

  test.each(cases)('that %s is found out', (_, ours, fault) => {
    expect(compatibilityFaults(ours)).toContain(fault);
  });
});

/** What the machine's own runc, of whatever version, says of itself. */
const runc = which('runc');
(runc ? describe : describe.skip)('the help of a runc that is installed', () => {
  const listed = (args: readonly string[]): string[] => {
    const { stdout } = spawnSync(runc ?? '', [...args, '--help'], { encoding: 'utf8', timeout: 10_000 });
    const [, options = ''] = stdout.split(/^(?:GLOBAL )?OPTIONS:$/m);
    return [...options.matchAll(/^\s+--([a-z0-9-]+)/gm)].map(([, name = '']) => name);
  };

  test.each(runcCommands.filter(({ name }) => name !== 'help').map(({ name, options }) => [name, options] as const))(
    'names no option of %s that our list has not got',
    (name, options) => {
      const known = new Set(['help', ...options.map((option) => option.name)]);
      expect(listed([name]).filter((option) => !known.has(option))).toEqual([]);
    },
  );

  test('names no global option that our list has not got, but the one that is gone', () => {
    const known = new Set(['criu', ...runcGlobals.map(({ name }) => name)]);
    const found = listed([]);
    expect(found).toContain('root');
    expect(found.filter((option) => !known.has(option))).toEqual([]);
  });
});

test('the page is what its sources say', () => {
  const template = readFileSync(join(ROOT, 'test/conformance/command-line/page.template'), 'utf8');
  expect(readFileSync(join(ROOT, 'docs/compatibility.md'), 'utf8')).toBe(compatibilityPage(template));
});
