import type { CommandSpec, ParsedCommand } from '../engine/arguments.ts';
import type { Host } from '../libcontainer/host.ts';
import type { Machine } from '../libcontainer/machine.ts';

/** What a handler gets besides its own arguments and options. */
export interface Context {
  readonly engine: Machine;
  readonly host: Host;
  /** `--root` was given: a directory that is not there is then an error, not an empty one. */
  readonly rootGiven: boolean;
  /** Writes to standard output; what cannot be written fails the command. */
  print(text: string): void;
  /** Writes to standard error, as far as that can be written. */
  printError(text: string): void;
}

/** One command: takes its arguments apart, makes one call, prints the answer. Returns the exit status, 0 if nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers return nothing, as the verbs they call
export type Handler = (context: Context, parsed: ParsedCommand) => number | void;

/** An entry of the table. The handler's module is evaluated only when its command is the one given. */
export interface Command extends CommandSpec {
  /** The exit status of a failure, unless it is 1. */
  readonly failureStatus?: number;
  /** Its module can tell whether the command works here at all: {@link Loaded.usable}. */
  readonly dependsOnMachine?: true;
  load(): Promise<Loaded>;
}

/** The module of a command. */
export interface Loaded {
  readonly handler: Handler;
  /** Throws where the command cannot work at all: `COMMAND --help` fails then, for podman asks by that. */
  readonly usable?: (engine: Machine) => void;
}
