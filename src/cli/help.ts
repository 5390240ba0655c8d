import type { ArgumentSpec, CommandLine, CommandSpec, OptionSpec } from '../engine/arguments.ts';

/** The help of the whole program, or of one of its commands. */
export function helpText(line: CommandLine, command?: CommandSpec): string {
  return command === undefined ? programHelp(line) : commandHelp(line, command);
}

/** The option of the program that each of its commands understands as well. */
export function helpOption(line: CommandLine): readonly OptionSpec[] {
  return line.options.filter((option) => option.name === 'help');
}

function programHelp(line: CommandLine): string {
  const commands = line.commands.filter(shown).map((command) => [command.name, command.description] as const);
  return sections([
    ['NAME', [`${line.program} - ${line.description}`]],
    ['USAGE', [`${line.program} [global options] command [command options] [arguments...]`]],
    ['VERSION', [line.version]],
    ['COMMANDS', columns(commands)],
    ['GLOBAL OPTIONS', columns(line.options.filter(shown).map(optionRow))],
  ]);
}

function commandHelp(line: CommandLine, command: CommandSpec): string {
  const options = [...command.options, ...helpOption(line)];
  const usage = [line.program, command.name, '[command options]', ...command.arguments.map(argumentWord)];
  return sections([
    ['NAME', [`${line.program} ${command.name} - ${command.description}`]],
    ['USAGE', [usage.join(' ')]],
    ['OPTIONS', columns(options.filter(shown).map(optionRow))],
    ...(command.examples ? [['EXAMPLES', columns(command.examples)] as const] : []),
  ]);
}

/** Not left out of help. */
export function shown(entry: { readonly hidden?: boolean }): boolean {
  return entry.hidden !== true;
}

/** `<required>`, `[optional]`, `[several]...`. */
export function argumentWord({ name, required, variadic }: ArgumentSpec): string {
  const word = required ? `<${name}>` : `[${name}]`;
  return variadic === true ? `${word}...` : word;
}

function optionRow(option: OptionSpec): readonly [string, string] {
  const value = option.kind === 'boolean' ? '' : ` ${option.value ?? 'value'}`;
  const alias = option.alias === undefined ? '' : `, -${option.alias}${value}`;
  const fallback = option.default === undefined ? '' : ` (default: ${option.default})`;
  return [`--${option.name}${value}${alias}`, option.help + fallback];
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, meaning]) => `${term.padEnd(width)}  ${meaning}`);
}

function sections(parts: readonly (readonly [string, readonly string[]])[]): string {
  return parts.map(([title, lines]) => `${title}:\n${lines.map((text) => `   ${text}\n`).join('')}`).join('\n');
}
