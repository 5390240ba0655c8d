import yargs from 'yargs-parser/browser';
import type { ArgumentParser, OptionSpec, OptionValue } from '../arguments.ts';
import { argumentParser, type Collect, type HelpText } from '../go-flags.ts';

/** Go's rules find the options; yargs makes values of them. */
export function yargsParser(help: HelpText): ArgumentParser {
  return argumentParser(help, collect);
}

/** Everything that yargs does beyond Go is off. */
const configuration = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'short-option-groups': false,
};

const collect: Collect = (known, given) => {
  // Most commands have none, and yargs takes a millisecond to find that out.
  if (given.length === 0) return {};
  const named = (...kinds: OptionSpec['kind'][]): string[] =>
    known.filter((option) => kinds.includes(option.kind)).map((option) => option.name);
  const lists = new Set(named('strings'));
  // Of an option that is no list the last counts; yargs adds numbers up that are given twice.
  const last = new Map(given.map(([name], i) => [name, i]));
  const counted = given.filter(([name], i) => lists.has(name) || last.get(name) === i);
  // It takes one pair of quotes off a value: these, then, not the caller's.
  const options = counted.map(([name, value]) => `--${name}="${value}"`);
  const values = yargs(options, {
    configuration,
    boolean: named('boolean'),
    number: named('number'),
    string: named('string', 'strings'),
    array: named('strings'),
  });
  return Object.fromEntries(known.flatMap((option) => entry(option, values[option.name])));
};

/** An option that was given. */
function entry(option: OptionSpec, given: unknown): [string, OptionValue][] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (option.kind === 'strings') {
    const texts = list.filter((value) => typeof value === 'string');
    return texts.length === 0 ? [] : [[option.name, texts]];
  }
  const [value] = list;
  const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return plain ? [[option.name, value]] : [];
}
