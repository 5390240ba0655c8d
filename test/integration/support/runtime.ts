import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { slurp, which } from './host.ts';
import { PATIENCE } from './wait.ts';

/** The runtime under test: `TSRUNC` names another one, such as an installed runc. */
export const RUNTIME = path.resolve(process.env['TSRUNC'] ?? path.join(__dirname, '../../../bin/tsrunc'));

/** What tsrunc is compared with, where the machine has it. */
export const REFERENCE = which('runc');

/** Whether {@link RUNTIME} is tsrunc, which promises more than the behaviour that runc shares. */
export const isTsrunc = /^tsrunc version/.test(versionOf(RUNTIME));

/** A test of what only tsrunc promises. */
export const testTsrunc = isTsrunc ? test : test.skip;

export interface RunOptions {
  readonly runtime?: string;
  /** Replaces the environment. The default is a PATH and nothing else. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Standard streams; the default is `/dev/null` and two files, for a pipe would wait for the container to close it. */
  readonly stdio?: StdioOptions;
  /** A line of shell that the caller, which stays the parent, has run before: limits, signals, umask. */
  readonly caller?: string;
  /** Adds `--log FILE --log-format json`. */
  readonly log?: boolean;
  /** Seconds until the runtime is killed and the test fails. */
  readonly timeout?: number;
}

export interface Outcome {
  readonly command: string;
  /** The prefix of the files that hold output and log. */
  readonly scratch: string;
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The JSON log, when asked for. */
  readonly log: string;
  /** What standard output has by now: a detached container goes on writing there. */
  later(): string;
}

export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly done: Promise<Outcome>;
}

/** Runs the runtime to its end. `scratch` is the prefix of the files that hold its output and log. */
export function invoke(args: readonly string[], scratch: string, options: RunOptions = {}): Outcome {
  const call = prepare(args, scratch, options);
  try {
    const { status, signal, error } = spawnSync(call.program, call.args, {
      ...call.options,
      timeout: (options.timeout ?? 30) * PATIENCE * 1000,
      killSignal: 'SIGKILL',
    });
    if (error !== undefined && status === null && signal === null) throw error;
    return call.outcome(status, signal);
  } finally {
    call.close();
  }
}

/** Starts the runtime, for tests of what happens meanwhile. */
export function begin(args: readonly string[], scratch: string, options: RunOptions = {}): Running {
  const call = prepare(args, scratch, options);
  const child = spawn(call.program, call.args, call.options);
  call.close();
  const timer = setTimeout(() => child.kill('SIGKILL'), (options.timeout ?? 30) * PATIENCE * 1000);
  const done = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      clearTimeout(timer);
      resolve(call.outcome(status, signal));
    });
  });
  return { pid: child.pid ?? -1, child, done };
}

/** The outcome itself when it is a success; a failure that shows everything otherwise. */
export function ok(outcome: Outcome): Outcome {
  if (outcome.status !== 0) throw new Error(`expected success\n${transcript(outcome)}`);
  return outcome;
}

/** Demands exit status 1, nothing but one line on standard error, and that `text` is in it. */
export function refused(outcome: Outcome, text: string | RegExp): Outcome {
  const lines = outcome.stderr.split('\n').filter((line) => line !== '');
  const found = typeof text === 'string' ? outcome.stderr.includes(text) : text.test(outcome.stderr);
  if (outcome.status === 1 && lines.length === 1 && found && outcome.stdout === '') return outcome;
  throw new Error(`expected exit status 1 and one line with ${String(text)}\n${transcript(outcome)}`);
}

export function transcript(outcome: Outcome): string {
  const { command, status, signal, stdout, stderr, log } = outcome;
  return [
    `$ ${command}`,
    `exit status ${status ?? signal}`,
    `stdout: ${stdout}`,
    `stderr: ${stderr}`,
    `log: ${log}`,
  ].join('\n');
}

function prepare(args: readonly string[], scratch: string, options: RunOptions) {
  const program = options.runtime ?? RUNTIME;
  const logging = options.log ? ['--log', `${scratch}.log`, '--log-format', 'json'] : [];
  const files =
    options.stdio === undefined ? [fs.openSync(`${scratch}.out`, 'a'), fs.openSync(`${scratch}.err`, 'a')] : [];
  const words = [program, ...logging, ...args];
  const shell = options.caller === undefined ? [] : ['/bin/sh', '-c', `${options.caller}\n"$@"; exit $?`, 'sh'];
  const [file = '', ...rest] = [...shell, ...words];
  return {
    program: file,
    args: rest,
    options: {
      env: { ...(options.env ?? { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }) },
      stdio: options.stdio ?? ['ignore' as const, ...files],
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    },
    close: () => {
      for (const fd of files) fs.closeSync(fd);
    },
    outcome: (status: number | null, signal: NodeJS.Signals | null): Outcome => ({
      scratch,
      command: words.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg}'`)).join(' '),
      status,
      signal,
      stdout: slurp(`${scratch}.out`),
      stderr: slurp(`${scratch}.err`),
      log: slurp(`${scratch}.log`),
      later: () => slurp(`${scratch}.out`),
    }),
  };
}

function versionOf(program: string): string {
  const { stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 30_000 });
  if (error) throw new Error(`no runtime to test at ${program}: run make first, or set TSRUNC (${error.message})`);
  return stdout;
}
