import type { Config } from '../spec/config.ts';
import { loadConfig } from '../spec/load.ts';
import { compareProblems, type Fault, type Problem } from '../spec/problem.ts';
import { configPath, readConfig } from './bundle.ts';
import { ignoredFields } from './ignored.ts';
import type { Machine } from './machine.ts';
import { lacking } from './requirements/lacking.ts';

export interface Verdict {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** Errors before warnings, each in the order of the text. */
  readonly problems: readonly Problem[];
}

/**
 * All that is wrong with the config.json of a bundle: what `create` would refuse, what it would ignore, and with
 * `host` what this machine lacks. Nothing is changed and no privilege needed. Throws only if there is no config.json.
 */
export function validate(engine: Machine, bundle: string, { host }: { readonly host: boolean }): Verdict {
  const bytes = readConfig(engine, bundle);
  const { problems, inspect } = loadConfig(bytes, engine.decode);
  const more = inspect((config) => [...ignored(config), ...(host ? lacking({ engine, bundle }, config) : [])]);
  return {
    path: configPath(bundle),
    text: engine.decode(bytes),
    problems: [...problems, ...more].sort(compareProblems),
  };
}

function ignored(config: Config): Fault[] {
  return ignoredFields(config).map((field) => ({ severity: 'warning', kind: 'semantic', ...field }));
}
