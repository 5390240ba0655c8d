import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';

/**
 * The last errors in a log of criu's: what it says itself is a number. Lines are like
 * `(00.012345) Error (criu/mount.c:123): mnt: what went wrong`; of the time and the place nobody can make anything.
 */
export function lastErrors({ files, decode }: Pick<Engine, 'files' | 'decode'>, path: string): string[] {
  let lines: string[];
  try {
    lines = decode(files.read(path)).split('\n');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
  const errors = lines.flatMap((line) => /\bError \([^)]*\): (.*)$/.exec(line)?.[1]?.trim() ?? []);
  return errors.slice(-MOST);
}

/** The last one is often only the consequence, and the first of many the cause of others. */
const MOST = 3;
