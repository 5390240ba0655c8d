import type { Config, Mount } from '../../spec/config.ts';
import type { Creation } from '../creation.ts';
import { failedHere, moveOnto } from './attach.ts';
import { bindMount } from './bind-mount.ts';
import { isIdmapped } from './idmap.ts';
import { refuseInsideProc } from './inside-proc.ts';
import { forgetUnmade, isToBeKept } from './kept-mounts.ts';
import { NO_LINKS } from './mount-point.ts';
import { newFileSystem, newMount } from './new-mount.ts';
import type { ParsedOptions } from './parse-options.ts';
import { openInRoot, relative } from './target.ts';

export function isCgroup({ type }: Mount): boolean {
  return type === 'cgroup' || type === 'cgroup2';
}

/**
 * A cgroup2 of the container's own cgroup namespace. Where nobody can tell the difference, nothing is waited for: every
 * call may fail, and {@link mountCgroupIfRefused} is told.
 */
export function cgroupMount(creation: Creation, mount: Mount, options: ParsedOptions): void {
  if (isPlain(creation, mount, options)) tryMount(creation, mount, options);
  else mountOrFallBack(creation, mount, options);
}

/** With care, and with the words for what is wrong, if the attempt failed. */
export function mountCgroupIfRefused(creation: Creation, mount: Mount, options: ParsedOptions): void {
  const tried = creation.triedMounts.get(mount);
  if (tried && creation.init.kernel.value(tried) < 0) mountOrFallBack(creation, mount, options);
}

/**
 * Where the kernel refuses one (a user namespace that does not own it), the container's directory of the host's mount
 * does as well: it shows the same. A container that has no cgroup of its own must not reach the host's, and gets an
 * empty directory (CVE-2023-25809).
 */
function mountOrFallBack(creation: Creation, mount: Mount, options: ParsedOptions): void {
  try {
    newMount(creation, mount, options);
    creation.init.kernel.flush();
  } catch (error) {
    if (!failedHere(creation, error, 'EPERM', 'EBUSY', 'EINVAL')) throw error;
    forgetUnmade(creation);
    const source = creation.cgroup.directory;
    const fallback = { ...options, superblock: [], data: [] };
    if (source !== undefined) bindMount(creation, { ...mount, source }, fallback);
    else newMount(creation, { ...mount, type: 'tmpfs', source: 'tmpfs' }, { ...fallback, superblock: ['ro'] });
  }
}

/** The directory is the kernel's own, in a sysfs. A link on the way, which only a rootfs can have, is a failure too. */
function tryMount(creation: Creation, mount: Mount, options: ParsedOptions): void {
  const calls = creation.init.kernel.may('*');
  const target = openInRoot(calls, creation.root, mount.destination, ['O_DIRECTORY'], NO_LINKS);
  refuseInsideProc(creation, mount, { target, sight: DIRECTORY }, calls);
  const tree = newFileSystem(creation, 'cgroup2', mount.source, options, calls);
  creation.triedMounts.set(mount, moveOnto(creation, tree, target, calls));
  calls.close(tree);
  calls.close(target);
  creation.foresight.covered(mount.destination, 'kernel');
}

/** Its options ask for nothing after the mount, and until it is certain nobody looks at the place. */
function isPlain(creation: Creation, mount: Mount, options: ParsedOptions): boolean {
  const { config, foresight } = creation;
  const sight = foresight.at(mount.destination);
  if (sight === 'missing' || sight?.isDirectory === false) return false;
  // An option that is refused must not be one that is left out.
  if (options.data.length > 0 || options.tree || options.propagations.length > 0) return false;
  if (isIdmapped(mount, options)) return false;
  return !isToBeKept(creation, mount.destination) && isUndisturbed(config, mount);
}

/** No later mount, and no device, lies in it or around it. */
function isUndisturbed({ mounts = [], linux = {} }: Config, mount: Mount): boolean {
  const own = `${relative(mount.destination)}/`;
  const later = mounts.slice(mounts.indexOf(mount) + 1).map(({ destination }) => destination);
  const devices = (linux.devices ?? []).map(({ path }) => path);
  return [...later, ...devices].every((path) => {
    const other = `${relative(path)}/`;
    return !other.startsWith(own) && !own.startsWith(other);
  });
}

/** Of an unknown mode. */
const DIRECTORY = { isDirectory: true, mode: undefined };
