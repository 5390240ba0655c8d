import type { ArgumentParser, OptionValue } from '../arguments.ts';
import { argumentParser, type Collect, type HelpText } from '../go-flags.ts';

/** Go's rules find the options; what is left to do is little, and no library's start-up is worth it. */
export function plainParser(help: HelpText): ArgumentParser {
  return argumentParser(help, collect);
}

const collect: Collect = (known, given) => {
  const values: Record<string, OptionValue> = {};
  for (const [name, value] of given) {
    const kind = known.find((option) => option.name === name)?.kind;
    if (kind === 'strings') values[name] = given.filter(([of]) => of === name).map(([, each]) => each);
    else if (kind === 'boolean') values[name] = value === 'true';
    else values[name] = kind === 'number' ? Number(value) : value;
  }
  return values;
};
