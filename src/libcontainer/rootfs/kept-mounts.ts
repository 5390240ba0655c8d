import type { Config } from '../../spec/config.ts';
import { type Memory, type Operand, Result } from '../../syscalls/batch.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { Creation } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { prefixes } from './foresight.ts';
import { ROOTFS_CHANGES } from './hints.ts';
import { openInRoot, relative } from './target.ts';

/**
 * Mounts of the config in which paths will be masked or made read-only stay open until that is done, and it is done
 * beneath their descriptors. Whoever can write to the rootfs from another mount namespace may rename the directory that
 * a mount lies on, and the mount goes along: `/proc/sys`, looked up by its path, would then be a directory of theirs,
 * and the procfs that the container finds under another name would have no masks.
 */
export function keepOrClose(creation: Creation, destination: string, tree: Operand): void {
  const place = relative(destination);
  forgetBelow(creation, place);
  if (isToBeKept(creation, destination)) creation.keptMounts.set(place, tree);
  else creation.init.kernel.calls.close(tree);
}

export function isToBeKept({ config }: Creation, destination: string): boolean {
  return waysToCovered(config).has(relative(destination));
}

/** After a batch that failed: what would have been mounted by it is not there. Nothing may be pending. */
export function forgetUnmade(creation: Creation): void {
  const { keptMounts } = creation;
  creation.unprovenMounts = creation.unprovenMounts.filter(({ onTarget }) => onTarget.told.known);
  for (const [place, tree] of keptMounts) {
    if (tree instanceof Result && !tree.known) keptMounts.delete(place);
  }
}

/** As {@link openInRoot} without flags, beneath the mount that `path` lies in. */
export function openBeneathMount(creation: Creation, calls: Calls, path: string): Result {
  const whole = relative(path);
  const place = placeOf(creation, whole);
  const tree = place === undefined ? undefined : creation.keptMounts.get(place);
  if (place === undefined || tree === undefined) return openInRoot(calls, creation.root, path, []);
  return openInRoot(calls, tree, whole.slice(place.length), []);
}

/** Whether a kept mount is at `path`, or in it. */
export function holdsKept({ keptMounts }: Creation, path: string): boolean {
  const place = relative(path);
  return [...keptMounts.keys()].some((kept) => isWithin(kept, place));
}

/** `tree` has been put over what was at `path`, and with it over all kept mounts in there. */
export function keepInstead(creation: Creation, path: string, tree: Operand, calls: Calls): void {
  const place = relative(path);
  const kept = creation.keptMounts.has(place);
  forgetBelow(creation, place);
  if (kept) creation.keptMounts.set(place, tree);
  else calls.close(tree);
}

/** Records calls that tell {@link proveKeptMounts} whether each is at its destination still. */
export function watchKeptMounts({ init: { kernel }, root, keptMounts, keptMountLooks }: Creation): void {
  for (const [place, tree] of keptMounts) {
    const visible = openInRoot(kernel.may('*'), root, place, []);
    const facts = [tree, visible].map((fd) => {
      const memory = kernel.output(statx.size);
      kernel.may('EBADF').statx(fd, '', ['AT_EMPTY_PATH'], ['STATX_MNT_ID'], memory);
      return memory;
    });
    kernel.may('EBADF').close(visible);
    keptMountLooks.push({ place, facts });
  }
}

/** Once the calls of {@link watchKeptMounts} were made: nothing of the container's runs before `start`. */
export function proveKeptMounts({ keptMountLooks }: Creation): void {
  const moved = keptMountLooks.find(({ facts }) => new Set(facts.map(mountId)).size > 1);
  if (!moved) return;
  throw new ContainerError('host', `/${moved.place} is not what was mounted there any more`, {
    hint: ROOTFS_CHANGES,
  });
}

export interface KeptMountLook {
  readonly place: string;
  /** Of the mount, and of what is seen in its place. */
  readonly facts: readonly Memory[];
}

export function closeKeptMounts({ init, keptMounts }: Creation): void {
  for (const tree of keptMounts.values()) init.kernel.calls.close(tree);
  keptMounts.clear();
}

type Calls = Creation['init']['kernel']['calls'];

function mountId({ bytes }: Memory): number {
  return readField(statx, 'stx_mnt_id', bytes);
}

/** Nothing there is visible any more. */
function forgetBelow({ init, keptMounts }: Creation, place: string): void {
  for (const [path, tree] of keptMounts) {
    if (!isWithin(path, place)) continue;
    init.kernel.calls.close(tree);
    keptMounts.delete(path);
  }
}

/** The innermost. */
function placeOf({ keptMounts }: Creation, path: string): string | undefined {
  return [...keptMounts.keys()].filter((place) => isWithin(path, place)).sort((a, b) => b.length - a.length)[0];
}

/** The places that will be masked or made read-only, and all on the way to them. Every mount asks, and there may be hundreds of both. */
function waysToCovered(config: Config): ReadonlySet<string> {
  const { maskedPaths = [], readonlyPaths = [] } = config.linux ?? {};
  const ways = known.get(config) ?? new Set([...maskedPaths, ...readonlyPaths].map(relative).flatMap(prefixes));
  known.set(config, ways);
  return ways;
}

const known = new WeakMap<Config, ReadonlySet<string>>();

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`) || place === '.';
}
