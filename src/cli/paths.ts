import type { Files } from '../engine/engine.ts';

/** An absolute path without `.`, `..` and doubled slashes, found by its text alone, as Go's filepath.Abs. */
export function absolute(files: Files, path: string): string {
  const parts: string[] = [];
  const full = path.startsWith('/') ? path : `${files.cwd()}/${path}`;
  for (const part of full.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/**
 * Makes the bundle the current directory, as runc does, and returns its path without symlinks. Relative paths
 * of other options must be made absolute first.
 */
export function enterBundle(files: Files, bundle: string | undefined): string {
  if (bundle !== undefined && bundle !== '') files.chdir(bundle);
  return files.cwd();
}
