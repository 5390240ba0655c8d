import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import { ContainerError } from '../errors.ts';

/** Where criu is, by PATH as it is for runc. Throws if it is nowhere. */
export function criuProgram({ env, files }: Pick<Engine, 'env' | 'files'>): string {
  const directories = (env['PATH'] ?? '').split(':').filter((directory) => directory.startsWith('/'));
  const found = directories.map((directory) => `${directory}/criu`).find((path) => isExecutable(files, path));
  if (found !== undefined) return found;
  throw new ContainerError('host', 'criu: executable file not found in $PATH', {
    hint: 'checkpoint and restore are done by criu, version 3.16 or later: most distributions have a package of that name',
  });
}

function isExecutable(files: Engine['files'], path: string): boolean {
  try {
    const { kind, mode } = files.stat(path);
    return kind === 'file' && (mode & 0o111) !== 0;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) return false;
    throw error;
  }
}
