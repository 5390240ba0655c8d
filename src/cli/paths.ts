import type { Files } from '../engine/engine.ts';
import { pathElements } from '../libcontainer/path.ts';

/** An absolute path without `.`, `..` and doubled slashes, found by its text alone, as Go's filepath.Abs. */
export function absolute(files: Files, path: string): string {
  const full = path.startsWith('/') ? path : `${files.cwd()}/${path}`;
  return `/${pathElements(full).join('/')}`;
}

/**
 * Makes the bundle the current directory, as runc does, and returns its path without symlinks. Relative paths
 * of other options must be made absolute first.
 */
export function enterBundle(files: Files, bundle: string | undefined): string {
  if (bundle !== undefined && bundle !== '') files.chdir(bundle);
  return files.cwd();
}
