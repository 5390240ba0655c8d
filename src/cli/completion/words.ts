import type { CommandLine, CommandSpec, Completion, OptionSpec } from '../../engine/arguments.ts';
import { signals } from '../../syscalls/signals.ts';
import { helpOption, shown } from '../help.ts';

/** The visible commands of the table. */
export function commandsOf(line: CommandLine): readonly CommandSpec[] {
  return line.commands.filter(shown);
}

/** The visible options of a command, `--help` included. */
export function optionsOf(line: CommandLine, command: CommandSpec): readonly OptionSpec[] {
  return [...command.options, ...helpOption(line)].filter(shown);
}

/** `--name` and `-n`. */
export function spellings({ name, alias }: OptionSpec): string[] {
  return [`--${name}`, ...(alias === undefined ? [] : [`-${alias}`])];
}

export function takesValue({ kind }: OptionSpec): boolean {
  return kind !== 'boolean';
}

/** The words of a completion that does not depend on the machine; undefined if the shell has to look. */
export function fixedWords(line: CommandLine, complete: Completion | undefined): readonly string[] | undefined {
  if (complete === 'command') return commandsOf(line).map(({ name }) => name);
  if (complete === 'signal') return signals.filter(({ name }) => !name.includes('RT')).map(({ name }) => name);
  return typeof complete === 'object' ? complete : undefined;
}

/** What follows a word: the values of an option, or of the argument at a place. */
export function completionAt(command: CommandSpec, place: number): Completion | undefined {
  const { arguments: given } = command;
  const last = given.at(-1);
  return (given[place] ?? (last?.variadic === true ? last : undefined))?.complete;
}
