import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ContainerError, errorIn } from './errors.ts';

/** How tsrunc is called. */
export interface Settings {
  /** The executable; the package's own unless named. */
  readonly executable?: string;
  /** The state directory; `/run/tsrunc`, or that of a caller who is not root. */
  readonly root?: string;
  /** Lets systemd make the cgroups. */
  readonly systemdCgroup?: boolean;
}

/** A command that is under way. */
export interface Started {
  readonly child: ChildProcess;
  /** Those of its streams that are `pipe`. What nobody reads is kept: Node throws it away when the child ends. */
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** A directory of the command's own, until {@link discard}. */
  readonly directory: string;
  /** The exit status, 128 and its number for a signal. Rejects if tsrunc itself failed. */
  readonly ended: Promise<number>;
}

/** Runs a command to its end and gives what it wrote to standard output. */
export async function call(settings: Settings, args: readonly string[], input?: string): Promise<string> {
  const started = await begin(settings, args, ['pipe', 'pipe', 'pipe']);
  const { child, ended } = started;
  child.stdin?.on('error', () => {});
  child.stdin?.end(input ?? '');
  const [output, errors] = [started.stdout, started.stderr].map((stream) => (stream === null ? '' : text(stream)));
  try {
    const status = await ended;
    if (status !== 0) throw unexplained(args, status, await errors);
    return (await output) ?? '';
  } finally {
    await discard(started);
  }
}

/**
 * Starts a command in a session of its own: signals of the caller's terminal are not for it. Errors are taken from a
 * log in a file, for standard error may be the container's.
 */
export async function begin(settings: Settings, args: readonly string[], stdio: StdioOptions): Promise<Started> {
  const directory = await mkdtemp(join(tmpdir(), 'tsrunc-call-'));
  const log = join(directory, 'log');
  const [command = '', ...rest] = args;
  // In the place of a PID file's name, which only the command's own directory can give.
  const words = rest.map((word) => (word === PID_FILE ? join(directory, 'pid') : word));
  const global = [...globalOptions(settings), '--log', log, '--log-format', 'json'];
  const child = spawn(settings.executable ?? ownExecutable(), [...global, command, ...words], {
    stdio,
    detached: true,
  });
  const ended = endOf(child, log);
  // Whoever is interested has asked for it by then; nobody has to be.
  ended.catch(() => {});
  return { child, stdout: kept(child.stdout), stderr: kept(child.stderr), directory, ended };
}

/**
 * Starts a command that stays with a process, and resolves once there is one: the PID file is the last that is written,
 * and comes by a rename. Rejects if it fails before. Leaves no file behind, should the caller end first.
 */
export async function beginProcess(settings: Settings, args: readonly string[], stdio: StdioOptions): Promise<Started> {
  const started = await begin(settings, args, stdio);
  const { directory, ended } = started;
  const done = new AbortController();
  const written = async () => {
    for await (const { filename } of watch(directory, { signal: done.signal })) if (filename === 'pid') return;
  };
  try {
    const status = await Promise.race([written(), ended]);
    if (status !== undefined && !existsSync(join(directory, 'pid'))) throw unexplained(args, status);
  } finally {
    done.abort();
    await discard(started);
  }
  return started;
}

/** Its files are not needed any more. */
export async function discard({ directory }: Started): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/** Stands for a file of the command's own directory. */
export const PID_FILE = '\0pid';

function kept(stream: Readable | null): Readable | null {
  return stream?.pipe(new PassThrough()) ?? null;
}

/** Where it lies in the package. */
function ownExecutable(): string {
  return fileURLToPath(new URL('../bin/tsrunc', import.meta.url));
}

/** It has failed and left no word in its log: it was not tsrunc that spoke. */
function unexplained([command = '']: readonly string[], status: number, output = ''): ContainerError {
  const said = output.trim() === '' ? '' : `: ${output.trim()}`;
  return new ContainerError({ code: 'internal', message: `tsrunc ${command} exited with status ${status}${said}` });
}

function globalOptions({ root, systemdCgroup }: Settings): string[] {
  return [...(root === undefined ? [] : ['--root', root]), ...(systemdCgroup === true ? ['--systemd-cgroup'] : [])];
}

async function endOf(child: ChildProcess, log: string): Promise<number> {
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new ContainerError({ code: 'host', message: `tsrunc cannot be executed: ${cause.message}` }));
    });
    child.once('exit', (code, signal) => {
      if (code !== null) resolve(code);
      else reject(new ContainerError({ code: 'internal', message: `tsrunc was killed by ${signal}` }));
    });
  });
  const failure = status === 0 ? undefined : errorIn(await readFile(log, 'utf8').catch(() => ''));
  if (failure !== undefined) throw failure;
  return status;
}
