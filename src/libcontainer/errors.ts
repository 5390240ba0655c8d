import { SyscallError } from '../engine/errors.ts';
import { strerror } from '../syscalls/errno.ts';
import type { ErrorCode } from './error-codes.ts';

interface Context {
  /** The step of the recipe that failed: `mounts`, `pivot_root`. */
  readonly step?: string | undefined;
  /** JSON pointer into config.json of what asked for it: `/mounts/3`. */
  readonly pointer?: string | undefined;
  /** What to do about it, where errno misleads. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A failure in the domain's terms. `message` says what was being done or what is wrong, without the cause:
 * {@link report} joins the chain. Thrown, or given to the log by the command line; never both.
 */
export class ContainerError extends Error {
  override readonly name = 'ContainerError';
  readonly step: string | undefined;
  readonly pointer: string | undefined;
  readonly hint: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    context: Context = {},
  ) {
    super(message, context.cause === undefined ? {} : { cause: context.cause });
    this.step = context.step;
    this.pointer = context.pointer;
    this.hint = context.hint;
  }
}

/** The facts of a failure for machines; `message` is the one line for people. */
export interface ErrorReport {
  readonly message: string;
  readonly code: ErrorCode;
  readonly step?: string;
  readonly pointer?: string;
  readonly syscall?: string;
  readonly args?: readonly string[];
  readonly errno?: string;
  readonly hint?: string;
}

/** The one place that words an error: every layer of the chain, outermost first, then the hint. */
export function report(error: unknown): ErrorReport {
  const chain = causes(error);
  const layers = chain.filter((link) => link instanceof ContainerError);
  const call = chain.find((link) => link instanceof SyscallError);
  const hint = layers.find((layer) => layer.hint !== undefined)?.hint;
  const sentence = chain
    .map(words)
    .filter((text) => text !== '')
    .join(': ');
  return {
    message: oneLine(hint === undefined ? sentence : `${sentence} (${hint})`),
    code: layers.at(0)?.code ?? (call ? 'syscall' : 'internal'),
    ...defined('step', layers.find((layer) => layer.step)?.step),
    ...defined('pointer', layers.find((layer) => layer.pointer)?.pointer),
    ...(call && { syscall: call.syscall, args: call.args, errno: call.code }),
    ...defined('hint', hint),
  };
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let link = error; link !== undefined && chain.length < 16; ) {
    chain.push(link);
    link = link instanceof Error ? link.cause : undefined;
  }
  return chain;
}

function words(link: unknown): string {
  if (link instanceof SyscallError) return `${link.syscall} ${link.args.join(', ')}: ${strerror(link.code)}`;
  return link instanceof Error ? link.message : String(link);
}

/** Clients read one line; a name in the message may hold anything. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f]/g, (char) => JSON.stringify(char).slice(1, -1));
}

function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
