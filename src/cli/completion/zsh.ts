import type { ArgumentSpec, CommandLine, CommandSpec, Completion, OptionSpec } from '../../engine/arguments.ts';
import { commandsOf, fixedWords, optionsOf, spellings, takesValue } from './words.ts';

/** A completion function for zsh, for a directory of `$fpath`. */
export function zshCompletion(line: CommandLine): string {
  const { program } = line;
  const commands = commandsOf(line);
  return `#compdef ${program}

_${program}_containers() {
  local -a root containers
  (( \${+opt_args[--root]} )) && root=(--root \${opt_args[--root]})
  containers=(\${(f)"$(${program} $root list -q 2>/dev/null)"})
  compadd -a containers
}

_${program}() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`).join('\n')}
  )
  _arguments -C -S ${specifications(line, line.options)} \\
    '1:command:->command' '*::argument:->argument' && return
  case $state in
    command) _describe command commands ;;
    argument)
      case $words[1] in
${commands.map((command) => `        ${command.name}) _arguments ${argumentsOf(line, command)} ;;`).join('\n')}
      esac ;;
  esac
}

_${program} "$@"
`;
}

function argumentsOf(line: CommandLine, command: CommandSpec): string {
  const stop = command.stopAtPositional === true ? "-A '-*' " : '';
  const places = command.arguments.map((argument, index) => quoted(place(line, argument, index)));
  return [stop + specifications(line, optionsOf(line, command)), ...places].join(' ');
}

function place(line: CommandLine, { name, required, variadic, complete }: ArgumentSpec, index: number): string {
  if (variadic === true) return `*:${name}:${action(line, complete ?? 'file')}`;
  return `${index + 1}:${required ? '' : ':'}${name}:${action(line, complete)}`;
}

function specifications(line: CommandLine, options: readonly OptionSpec[]): string {
  return options
    .flatMap((option) => spellings(option).map((name) => quoted(specification(line, option, name))))
    .join(' ');
}

function specification(line: CommandLine, option: OptionSpec, name: string): string {
  const several = option.kind === 'strings' ? '*' : '';
  const help = `[${option.help.replace(/[[\]\\:]/g, '\\$&')}]`;
  if (!takesValue(option)) return `${several}${name}${help}`;
  return `${several}${name}${help}:${option.value ?? 'value'}:${action(line, option.complete)}`;
}

function action(line: CommandLine, complete: Completion | undefined): string {
  const words = fixedWords(line, complete);
  if (words) return `(${words.join(' ')})`;
  if (complete === 'container') return `_${line.program}_containers`;
  if (complete === undefined) return ' ';
  return complete === 'directory' ? '_files -/' : '_files';
}

function quoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}
