import type { ParsedCommand } from '../engine/arguments.ts';
import type { Engine } from '../engine/engine.ts';
import { ContainerError, report } from '../libcontainer/errors.ts';
import type { Log } from '../libcontainer/host.ts';
import { expected } from './failure.ts';
import { logrusValue, printable } from './quote.ts';
import { flag, oneOf, text } from './values.ts';

/** The log of one command, as runc's clients read it. */
export interface CommandLog extends Log {
  /**
   * The one `error` line of a failed command. Where the log is a file, the bare message goes to standard error
   * as well, for clients that read only that. Never throws: there is nowhere left to report to.
   */
  fail(error: unknown): void;
}

const levels = ['error', 'warning', 'debug'] as const;
type Level = (typeof levels)[number];

interface Target {
  readonly fd: number;
  readonly format: 'text' | 'json';
  readonly level: Level;
  /** How the failure reads on standard error. */
  readonly errors: 'text' | 'json';
}

type Fields = Readonly<Record<string, string>>;

const stderr = 2;

/** The log until the options that choose another one have been read. */
export function standardErrorLog(engine: Engine): CommandLog {
  return commandLog(engine, { fd: stderr, format: 'text', level: 'error', errors: 'text' });
}

/** The log that `--log`, `--log-format`, `--log-level` and `--debug` ask for. Throws if it cannot be opened. */
export function openLog(engine: Engine, options: ParsedCommand['global']): CommandLog {
  const format = oneOf(['text', 'json'], text(options, 'log-format') ?? 'text', 'log-format');
  const level = flag(options, 'debug') ? 'debug' : oneOf(levels, text(options, 'log-level') ?? 'error', 'log-level');
  const errors = oneOf(['text', 'json'], text(options, 'error-format') ?? 'text', 'error-format');
  const file = text(options, 'log') ?? '';
  return commandLog(engine, { fd: file === '' ? stderr : openFile(engine, file), format, level, errors });
}

/** Appended to and never truncated: containerd gives the commands of one container the same file. */
function openFile(engine: Engine, file: string): number {
  try {
    return engine.files.open(file, ['O_WRONLY', 'O_APPEND', 'O_CREAT', 'O_SYNC'], 0o644);
  } catch (cause) {
    throw new ContainerError('host', 'cannot open the log', { cause });
  }
}

function commandLog(engine: Engine, target: Target): CommandLog {
  const enabled = (level: Level): boolean => levels.indexOf(level) <= levels.indexOf(target.level);
  const write = (level: Level, message: string, fields: Fields = {}): void => {
    if (enabled(level)) tryWrite(engine, target.fd, line(engine, target, level, message, fields));
  };
  // A create says a hundred things that hardly anybody asks for.
  const isVerbose = enabled('debug');
  return {
    debug: (message) => {
      if (isVerbose) write('debug', message);
    },
    warn: (message) => write('warning', message),
    step: (step) => {
      if (isVerbose && step) write('debug', step.pointer ? `${step.name} (${step.pointer})` : step.name);
    },
    fail: (error) => {
      const facts = report(expected(error));
      const { message, args: _, ...fields } = facts;
      if (fields.code === 'internal' && error instanceof Error) write('debug', stackOf(error));
      if (target.fd !== stderr || target.errors === 'text') write('error', message, fields);
      if (target.errors === 'json') tryWrite(engine, stderr, `${JSON.stringify(facts)}\n`);
      else if (target.fd !== stderr) tryWrite(engine, stderr, `${printable(message)}\n`);
    },
  };
}

/** One line in one write, so that lines of commands that share the file do not mix. */
function tryWrite(engine: Engine, fd: number, words: string): void {
  try {
    engine.files.write(fd, engine.encode(words));
  } catch {
    // A full disk or a closed stream must not turn a reported failure into a crash.
  }
}

function line(engine: Engine, target: Target, level: Level, message: string, fields: Fields): string {
  const time = timestamp(engine.now());
  if (target.format === 'json') return `${JSON.stringify({ level, msg: message, time, ...fields })}\n`;
  if (target.fd === stderr && isTerminal(engine))
    return `${level.slice(0, 4).toUpperCase()}[0000] ${printable(message)}\n`;
  return `time="${time}" level=${level} msg=${logrusValue(message)}\n`;
}

/** RFC 3339 in UTC with nanoseconds. containerd drops a line whose time it cannot parse. */
function timestamp(now: bigint): string {
  const seconds = new Date(Number(now / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(now % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** A terminal gets logrus's short form. The device says what it is (tty, console, pts) without loading the FFI. */
function isTerminal(engine: Engine): boolean {
  try {
    const { kind, rdev } = engine.files.stat('/proc/self/fd/2');
    const major = (rdev >> 8) & 0xfff;
    return kind === 'char' && (major === 4 || major === 5 || (major >= 136 && major <= 143));
  } catch {
    return false;
  }
}

/** The innermost stack: where the bug is, not where it was passed on. */
function stackOf(error: Error): string {
  return error.cause instanceof Error ? stackOf(error.cause) : (error.stack ?? error.message);
}
