/**
 * The command line as data. `src/cli` declares one table of these; `node/yargs.ts` feeds yargs from it, and
 * help, completion and any other parser read the same table.
 */
export interface CommandLine {
  readonly program: string;
  readonly version: string;
  readonly description: string;
  /** Options before the command. */
  readonly options: readonly OptionSpec[];
  readonly commands: readonly CommandSpec[];
}

export interface CommandSpec {
  readonly name: string;
  readonly description: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Lines to type, each with what it does. */
  readonly examples?: readonly (readonly [line: string, meaning: string])[];
  /** The first positional ends the options, so that the container's command keeps its own flags: `exec`, `ps`. */
  readonly stopAtPositional?: boolean;
  /** Left out of help. */
  readonly hidden?: boolean;
}

export interface ArgumentSpec {
  /** As in the usage line: `container-id`. */
  readonly name: string;
  readonly required: boolean;
  readonly variadic?: boolean;
  readonly complete?: Completion;
}

/** What a shell offers for a word: files, containers there are, or one of these words. Nothing if absent. */
export type Completion = 'file' | 'directory' | 'container' | 'command' | 'signal' | readonly string[];

export interface OptionSpec {
  /** Without dashes: `console-socket`. */
  readonly name: string;
  readonly alias?: string;
  readonly kind: 'boolean' | 'string' | 'number' | 'strings';
  /** The value's name in help: `FILE`. */
  readonly value?: string;
  readonly help: string;
  readonly complete?: Completion;
  readonly hidden?: boolean;
  /** Shown in help only; the handler applies it. */
  readonly default?: string;
}

export type OptionValue = boolean | string | number | readonly string[];

/** What was typed. Options that were not given are absent. */
export interface ParsedCommand {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly global: Readonly<Record<string, OptionValue>>;
  readonly options: Readonly<Record<string, OptionValue>>;
}

export type ParseResult =
  | { readonly kind: 'command'; readonly parsed: ParsedCommand }
  /** Help was asked for, perhaps of one command: print `text`. */
  | { readonly kind: 'help'; readonly text: string; readonly command?: string }
  | { readonly kind: 'version' }
  /** Not a command line of ours: print `help` on standard output, then fail with `message`. */
  | {
      readonly kind: 'usage';
      readonly message: string;
      readonly help: string;
      /** What was understood before: the error belongs into the log that was asked for. */
      readonly global: ParsedCommand['global'];
    };

export interface ArgumentParser {
  parse(line: CommandLine, argv: readonly string[]): ParseResult;
}
