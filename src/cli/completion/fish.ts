import type { CommandLine, CommandSpec, Completion, OptionSpec } from '../../engine/arguments.ts';
import { commandsOf, fixedWords, optionsOf, takesValue } from './words.ts';

/** A completion for fish: one `complete` line a command, an option and an argument. */
export function fishCompletion(line: CommandLine): string {
  const { program } = line;
  const none = `not __fish_seen_subcommand_from ${commandsOf(line)
    .map(({ name }) => name)
    .join(' ')}`;
  return [
    `# fish completion for ${program}`,
    '',
    `function __${program}_containers`,
    `    set -l words (commandline -opc)`,
    `    set -l root`,
    `    if set -l at (contains -i -- --root $words)`,
    `        set root --root $words[(math $at + 1)]`,
    `    end`,
    `    ${program} $root list -q 2>/dev/null`,
    'end',
    '',
    `complete -c ${program} -f`,
    ...line.options.map((option) => complete(line, none, option)),
    ...commandsOf(line).flatMap((command) => [
      `complete -c ${program} -n ${quoted(none)} -a ${command.name} -d ${quoted(command.description)}`,
      ...ofCommand(line, command),
    ]),
    '',
  ].join('\n');
}

function ofCommand(line: CommandLine, command: CommandSpec): string[] {
  const here = `__fish_seen_subcommand_from ${command.name}`;
  return [
    ...optionsOf(line, command).map((option) => complete(line, here, option)),
    ...command.arguments.flatMap(({ complete: what }) => {
      const words = offer(line, what);
      return words === '' ? [] : [`complete -c ${line.program} -n ${quoted(here)} ${words}`];
    }),
  ];
}

function complete(line: CommandLine, condition: string, option: OptionSpec): string {
  const { name, alias, help } = option;
  return [
    `complete -c ${line.program} -n ${quoted(condition)} -l ${name}`,
    ...(alias === undefined ? [] : [`-s ${alias}`]),
    ...(takesValue(option) ? [option.complete === 'file' ? '-r' : '-x', offer(line, option.complete)] : []),
    `-d ${quoted(help)}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function offer(line: CommandLine, what: Completion | undefined): string {
  const words = fixedWords(line, what);
  if (words) return `-a ${quoted(words.join(' '))}`;
  if (what === 'container') return `-a ${quoted(`(__${line.program}_containers)`)}`;
  if (what === undefined) return '';
  return what === 'directory' ? `-a ${quoted('(__fish_complete_directories)')}` : '-F';
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
