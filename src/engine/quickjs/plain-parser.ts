import type { ArgumentParser, OptionValue } from '../arguments.ts';
import { argumentParser, type Collect, type HelpText } from '../go-flags.ts';

/** Go's rules find the options; what is left to do is little, and no library's start-up is worth it. */
export function plainParser(help: HelpText): ArgumentParser {
  return argumentParser(help, collect);
}

const collect: Collect = (known, given) => {
  const values: Record<string, OptionValue> = {};
  for (const { name, kind } of known) {
    const all = given.filter(([of]) => of === name).map(([, value]) => value);
    const last = all.at(-1);
    if (last === undefined) continue;
    if (kind === 'strings') values[name] = all;
    else if (kind === 'boolean') values[name] = last === 'true';
    else values[name] = kind === 'number' ? Number(last) : last;
  }
  return values;
};
