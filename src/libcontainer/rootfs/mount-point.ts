import type { Result } from '../../syscalls/batch.ts';
import type { Creation } from '../creation.ts';
import type { Sight } from './foresight.ts';
import {
  addNew,
  createTarget,
  findTarget,
  openInRoot,
  openOrdinaryDirectory,
  relative,
  type TargetKind,
} from './target.ts';

export interface MountPoint {
  readonly target: Result;
  readonly existed: boolean;
  /** What was there before, if it was known without asking. */
  readonly sight: Sight | undefined;
}

/** As {@link openTarget}, but without waiting for an answer where the place is foreseen. */
export function openMountPoint(
  creation: Creation,
  path: string,
  kind: TargetKind,
  flags: readonly 'O_NOFOLLOW'[] = [],
): MountPoint {
  const foreseen = openForeseen(creation, path, kind);
  if (foreseen) return foreseen;
  const { init, root } = creation;
  const found = findTarget(init.kernel, root, path, kind, flags);
  const target = found ?? createTarget(init.kernel, root, path, kind);
  creation.foresight.groped(path);
  return { target, existed: found !== undefined, sight: undefined };
}

/** As {@link openOrdinaryDirectory}. */
export function openOrdinaryMountPoint(creation: Creation, path: string, type: string): MountPoint {
  const foreseen = openForeseen(creation, path, 'directory');
  if (foreseen) return foreseen;
  const target = openOrdinaryDirectory(creation.init.kernel, creation.root, path, type);
  creation.foresight.groped(path);
  return { target, existed: true, sight: undefined };
}

/** The directory that `path` lies in, created if it is missing, and the name in there. */
export function openParent(creation: Creation, path: string): { parent: Result; name: string } {
  const { directory, name } = apart(path);
  return { parent: openMountPoint(creation, directory, 'directory').target, name };
}

/** `/a//b/c` → `a/b` and `c`. */
export function apart(path: string): { directory: string; name: string } {
  const parts = relative(path).split('/');
  const name = parts.pop() ?? '';
  return { directory: parts.join('/') || '.', name };
}

/** Undefined if it is not foreseen. What is of another kind is left to the slow way, which has the words for it. */
function openForeseen(creation: Creation, path: string, kind: TargetKind): MountPoint | undefined {
  const { calls } = creation.init.kernel;
  const sight = creation.foresight.at(path);
  if (sight === undefined) return undefined;
  if (sight === 'missing') makeForeseen(creation, path, kind);
  else if (sight.isDirectory !== (kind === 'directory')) return undefined;
  const directory = kind === 'directory' ? (['O_DIRECTORY'] as const) : [];
  const target = openInRoot(calls, creation.root, path, directory, NO_LINKS);
  return { target, existed: sight !== 'missing', sight };
}

function makeForeseen(creation: Creation, path: string, kind: TargetKind): void {
  const { kernel } = creation.init;
  const names = relative(path).split('/');
  creation.foresight.along(path).forEach((sight, i) => {
    if (sight !== undefined && sight !== 'missing') return;
    const directory = names.slice(0, i).join('/') || '.';
    const parent = openInRoot(kernel.calls, creation.root, directory, ['O_DIRECTORY'], NO_LINKS);
    addNew(kernel, parent, names[i] ?? '', i === names.length - 1 ? kind : 'directory');
    kernel.calls.close(parent);
  });
  creation.foresight.made(path, kind);
}

export const NO_LINKS = ['RESOLVE_NO_SYMLINKS'] as const;
