import type { ParsedCommand } from '../../engine/arguments.ts';
import type { Files } from '../../engine/engine.ts';
import { ContainerError } from '../../libcontainer/errors.ts';
import { exec } from '../../libcontainer/exec.ts';
import type { ExecOptions, ProcessChanges } from '../../libcontainer/options.ts';
import type { Handler } from '../context.ts';
import { preserveFds } from '../create-options.ts';
import { failed } from '../failure.ts';
import { absolute } from '../paths.ts';
import { goQuote } from '../quote.ts';
import { flag, list, text } from '../values.ts';

/** The exit status is that of the process, unless it is left running. */
export const handler: Handler = (context, { arguments: [id = '', ...command], options }) => {
  try {
    return exec(context.host, id, execOptions(context.engine.files, command, options));
  } catch (error) {
    throw failed('exec', error);
  }
};

type Options = ParsedCommand['options'];

function execOptions(files: Files, command: readonly string[], options: Options): ExecOptions {
  const file = path(files, options, 'process');
  const pidFile = path(files, options, 'pid-file');
  const consoleSocket = path(files, options, 'console-socket');
  const pidfdSocket = path(files, options, 'pidfd-socket');
  const subCgroup = subCgroupOf(list(options, 'cgroup'));
  return {
    process: file === undefined ? changes(command, options) : { file },
    detach: flag(options, 'detach'),
    ignorePaused: flag(options, 'ignore-paused'),
    preserveFds: preserveFds(options),
    ...(pidFile !== undefined && { pidFile }),
    ...(consoleSocket !== undefined && { consoleSocket }),
    ...(pidfdSocket !== undefined && { pidfdSocket }),
    ...(subCgroup !== undefined && { subCgroup }),
  };
}

function changes(command: readonly string[], options: Options): ProcessChanges {
  const user = text(options, 'user') ?? '';
  const noNewPrivileges = options['no-new-privs'];
  return {
    args: command[0] === '--' ? command.slice(1) : command,
    cwd: text(options, 'cwd') ?? '',
    env: list(options, 'env'),
    terminal: flag(options, 'tty'),
    additionalGids: list(options, 'additional-gids').map((gid) => identity(gid, 'additional-gids')),
    capabilities: list(options, 'cap'),
    selinuxLabel: text(options, 'process-label') ?? '',
    apparmorProfile: text(options, 'apparmor') ?? '',
    ...(user !== '' && { user: userOf(user) }),
    ...(typeof noNewPrivileges === 'boolean' && { noNewPrivileges }),
  };
}

function userOf(user: string): { uid: number; gid?: number } {
  const colon = user.indexOf(':');
  if (colon < 0) return { uid: identity(user, 'uid') };
  return { uid: identity(user.slice(0, colon), 'uid'), gid: identity(user.slice(colon + 1), 'gid') };
}

/** Digits and nothing else: what another reading makes of a sign or a name is somebody else (CVE-2026-30892). */
function identity(digits: string, what: string): number {
  const id = /^\d{1,10}$/.test(digits) ? Number(digits) : Number.NaN;
  if (id < NO_ID) return id;
  throw new ContainerError('invalid-argument', `parsing ${goQuote(digits)} as int for ${what} failed`);
}

/** setresuid and its kin read it as "leave as it is". */
const NO_ID = 4294967295;

/** `[controller[,controller]:]PATH`. With one hierarchy for all controllers there is one path, and nothing before it. */
function subCgroupOf(paths: readonly string[]): string | undefined {
  const [path] = paths;
  if (path === undefined) return undefined;
  const invalid = (what: string): ContainerError => new ContainerError('invalid-argument', what);
  if (paths.length > 1) throw invalid('--cgroup can be given once: cgroup v2 has one hierarchy');
  const colon = path.indexOf(':');
  if (colon < 0) return path;
  throw invalid(`unknown controller ${path.slice(0, colon)} in --cgroup ${path}: cgroup v2 has one hierarchy`);
}

function path(files: Files, options: Options, name: string): string | undefined {
  const value = text(options, name) ?? '';
  return value === '' ? undefined : absolute(files, value);
}
