import type { Files } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import { pathElements } from '../path.ts';

/**
 * The path in the root `root` that `path` leads to by the container's own links, as a text: a name for criu to compare
 * with what the kernel shows it. Nothing is opened by it: by then it may lead elsewhere.
 */
export function resolveIn(files: Pick<Files, 'readlink'>, root: string, path: string): string {
  const resolved: string[] = [];
  const rest = path.split('/');
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift() ?? '';
    if (name === '' || name === '.') continue;
    if (name === '..') {
      resolved.pop();
      continue;
    }
    const target = links < MAX_LINKS ? linkAt(files, `${root}/${[...resolved, name].join('/')}`) : undefined;
    if (target === undefined) {
      resolved.push(name);
      continue;
    }
    links++;
    if (target.startsWith('/')) resolved.length = 0;
    rest.unshift(...target.split('/'));
  }
  return `/${pathElements(resolved.join('/')).join('/')}`;
}

function linkAt(files: Pick<Files, 'readlink'>, path: string): string | undefined {
  try {
    return files.readlink(path);
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) return undefined;
    throw error;
  }
}

const MAX_LINKS = 40;
