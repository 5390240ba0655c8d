import type { Config } from '../spec/config.ts';
import { ContainerError } from './errors.ts';

/**
 * What the specification has and tsrunc has not yet. Such a field is refused, never skipped: a container that
 * runs without the confinement it asked for is worse than none. docs/conformance.md lists the same.
 */
interface Unsupported {
  readonly pointer: string;
  readonly what: string;
  asked(config: Config): boolean;
}

const unsupported: readonly Unsupported[] = [
  { pointer: '/process/terminal', what: 'a terminal', asked: ({ process }) => process?.terminal === true },
];

/** Throws for the first field that is asked for and not there yet. */
export function refuseUnsupported(config: Config): void {
  const field = unsupported.find(({ asked }) => asked(config));
  if (!field) return;
  throw new ContainerError(
    'unsupported',
    `${field.pointer}: ${field.what} is not supported by this version of tsrunc`,
    {
      pointer: field.pointer,
    },
  );
}

/** The same for options of the command line, by name: what has a value is asked for. */
export function refuseOptions(options: Readonly<Record<string, unknown>>): void {
  const [name] = Object.entries(options).find(([, value]) => value) ?? [];
  if (name) throw new ContainerError('unsupported', `--${name} is not supported by this version of tsrunc`);
}
