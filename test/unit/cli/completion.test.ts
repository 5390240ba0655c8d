import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { bashCompletion } from '../../../src/cli/completion/bash.ts';
import { fishCompletion } from '../../../src/cli/completion/fish.ts';
import { shells } from '../../../src/cli/completion/shells.ts';
import { zshCompletion } from '../../../src/cli/completion/zsh.ts';
import { manualPages } from '../../../src/cli/man.ts';
import { commandLine } from '../../../src/cli/table.ts';
import { tsrunc } from './support.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'tsrunc-completion-'));
  // What lists the containers, for the shells to call.
  writeFileSync(path.join(directory, 'tsrunc'), '#!/bin/sh\necho "called with $*" >&2\necho web\necho worker\n', {
    mode: 0o755,
  });
});
afterAll(() => rmSync(directory, { recursive: true }));

function shell(program: string, args: readonly string[], input = ''): string {
  const env = { PATH: `${directory}:${process.env['PATH']}`, HOME: directory };
  const { stdout, stderr, status } = spawnSync(program, args, { input, env, encoding: 'utf8', timeout: 20_000 });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

/** What bash offers for the last of `words`. */
function bash(...words: string[]): string[] {
  const array = words.map((word) => `'${word}'`).join(' ');
  const script = `${bashCompletion(commandLine)}
    compopt() { :; }
    COMP_WORDS=(tsrunc ${array}); COMP_CWORD=${words.length}; _tsrunc; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return shell('bash', ['-s'], script)
    .split('\n')
    .filter((word) => word !== '')
    .sort();
}

test('bash offers commands, options, values, containers and files', () => {
  expect(bash('st')).toEqual(['start', 'state']);
  expect(bash('--log-f')).toEqual(['--log-format']);
  expect(bash('--log-format', '')).toEqual(['json', 'text']);
  expect(bash('--log-format', 'json', 'stat')).toEqual(['state']);
  expect(bash('kill', '')).toEqual(['web', 'worker']);
  expect(bash('kill', 'web', 'SIGK')).toEqual(['SIGKILL']);
  expect(bash('list', '-f', 'j')).toEqual(['json']);
  expect(bash('list', '--q')).toEqual(['--quiet']);
  expect(bash('create', '')).toEqual([]);
  expect(bash('create', '--bundle', directory.slice(0, -2))).toEqual([directory]);
  expect(bash('help', 'val')).toEqual(['validate']);
  expect(bash('completion', '')).toEqual([...shells].sort());
});

test('bash asks for the containers of the root that was given', () => {
  const script = `${bashCompletion(commandLine)}
    tsrunc() { echo "$*" > ${directory}/asked; }
    COMP_WORDS=(tsrunc --root /r kill ''); COMP_CWORD=4; _tsrunc; cat ${directory}/asked`;
  expect(shell('bash', ['-s'], script)).toBe('--root /r list -q\n');
});

/** Where a shell is not installed nothing can be said of its script. */
const where = (program: string) => (existsSync(`/usr/bin/${program}`) ? test : test.skip);

where('zsh')('zsh understands its script', () => {
  const file = path.join(directory, '_tsrunc');
  writeFileSync(file, zshCompletion(commandLine));
  shell('zsh', ['-n', file]);
});

where('fish')('fish offers commands, options, values and containers', () => {
  const file = path.join(directory, 'tsrunc.fish');
  writeFileSync(file, fishCompletion(commandLine));
  const offers = (typed: string): string[] =>
    shell('fish', ['-c', `source ${file}; complete -C '${typed}'`])
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t')[0] ?? '');
  expect(offers('tsrunc sta').sort()).toEqual(['start', 'state']);
  expect(offers('tsrunc list --format ').sort()).toEqual(['json', 'table']);
  expect(offers('tsrunc kill ').sort()).toEqual(expect.arrayContaining(['web', 'worker']));
  expect(offers('tsrunc create --bu')).toEqual(['--bundle']);
});

test.each(shells)('the command prints the script of %s', async (name) => {
  const { status, stdout } = await tsrunc(['completion', name]);
  expect(status).toBe(0);
  for (const command of commandLine.commands.filter(({ hidden }) => hidden !== true))
    expect(stdout).toContain(command.name);
});

test('a shell that nobody knows is refused', async () => {
  const { status, stderr } = await tsrunc(['completion', 'tcsh']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/invalid shell: tcsh/);
});

test('every command and every option has its line in a manual page', () => {
  const pages = manualPages(commandLine);
  const program = pages.get('tsrunc.8') ?? '';
  for (const { name } of commandLine.options) expect(program).toContain(`\\-\\-${name.replace(/-/g, '\\-')}`);
  for (const command of commandLine.commands) {
    const page = pages.get(`tsrunc-${command.name}.8`) ?? '';
    expect(page).toMatch(/^\.TH TSRUNC-/);
    for (const option of command.options.filter(({ hidden }) => hidden !== true)) {
      expect(page).toContain(`\\-\\-${option.name.replace(/-/g, '\\-')}`);
    }
    for (const [typed] of command.examples ?? []) expect(page).toContain(typed.replace(/-/g, '\\-'));
  }
});

where('man')('man has no complaint about a page', () => {
  for (const [name, page] of manualPages(commandLine)) {
    const file = path.join(directory, name);
    writeFileSync(file, page);
    expect(shell('man', ['--warnings', '-l', file])).toContain(name.replace('.8', '').toUpperCase());
  }
});
