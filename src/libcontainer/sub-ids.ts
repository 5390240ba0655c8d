import type { Engine } from '../engine/engine.ts';
import { isErrno } from '../engine/errors.ts';
import type { IDMapping } from '../spec/config.ts';

/** IDs that the administrator has given to a user beside its own. */
export interface SubIDs {
  readonly start: number;
  readonly count: number;
}

/**
 * The user's ranges in the text of /etc/subuid or /etc/subgid (subuid(5)): `name:start:count`, where the name may be
 * the user's number. A line that says something else is nobody's.
 */
export function subIDsOf(text: string, uid: number, name: string | undefined): SubIDs[] {
  return text.split('\n').flatMap((line) => {
    const [, owner, start, count] = /^([^:]+):(\d{1,10}):(\d{1,10})$/.exec(line.trim()) ?? [];
    const range = { start: Number(start), count: Number(count) };
    const usable = range.count > 0 && range.start + range.count <= NO_ID;
    return usable && (owner === name || owner === String(uid)) ? [range] : [];
  });
}

/** 0 is the caller; its ranges follow, one behind the other. */
export function mappingsOf(id: number, ranges: readonly SubIDs[]): IDMapping[] {
  const mappings: IDMapping[] = [{ containerID: 0, hostID: id, size: 1 }];
  let next = 1;
  for (const { start, count } of ranges.slice(0, MAX_ENTRIES - 1)) {
    const size = Math.min(count, NO_ID - next);
    if (size <= 0 || mappings.some((before) => overlap(before, start, count))) continue;
    mappings.push({ containerID: next, hostID: start, size });
    next += size;
  }
  return mappings;
}

/** The login name of a user; undefined for one that has none, or is known elsewhere than in /etc/passwd. */
export function userName(engine: Pick<Engine, 'files' | 'decode'>, uid: number): string | undefined {
  const fields = textOf(engine, '/etc/passwd')
    .split('\n')
    .map((line) => line.split(':'));
  return fields.find(([, , id]) => id === String(uid))?.[0];
}

/** Empty where the file is not there, or not for us to read. */
export function textOf({ files, decode }: Pick<Engine, 'files' | 'decode'>, path: string): string {
  try {
    return decode(files.read(path));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return '';
    throw error;
  }
}

/** The kernel takes no ID twice. */
function overlap({ hostID, size }: IDMapping, start: number, count: number): boolean {
  return start < hostID + size && hostID < start + count;
}

/** (uid_t) -1 */
const NO_ID = 0xffffffff;
/** The kernel's limit since 4.15. */
const MAX_ENTRIES = 340;
