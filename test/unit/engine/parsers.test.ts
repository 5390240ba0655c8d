import { helpText } from '../../../src/cli/help.ts';
import { commandLine } from '../../../src/cli/table.ts';
import type { OptionSpec } from '../../../src/engine/arguments.ts';
import { yargsParser } from '../../../src/engine/node/yargs.ts';
import { plainParser } from '../../../src/engine/quickjs/plain-parser.ts';

/** Both editions read the same table, each with a parser of its own: what is typed must mean the same to both. */
const LINES = 3000;
const yargs = yargsParser(helpText);
const plain = plainParser(helpText);

test(`${LINES} command lines mean the same to both parsers`, () => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= LINES; seed++) {
    const argv = line(generator(seed));
    const meant = yargs.parse(commandLine, argv);
    kinds.add(meant.kind);
    expect({ argv, ...plain.parse(commandLine, argv) }).toEqual({ argv, ...meant });
  }
  expect([...kinds].sort()).toEqual(['command', 'help', 'usage', 'version']);
});

type Random = (below: number) => number;

/** Global options, a command, its options and its arguments: most of them right, some not. */
function line(random: Random): string[] {
  const command = commandLine.commands[random(commandLine.commands.length)];
  const globals = some(random, 3, () => option(random, commandLine.options));
  if (command === undefined || random(20) === 0) return [...globals.flat(), pick(random, NAMES)];
  const least = command.arguments.filter(({ required }) => required).length;
  const count = random(6) === 0 ? random(4) : Math.max(least, random(least + 2));
  const args = Array.from({ length: count }, () => [pick(random, NAMES)]);
  const own = some(random, 4, () => option(random, command.options.length ? command.options : commandLine.options));
  return [...globals.flat(), command.name, ...shuffled(random, [...args, ...own]).flat()];
}

function option(random: Random, options: readonly OptionSpec[]): string[] {
  const { name, alias, kind } = options[random(options.length)] ?? { name: 'x', kind: 'string' };
  const dashes = random(2) ? '--' : '-';
  const word = `${dashes}${alias !== undefined && random(2) ? alias : random(40) ? name : `${name}x`}`;
  const value = random(15) ? pick(random, VALUES[kind]) : pick(random, NAMES);
  if (kind === 'boolean') return random(4) ? [word] : [`${word}=${value}`];
  if (random(30) === 0) return [word];
  return random(2) ? [word, value] : [`${word}=${value}`];
}

const NAMES = ['c1', 'web', '-', '--', '', 'a b', 'ünï', '"quoted"', "it's", '=', '-1', '$HOME', 'x=y', '\n', '--x'];
const VALUES: Readonly<Record<OptionSpec['kind'], readonly string[]>> = {
  boolean: ['true', 'false', '1', '0', 'T', 'F', 'TRUE', 'yes', ''],
  number: ['0', '1', '-7', '0x1f', '0o17', '017', '0b101', '+5', '1e3', '1.5', '9007199254740993', '08', ''],
  string: ['/run/x', '', '"', '""', '"a"', "'b'", 'a=b', '-x', '--y=z', '007', 'true', 'null', '[object Object]', '\\'],
  strings: ['a', 'b', '', '"c"', 'A=1', '-e', '1', '01', 'constructor', '__proto__'],
};

function some<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: random(most + 1) }, make);
}

function pick(random: Random, list: readonly string[]): string {
  return list[random(list.length)] ?? '';
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map((item) => [random(1 << 20), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

function generator(seed: number): Random {
  let state = seed * 2654435761;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
