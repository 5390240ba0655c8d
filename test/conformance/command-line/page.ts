import type { CommandSpec, OptionSpec } from '../../../src/engine/arguments.ts';
import { additions, differences, notHere } from './differences.ts';
import { type RuncOption, runcCommands, runcGlobals } from './runc.ts';

/** The command table of the program. */
export interface Ours {
  readonly commands: readonly CommandSpec[];
  readonly options: readonly OptionSpec[];
}

/** docs/compatibility.md: the prose of `template`, and in it the tables that `{{…}}` name. */
export function compatibilityPage(template: string): string {
  const tables: Readonly<Record<string, () => string>> = {
    runc: runcTable,
    differences: () =>
      table(
        ['Command', 'Option', 'Here'],
        differences.map(({ command, option, what }) => [name(command), option ? code(`--${option}`) : '', what]),
      ),
    additions: () =>
      table(
        ['Name', 'crun has it', 'What for'],
        additions.map(({ name: added, crun, why }) => [code(added), crun ? 'yes' : '', why]),
      ),
    notHere: () =>
      table(
        ['Option', 'Why not'],
        notHere.map(({ name: names, why }) => [names.split(', ').map(code).join(', '), why]),
      ),
  };
  return template.replace(/\{\{(.*)\}\}/g, (_, which: string) => {
    const made = tables[which];
    if (made === undefined) throw new Error(`the template asks for {{${which}}}`);
    return made();
  });
}

/** What is wrong with the tables, or with the program: each in a sentence. */
export function compatibilityFaults(ours: Ours): string[] {
  return [...missing(ours), ...unknown(ours), ...unexplained(ours)];
}

function missing({ commands, options }: Ours): string[] {
  const inCommands = runcCommands.flatMap(({ name: command, options: theirs }) => {
    const own = commands.find((candidate) => candidate.name === command);
    return own ? absent(command, theirs, own.options) : [`there is no command ${command}`];
  });
  return [...absent('', runcGlobals, options), ...inCommands];
}

function absent(command: string, theirs: readonly RuncOption[], ours: readonly OptionSpec[]): string[] {
  return theirs.flatMap(({ name: option, alias, hidden }) => {
    const own = ours.find((candidate) => candidate.name === option);
    const label = `${command} --${option}`.trim();
    if (!own) return [`there is no ${label}`];
    if (own.alias !== alias) return [`${label} is -${alias} in runc, and -${own.alias} here`];
    return (own.hidden ?? false) === hidden ? [] : [`${label} is hidden in only one of the two`];
  });
}

/** A table that explains what is not there explains nothing. */
function unknown({ commands, options }: Ours): string[] {
  const has = (command: string, option: string): boolean =>
    (command === '' ? options : (commands.find((own) => own.name === command)?.options ?? [])).some(
      (own) => own.name === option,
    );
  const explained = differences.flatMap(({ command, option }) => {
    const present = option === undefined ? commands.some((own) => own.name === command) : has(command, option);
    return present ? [] : [`differences.ts explains ${command} --${option}, which is not there`];
  });
  const isThere = (word: string): boolean => {
    const [, command = '', option] = /^([^-\s]*)\s*(?:--(.*))?$/.exec(word) ?? [];
    return option === undefined ? commands.some((own) => own.name === command) : has(command, option);
  };
  const added = additions
    .filter(({ name: word }) => !isThere(word))
    .map(({ name: word }) => `differences.ts lists ${word}, which is not there`);
  return [...explained, ...added];
}

/** What only we have is said to be so. */
function unexplained({ commands, options }: Ours): string[] {
  const listed = new Set(additions.map(({ name: word }) => word));
  const words = [
    ...commands.filter((own) => !runcCommands.some((theirs) => theirs.name === own.name)).map((own) => own.name),
    ...options.filter((own) => !runcGlobals.some((theirs) => theirs.name === own.name)).map((own) => `--${own.name}`),
  ];
  const inCommands = commands.flatMap((own) => {
    const theirs = runcCommands.find((command) => command.name === own.name);
    if (!theirs) return [];
    const extra = own.options.filter((option) => !theirs.options.some((known) => known.name === option.name));
    return extra.map((option) => `${own.name} --${option.name}`);
  });
  return [...words, ...inCommands]
    .filter((word) => !listed.has(word))
    .map((word) => `nothing says why there is ${word}`);
}

function runcTable(): string {
  const all = [{ name: '', options: runcGlobals }, ...runcCommands];
  const rows = all.map(({ name: command, options }) => {
    const differs = differences.some((difference) => difference.command === command);
    return [name(command), options.map(optionWord).join(' '), differs ? 'see below' : 'as runc'];
  });
  return table(['Command', 'Options', 'Here'], rows);
}

function optionWord({ name: option, alias, hidden }: RuncOption): string {
  const word = code(alias === undefined ? `--${option}` : `--${option}, -${alias}`);
  return hidden ? `(${word})` : word;
}

function name(command: string): string {
  return command === '' ? 'before any command' : code(command);
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `|${cells.map((cell) => (cell ? ` ${cell} ` : ' ')).join('|')}|`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
