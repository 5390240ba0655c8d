import type { Config } from '../../spec/config.ts';
import type { Memory, Result } from '../../syscalls/batch.ts';
import { fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import { errnoNumber } from '../../syscalls/errno.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { CreationStep } from '../creation.ts';
import { prefixes, type Sight } from './foresight.ts';
import { openInRoot, relative } from './target.ts';

/** One look at all places where something will be mounted or made, before anything is; but not at what mounts will hide. */
export function surveyStep({ mounts = [], process }: Config): CreationStep {
  const paths = uncovered([...mounts.map(({ destination }) => destination), process?.cwd ?? '/'].map(relative));
  return {
    name: 'look at the mount points',
    pointer: '/mounts',
    do(creation) {
      const { kernel } = creation.init;
      const looks = paths.map((path) => {
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

/** Those that lie neither on nor in an earlier one. */
function uncovered(places: readonly string[]): string[] {
  const earlier = new Set<string>();
  return places.filter((place) => {
    const isCovered = prefixes(place).some((prefix) => earlier.has(prefix));
    earlier.add(place);
    return !isCovered;
  });
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
