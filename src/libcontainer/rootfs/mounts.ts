import type { Mount } from '../../spec/config.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { failedHere } from './attach.ts';
import { bindMount } from './bind-mount.ts';
import { mountHint } from './hints.ts';
import { forgetUnmade } from './kept-mounts.ts';
import { newMount, sysfsMount } from './new-mount.ts';
import { optionsOf, type ParsedOptions } from './parse-options.ts';
import { remount } from './remount.ts';
import { mountPointHint, openInRoot, relative } from './target.ts';

/** One step for each of `mounts`, in their order: a later one may cover or lie in an earlier one. */
export function mountSteps(mounts: readonly Mount[]): CreationStep[] {
  return mounts.map((mount, i) => {
    const options = writableAtFirst(mount, optionsOf(mount));
    const bind = isBind(mount, options);
    return {
      name: `${nameOf(mount, options, bind)} ${mount.destination}`,
      pointer: `/mounts/${i}`,
      do: (creation) => {
        refuseRoot(mount);
        if (options.manners.has('remount')) remount(creation, mount, options, bind);
        else if (bind) bindMount(creation, mount, options);
        else if (isCgroup(mount)) cgroupMount(creation, mount, options);
        else if (mount.type === 'sysfs') sysfsMount(creation, mount, options);
        else newMount(creation, mount, options);
      },
      hint: (error) =>
        mountPointHint(error) ?? mountHint(error.code, mount, { bind, remount: options.manners.has('remount') }),
    };
  });
}

function nameOf(mount: Mount, { manners }: ParsedOptions, bind: boolean): string {
  if (manners.has('remount')) return 'remount';
  return bind ? `bind mount ${mount.source ?? ''} on` : `mount ${mount.type ?? mount.source ?? ''} on`;
}

/** A read-only tmpfs may still have to take mount points and devices: {@link readonlyTmpfsSteps} closes it. */
function writableAtFirst(mount: Mount, options: ParsedOptions): ParsedOptions {
  if (!isReadonlyTmpfs(mount, options)) return options;
  const own = { ...options.own, set: options.own.set.filter((attribute) => attribute !== 'MOUNT_ATTR_RDONLY') };
  return { ...options, own, superblock: options.superblock.filter((flag) => flag !== 'ro') };
}

function isReadonlyTmpfs(mount: Mount, options: ParsedOptions): boolean {
  const plain = !isBind(mount, options) && !options.manners.has('remount');
  return mount.type === 'tmpfs' && plain && options.own.set.includes('MOUNT_ATTR_RDONLY');
}

/** After the devices and pivot_root. */
export function readonlyTmpfsSteps(mounts: readonly Mount[]): CreationStep[] {
  return mounts.flatMap((mount, i) => {
    if (!isReadonlyTmpfs(mount, optionsOf(mount))) return [];
    return {
      name: `make ${mount.destination} read-only`,
      pointer: `/mounts/${i}`,
      do({ init, root }) {
        const fd = openInRoot(init.kernel.calls, root, mount.destination, ['O_DIRECTORY']);
        init.kernel.calls.mount_setattr(fd, '', ['AT_EMPTY_PATH'], { attr_set: ['MOUNT_ATTR_RDONLY'] });
        init.kernel.calls.close(fd);
      },
    };
  });
}

export function isBind(mount: Mount, options: ParsedOptions): boolean {
  return options.bind !== 'no' || mount.type === 'bind';
}

export function isCgroup({ type }: Mount): boolean {
  return type === 'cgroup' || type === 'cgroup2';
}

/**
 * A cgroup2 of the container's own cgroup namespace. Where the kernel refuses one (a user namespace that does not own
 * it), the container's directory of the host's mount does as well: it shows the same. A container that has no cgroup
 * of its own must not reach the host's, and gets an empty directory (CVE-2023-25809).
 */
function cgroupMount(creation: Creation, mount: Mount, options: ParsedOptions): void {
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

function refuseRoot(mount: Mount): void {
  if (relative(mount.destination) === '.') {
    throw new ContainerError(
      'invalid-config',
      `mountpoint ${JSON.stringify(mount.destination)} is on the top of rootfs`,
    );
  }
}
