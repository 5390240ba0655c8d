import type { Engine } from '../engine/engine.ts';
import { isErrno } from '../engine/errors.ts';
import type { Config } from '../spec/config.ts';
import { loadConfig } from '../spec/load.ts';
import { inTodaysWords } from '../spec/older.ts';
import { formatProblem } from '../spec/problem.ts';
import { ContainerError } from './errors.ts';
import type { Log } from './host.ts';
import { pathElements } from './path.ts';

export interface Bundle {
  readonly config: Config;
  /** Absolute, symlinks resolved: what is mounted is what was checked. */
  readonly rootfs: string;
}

/** Reads a bundle. All that is wrong with its config.json is in the one error; warnings go to the debug log. */
export function loadBundle(engine: Engine, log: Log, directory: string): Bundle {
  const path = configPath(directory);
  const { config, problems } = loadConfig(readConfig(engine, directory), engine.decode);
  const errors = problems.filter(({ severity }) => severity === 'error');
  for (const problem of problems) if (problem.severity === 'warning') log.debug(`${path}:${formatProblem(problem)}`);
  const [first] = errors;
  if (first || !config) {
    const text = errors.map((problem) => `config.json:${formatProblem(problem)}`).join('; ');
    throw new ContainerError('invalid-config', text || 'config.json cannot be used', { pointer: first?.pointer });
  }
  return { config: inTodaysWords(config), rootfs: rootfsOf(engine, directory, config) };
}

export function configPath(directory: string): string {
  return `${directory}/config.json`;
}

/** The text of config.json. Throws if there is none, or no bundle. */
export function readConfig(engine: Engine, directory: string): Uint8Array {
  const path = configPath(directory);
  try {
    return engine.files.read(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new ContainerError('invalid-bundle', `JSON specification file ${path} not found`, {
      cause: bundleFault(engine, directory) ?? error,
    });
  }
}

/** The bundle itself may be what is missing. */
function bundleFault(engine: Engine, directory: string): unknown {
  try {
    engine.files.readdir(directory);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Throws if it cannot be used. The result is absolute and has no symlink. */
export function rootfsOf(engine: Engine, directory: string, config: Config): string {
  const given = config.root?.path;
  if (given === undefined) throw invalidRootfs('/root', 'root must be specified');
  // What symlinks make of `..` shows below.
  const path = `/${pathElements(given.startsWith('/') ? given : `${directory}/${given}`).join('/')}`;
  let resolved: string;
  try {
    resolved = engine.files.realpath(path);
  } catch (cause) {
    throw invalidRootfs('/root/path', 'invalid rootfs', cause);
  }
  // What would be mounted must be what was written: a link could lead elsewhere by the time it is followed.
  if (resolved !== path) throw invalidRootfs('/root/path', 'invalid rootfs: not an absolute path, or a symlink');
  if (engine.files.stat(path).kind !== 'directory')
    throw invalidRootfs('/root/path', `invalid rootfs: ${path} is not a directory`);
  return path;
}

function invalidRootfs(pointer: string, message: string, cause?: unknown): ContainerError {
  return new ContainerError('invalid-config', `config.json: ${pointer}: ${message}`, { pointer, cause });
}
