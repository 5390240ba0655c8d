import type { CommandLine, Completion, OptionSpec } from '../../engine/arguments.ts';
import { commandsOf, fixedWords, optionsOf, spellings, takesValue } from './words.ts';

/**
 * A completion for bash that needs nothing but bash: a function that finds the command and the place of the word,
 * and a `case` of what may stand there. `COMMAND/--option` has the values of an option, `COMMAND/1` those of an
 * argument; options before the command belong to the command with no name.
 */
export function bashCompletion(line: CommandLine): string {
  const { program } = line;
  const commands = commandsOf(line);
  const offers = [
    ...optionOffers(line, '', line.options),
    ...commands.flatMap((command) => [
      ...optionOffers(line, command.name, optionsOf(line, command)),
      ...command.arguments.flatMap(({ complete, variadic }, index) =>
        offer(line, `${command.name}/${variadic === true ? '*' : index + 1}`, complete),
      ),
    ]),
  ];
  const values = [
    ...valueOptions('', line.options),
    ...commands.flatMap((command) => valueOptions(command.name, command.options)),
  ];
  const options = commands.map(
    (command) => `    ${command.name}) echo "${optionsOf(line, command).flatMap(spellings).join(' ')}" ;;`,
  );
  return `# bash completion for ${program}

_${program}_options() {
  case $1 in
    '') echo "${line.options.flatMap(spellings).join(' ')}" ;;
${options.join('\n')}
  esac
}

_${program}_takes_value() {
  case $1 in
    ${values.join(' | ')}) return 0 ;;
  esac
  return 1
}

_${program}() {
  local current=\${COMP_WORDS[COMP_CWORD]} command='' place=0 option='' word i
  local -a root=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $option ]]; then
      [[ $option == /--root ]] && root=(--root "$word")
      option=''
    elif [[ $word == -* ]]; then
      _${program}_takes_value "$command/$word" && option=$command/$word
    elif [[ -z $command ]]; then
      command=$word
    else
      ((++place))
    fi
  done
  if [[ -z $option && $current == -* ]]; then
    COMPREPLY=($(compgen -W "$(_${program}_options "$command")" -- "$current"))
    return
  fi
  if [[ -z $option && -z $command ]]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$current"))
    return
  fi
  case \${option:-$command/$((place + 1))} in
${offers.join('\n')}
  esac
}

complete -F _${program} ${program}
`;
}

function optionOffers(line: CommandLine, command: string, options: readonly OptionSpec[]): string[] {
  return options.filter(takesValue).flatMap((option) =>
    offer(
      line,
      spellings(option)
        .map((name) => `${command}/${name}`)
        .join(' | '),
      option.complete,
    ),
  );
}

function valueOptions(command: string, options: readonly OptionSpec[]): string[] {
  return options.filter(takesValue).flatMap((option) => spellings(option).map((name) => `${command}/${name}`));
}

function offer(line: CommandLine, pattern: string, complete: Completion | undefined): string[] {
  if (complete === undefined) return [];
  return [`    ${pattern}) ${reply(line, complete)} ;;`];
}

function reply(line: CommandLine, complete: Completion): string {
  const words = fixedWords(line, complete);
  if (words) return `COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current"))`;
  if (complete === 'container') {
    return `COMPREPLY=($(compgen -W "$(${line.program} "\${root[@]}" list -q 2>/dev/null)" -- "$current"))`;
  }
  return `compopt -o filenames; mapfile -t COMPREPLY < <(compgen ${complete === 'directory' ? '-d' : '-f'} -- "$current")`;
}
