import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { helpText } from '../../src/cli/help.ts';
import { commandLine } from '../../src/cli/table.ts';
import { yargsParser } from '../../src/engine/node/yargs.ts';
import { type CommandLine, mentionedLines, ROOT, read, typedLines } from './command-lines.ts';
import { type Way, ways } from './ways.ts';

/** Every command line of the documentation is run by a test, or read by the program that would run it. */
const typed = typedLines();
const mentioned = mentionedLines();

/** In text `make` is a verb of messages, too: their words do not begin with a target. */
const isMessage = (line: string) => /^make (cgroup|the) /.test(line);

function wayOf(line: string): Way | undefined {
  return ways.find((way) => (typeof way.line === 'string' ? way.line === line : way.line.test(line)));
}

function shown({ document, line }: CommandLine): string {
  return `${document}: ${line}`;
}

const withoutWay = [...typed, ...mentioned].filter(({ line }) => wayOf(line) === undefined);

test('there are command lines', () => {
  expect(typed.length).toBeGreaterThan(50);
  expect(mentioned.length).toBeGreaterThan(50);
});

test('a line that neither make nor tsrunc would read has a row that says what becomes of it', () => {
  const unknown = withoutWay.filter(({ line }) => !/^(\w+=\S+ )?(make|(bin\/)?tsrunc)( |$)/.test(line));
  expect(unknown.map(shown)).toEqual([]);
});

test('every row is about a line that there is', () => {
  const lines = [...typed, ...mentioned].map(({ line }) => line);
  const used = new Set(lines.map(wayOf));
  expect(ways.filter((way) => !used.has(way)).map(({ line }) => String(line))).toEqual([]);
});

test.each(ways.filter(({ runBy }) => runBy !== undefined))(
  'what runs $line is there',
  ({ runBy: [file, words] = ['', ''] }) => {
    expect(read(file)).toContain(words);
  },
);

test('make knows the targets that are named', () => {
  const lines = withoutWay.filter(({ line }) => /^make( |$)/.test(line) && !isMessage(line));
  expect(lines.length).toBeGreaterThan(20);
  const targets = new Set(lines.flatMap(({ line }) => line.split(' ').slice(1)));
  const { status, stderr } = spawnSync('make', ['--dry-run', ...targets], {
    ...{ cwd: ROOT, encoding: 'utf8', timeout: 60_000 },
    env: { PATH: process.env['PATH'] },
  });
  expect(status === 0 ? '' : stderr).toBe('');
});

test('tsrunc understands what is to be typed', () => {
  const lines = withoutWay.filter(({ line }) => /^(bin\/)?tsrunc /.test(line));
  expect(lines.length).toBeGreaterThan(50);
  const parser = yargsParser(helpText);
  const wrong = lines.filter(({ line }) => {
    const [, ...words] = line.split(/ [|<;] ?|; /)[0]?.split(' ') ?? [];
    // A command's name alone stands for the command.
    if (words.length === 1 && commandLine.commands.some(({ name }) => name === words[0])) return false;
    return parser.parse(commandLine, words).kind === 'usage';
  });
  expect(wrong.map(shown)).toEqual([]);
});

test('the files of tests that are to be run are there', () => {
  const lines = typed.filter(({ line }) => line.includes('npx jest'));
  expect(lines.length).toBeGreaterThan(0);
  for (const { line } of lines) {
    const [, file = ''] = / jest (\S+)/.exec(line) ?? [];
    expect([line, fs.existsSync(path.join(ROOT, file)) || fs.existsSync(path.join(ROOT, `${file}.test.ts`))]).toEqual([
      line,
      true,
    ]);
  }
});
