import type { Config } from '../../spec/config.ts';
import type { Memory, Result } from '../../syscalls/batch.ts';
import { fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import { errnoNumber } from '../../syscalls/errno.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { CreationStep } from '../creation.ts';
import type { Sight } from './foresight.ts';
import { openInRoot, relative } from './target.ts';

/** One look at all places where something will be mounted or made, before anything is. */
export function surveyStep({ mounts = [], process }: Config): CreationStep {
  const paths = [...mounts.map(({ destination }) => destination), process?.cwd ?? '/'];
  return {
    name: 'look at the mount points',
    pointer: '/mounts',
    do(creation) {
      const { kernel } = creation.init;
      const looks = [...new Set(paths.map(relative))].map((path) => {
        const place = openInRoot(kernel.may('*'), creation.root, path, [], ['RESOLVE_NO_SYMLINKS']);
        const facts = kernel.output(statx.size);
        const seen = kernel.may('*').statx(place, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], facts);
        kernel.may('EBADF').close(place);
        return { path, place, seen, facts };
      });
      kernel.flush();
      for (const look of looks) {
        const sight = sightOf(look);
        if (sight !== undefined) creation.foresight.see(look.path, sight);
      }
    },
  };
}

interface Look {
  readonly place: Result;
  readonly seen: Result;
  readonly facts: Memory;
}

/** ENOENT means that there is no symlink on the way to what is missing: the kernel would have met it before. */
function sightOf({ place, seen, facts }: Look): Sight | undefined {
  if (place.failed) return place.value === -errnoNumber('ENOENT') ? 'missing' : undefined;
  if (seen.failed) return undefined;
  const mode = readField(statx, 'stx_mode', facts.bytes);
  return { isDirectory: (mode & S_IFMT) === fileTypes.S_IFDIR, mode: mode & 0o7777 };
}
