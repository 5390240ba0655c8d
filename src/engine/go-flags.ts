import type { ArgumentParser, CommandLine, CommandSpec, OptionSpec, ParsedCommand, ParseResult } from './arguments.ts';

/** The options that were given, by their full names. */
export type Values = ParsedCommand['global'];

/** Words the help of the program, or of one command, from the same table. */
export type HelpText = (line: CommandLine, command?: CommandSpec) => string;

/** An option's full name and its value, as it is written: `true` or `false`, a decimal integer, or any text. */
export type GivenOption = readonly [name: string, value: string];

/** Makes values of the kinds that the options have: the last of each, or all of them of a list. */
export type Collect = (known: readonly OptionSpec[], given: readonly GivenOption[]) => Values;

/**
 * A command line read as Go's flag package reads it, since clients were written for runc: one dash or two,
 * `--option=value`, options after arguments. These rules decide what is an option and what its value
 * ({@link scan}); `collect` makes typed values of that. Neither prints, exits, or reads anything but `argv`.
 */
export function argumentParser(help: HelpText, collect: Collect): ArgumentParser {
  return { parse: (line, argv) => parse(line, argv, help, collect) };
}

function parse(line: CommandLine, argv: readonly string[], help: HelpText, collect: Collect): ParseResult {
  const words = scan(line.options, argv, true);
  const global = collect(line.options, words.options);
  if (words.problem !== undefined) return usage(words.problem, help(line), global);
  if (global.help === true) return { kind: 'help', text: help(line) };
  if (global.version === true) return { kind: 'version' };
  const [name, ...rest] = words.arguments;
  if (name === undefined) return { kind: 'help', text: help(line) };
  const command = line.commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    return failure(`${JSON.stringify(name)} is not a command, see ${line.program} --help`, '', global);
  }
  return parseCommand(line, command, rest, global, help, collect);
}

function parseCommand(
  line: CommandLine,
  command: CommandSpec,
  argv: readonly string[],
  global: Values,
  help: HelpText,
  collect: Collect,
): ParseResult {
  const known = [...command.options, ...line.options.filter((option) => option.name === 'help')];
  const words = scan(known, argv, command.stopAtPositional === true);
  if (words.problem !== undefined) return usage(words.problem, help(line, command), global);
  const { help: asked, ...options } = collect(known, words.options);
  if (asked === true) return { kind: 'help', text: help(line, command), command: command.name };
  const wrong = wrongCount(command, words.arguments.length);
  if (wrong !== undefined) {
    const message = `${line.program}: ${JSON.stringify(command.name)} requires ${wrong} argument(s)`;
    return failure(message, `Incorrect Usage.\n\n${help(line, command)}`, global);
  }
  return { kind: 'command', parsed: { command: command.name, arguments: words.arguments, global, options } };
}

/** What else was typed goes along, so that the failure reaches the log that was asked for. */
type Usage = Extract<ParseResult, { kind: 'usage' }> & { readonly global: Values };

function failure(message: string, help: string, global: Values): Usage {
  return { kind: 'usage', message, help, global };
}

function usage(problem: string, help: string, global: Values): Usage {
  return failure(problem, `Incorrect Usage: ${problem}\n\n${help}`, global);
}

function wrongCount(command: CommandSpec, count: number): string | undefined {
  const least = command.arguments.filter((argument) => argument.required).length;
  const most = command.arguments.some((argument) => argument.variadic) ? Infinity : command.arguments.length;
  if (count >= least && count <= most) return undefined;
  if (least === most) return `exactly ${least}`;
  return count < least ? `a minimum of ${least}` : `a maximum of ${most}`;
}

interface Words {
  readonly options: readonly GivenOption[];
  readonly arguments: readonly string[];
  /** Why reading ended early, in Go's words. */
  readonly problem?: string;
}

/** Tells options from arguments. Everything that a library would have to guess is settled here. */
function scan(known: readonly OptionSpec[], argv: readonly string[], stopAtPositional: boolean): Words {
  const options: GivenOption[] = [];
  const positionals: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') return { options, arguments: [...positionals, ...argv.slice(i + 1)] };
    if (!word.startsWith('-') || word === '-') {
      if (stopAtPositional) return { options, arguments: argv.slice(i) };
      positionals.push(word);
      continue;
    }
    const [, name, attached] = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const stop = (problem: string): Words => ({ options, arguments: positionals, problem });
    if (name === undefined) return stop(`bad flag syntax: ${word}`);
    const option = known.find((candidate) => candidate.name === name || candidate.alias === name);
    if (option === undefined) return stop(`flag provided but not defined: -${name}`);
    const value = attached ?? (option.kind === 'boolean' ? 'true' : argv[++i]);
    if (value === undefined) return stop(`flag needs an argument: -${name}`);
    const plain = canonical(option, value);
    if (plain === undefined) return stop(refusal(option, name, value));
    options.push([option.name, plain]);
  }
  return { options, arguments: positionals };
}

const truth: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['1', 't', 'T', 'true', 'TRUE', 'True'].map((word) => [word, 'true'])),
  ...Object.fromEntries(['0', 'f', 'F', 'false', 'FALSE', 'False'].map((word) => [word, 'false'])),
};

/** The value in one way of writing; undefined if it is none of the option's kind. */
function canonical(option: OptionSpec, value: string): string | undefined {
  if (option.kind === 'boolean') return Object.hasOwn(truth, value) ? truth[value] : undefined;
  if (option.kind !== 'number') return value;
  const number = integer(value);
  return number !== undefined && Number.isSafeInteger(number) ? `${number}` : undefined;
}

/** An integer literal of Go: also hexadecimal, octal (`0o17` and `017`) and binary. */
function integer(text: string): number | undefined {
  const [, sign, digits] = /^([+-]?)(0x[\da-f]+|0o?[0-7]+|0b[01]+|0|[1-9]\d*)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const magnitude = Number(digits.replace(/^0(?=[0-7])/, '0o'));
  return sign === '-' ? -magnitude : magnitude;
}

function refusal(option: OptionSpec, name: string, value: string): string {
  const text = JSON.stringify(value);
  if (option.kind === 'boolean') return `invalid boolean value ${text} for -${name}: parse error`;
  const why = integer(value) === undefined ? 'parse error' : 'value out of range';
  return `invalid value ${text} for flag -${name}: ${why}`;
}
