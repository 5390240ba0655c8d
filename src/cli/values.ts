import type { OptionValue } from '../engine/arguments.ts';
import { ContainerError } from '../libcontainer/errors.ts';

type Values = Readonly<Record<string, OptionValue>>;

/** A string option; undefined if it was not given. */
export function text(options: Values, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number option; undefined if it was not given. */
export function number(options: Values, name: string): number | undefined {
  const value = options[name];
  return typeof value === 'number' ? value : undefined;
}

/** A repeatable option; empty if it was not given. */
export function list(options: Values, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value : [];
}

/** Whether a boolean option is on. */
export function flag(options: Values, name: string): boolean {
  return options[name] === true;
}

/** `value`, if it is one of the words that option `name` knows. */
export function oneOf<const Word extends string>(words: readonly Word[], value: string, name: string): Word {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new ContainerError('invalid-argument', `invalid ${name}: ${value}`);
  return found;
}
