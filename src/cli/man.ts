import type { CommandLine, CommandSpec, OptionSpec } from '../engine/arguments.ts';
import { commandsOf, optionsOf, spellings, takesValue } from './completion/words.ts';
import { argumentWord } from './help.ts';

/** The manual pages in section 8, by file name: one of the program, and one of each command. */
export function manualPages(line: CommandLine): ReadonlyMap<string, string> {
  return new Map([
    [`${line.program}.8`, programPage(line)],
    ...commandsOf(line).map((command) => [`${line.program}-${command.name}.8`, commandPage(line, command)] as const),
  ]);
}

function programPage(line: CommandLine): string {
  const { program, description } = line;
  return page(line, program, description, [
    section('SYNOPSIS', `.B ${program}\n[global options] command [command options] [arguments...]`),
    section(
      'DESCRIPTION',
      text(
        `${program} creates and runs containers from bundles, as the runtime specification of the Open Container ` +
          'Initiative describes them. It is called by a container engine, or by hand. It is one program without a ' +
          'daemon, and ends when its command is done.',
      ),
    ),
    section(
      'COMMANDS',
      commandsOf(line)
        .map((command) => term(`.BR ${program}-${command.name} (8)`, command.description))
        .join('\n'),
    ),
    section('GLOBAL OPTIONS', optionList(line.options)),
    section(
      'EXIT STATUS',
      text(
        `0 on success and 1 on failure, with one line on standard error. ${program}-run(8) exits as the container's process does.`,
      ),
    ),
    section(
      'SEE ALSO',
      commandsOf(line)
        .map(({ name }) => `.BR ${program}-${name} (8)`)
        .join(',\n'),
    ),
  ]);
}

function commandPage(line: CommandLine, command: CommandSpec): string {
  const name = `${line.program}-${command.name}`;
  const usage = `.B ${line.program} ${command.name}\n${text(['[options]', ...command.arguments.map(argumentWord)].join(' '))}`;
  const examples = command.examples?.map(
    ([typed, meaning]) => `${text(`${meaning}:`)}\n.PP\n.EX\n${text(typed)}\n.EE\n.PP`,
  );
  return page(line, name, command.description, [
    section('SYNOPSIS', usage),
    section('OPTIONS', optionList(optionsOf(line, command))),
    ...(examples ? [section('EXAMPLES', examples.join('\n'))] : []),
    section('SEE ALSO', `.BR ${line.program} (8)`),
  ]);
}

function page(line: CommandLine, name: string, description: string, sections: readonly string[]): string {
  const title = `.TH ${name.toUpperCase()} 8 "" "${line.program} ${line.version}"`;
  return `${[title, section('NAME', text(`${name} - ${description}`)), ...sections].join('\n')}\n`;
}

function section(title: string, body: string): string {
  return `.SH ${title}\n${body}`;
}

function optionList(options: readonly OptionSpec[]): string {
  return options
    .map((option) => {
      const value = takesValue(option) ? ` ${option.value ?? 'value'}` : '';
      const names = spellings(option).map(
        (name) => `\\fB${escaped(name)}\\fR${value === '' ? '' : `\\fI${escaped(value)}\\fR`}`,
      );
      const fallback = option.default === undefined ? '' : ` (default: ${option.default})`;
      return term(names.join(', '), option.help + fallback);
    })
    .join('\n');
}

function term(head: string, body: string): string {
  return `.TP\n${head}\n${text(body)}`;
}

/** A line of text: a control character at its start would make it a request. */
function text(words: string): string {
  return escaped(words).replace(/^([.'])/gm, '\\&$1');
}

function escaped(words: string): string {
  return words.replace(/\\/g, '\\e').replace(/-/g, '\\-');
}
