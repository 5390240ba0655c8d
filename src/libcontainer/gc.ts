import { isErrno } from '../engine/errors.ts';
import { remove } from './delete.ts';
import { ContainerError } from './errors.ts';
import type { Host } from './host.ts';
import { kernelOf } from './kernel.ts';
import { isAlive, processFacts } from './process.ts';
import { ProgramCache } from './seccomp/cache.ts';
import { sleep } from './signal.ts';
import { CACHE_PREFIX, isId, type SavedState, StateDirectory, temporaryOf } from './store.ts';

/** Something that a killed run left, or that nobody can use any more. */
export interface Leftover {
  readonly kind: 'container' | 'file' | 'cache';
  /** The container's ID, or the path. */
  readonly name: string;
  readonly why: string;
}

export interface Collection {
  readonly leftovers: readonly Leftover[];
  /** Those that could not be taken away. */
  readonly failures: readonly { readonly leftover: Leftover; readonly error: unknown }[];
}

/**
 * Finds what runs that were killed left under the state directory, and unless `dryRun` takes it away together with the
 * cgroups, scopes, mounts and processes that it names. A container that was made completely is never touched, not
 * even a stopped one: that is its owner's to delete.
 */
export function gc(host: Host, { dryRun }: { readonly dryRun: boolean }): Collection {
  const found = [...halfMade(host), ...abandonedFiles(host), ...staleCache(host)];
  if (dryRun) return { leftovers: found.map(({ leftover }) => leftover), failures: [] };
  const failures: { leftover: Leftover; error: unknown }[] = [];
  for (const { leftover, collect } of found) {
    try {
      collect();
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) failures.push({ leftover, error });
    }
  }
  const failed = new Set(failures.map(({ leftover }) => leftover));
  return { leftovers: found.map(({ leftover }) => leftover).filter((leftover) => !failed.has(leftover)), failures };
}

interface Found {
  readonly leftover: Leftover;
  collect(): void;
}

function halfMade(host: Host): Found[] {
  return containers(host).flatMap((directory) => {
    const why = whyHalfMade(host, directory);
    if (why === undefined) return [];
    const { id } = directory;
    return [{ leftover: { kind: 'container', name: id, why }, collect: () => remove(host, id, { force: true }) }];
  });
}

function whyHalfMade(host: Host, directory: StateDirectory): string | undefined {
  const saved = loadOwn(directory);
  if (saved === 'of another runtime') return undefined;
  if (saved) {
    const { phase, creator } = saved.tsrunc;
    if (phase !== 'creating' || isAlive(host.engine, creator.pid, creator.startTime)) return undefined;
    return `its create (process ${creator.pid}) was killed`;
  }
  // A create makes the directory first. One that is at it takes no second to get further.
  sleep(kernelOf(host.engine), PATIENCE_MS);
  return directory.exists() && !directory.load() ? 'its create was killed before it began' : undefined;
}

function loadOwn(directory: StateDirectory): SavedState | undefined | 'of another runtime' {
  try {
    return directory.load();
  } catch (error) {
    if (error instanceof ContainerError && error.code === 'state') return 'of another runtime';
    throw error;
  }
}

const PATIENCE_MS = 1000;

/** What a runtime that was killed in the middle of a write left beside the file. */
function abandonedFiles(host: Host): Found[] {
  const places = [...containers(host).map(({ path }) => path), ...caches(host)];
  return places.flatMap((place) =>
    namesIn(host, place).flatMap((name) => {
      const writer = temporaryOf(name);
      if (writer === undefined || processFacts(host.engine, writer)) return [];
      const path = `${place}/${name}`;
      const why = `process ${writer}, which was writing it, is gone`;
      return [{ leftover: { kind: 'file', name: path, why } as const, collect: () => host.engine.files.unlink(path) }];
    }),
  );
}

function staleCache(host: Host): Found[] {
  return new ProgramCache(host).stale().map((path) => ({
    leftover: { kind: 'cache', name: path, why: 'made by another version of tsrunc or of libseccomp' },
    collect: () => host.engine.files.unlink(path),
  }));
}

function containers(host: Host): StateDirectory[] {
  return namesIn(host, host.root)
    .filter((name) => isId(name) && host.engine.files.lstat(`${host.root}/${name}`).kind === 'directory')
    .map((id) => StateDirectory.open(host.engine, host.root, id));
}

function caches(host: Host): string[] {
  return namesIn(host, host.root)
    .filter((name) => name.startsWith(CACHE_PREFIX))
    .map((name) => `${host.root}/${name}`);
}

/** What is not there, or went while we were looking, holds nothing. */
function namesIn({ engine }: Host, path: string): string[] {
  try {
    return engine.files.readdir(path).sort();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
