import type { Mount } from '../../spec/config.ts';
import type { CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { bindMount } from './bind-mount.ts';
import { cgroupMount, isCgroup, mountCgroupIfRefused } from './cgroup-mount.ts';
import { mountHint } from './hints.ts';
import { newMount, sysfsMount } from './new-mount.ts';
import { optionsOf, type ParsedOptions } from './parse-options.ts';
import { remount } from './remount.ts';
import { missingHint, openInRoot, relative } from './target.ts';

/** One step for each of `mounts`, in their order: a later one may cover or lie in an earlier one. */
export function mountSteps(mounts: readonly Mount[]): CreationStep[] {
  return mounts.map((mount, i) => {
    const options = writableAtFirst(mount, optionsOf(mount));
    const bind = isBind(mount, options);
    return {
      ...described(mount, i, options),
      do: (creation) => {
        refuseRoot(mount);
        if (options.manners.has('remount')) remount(creation, mount, options, bind);
        else if (bind) bindMount(creation, mount, options);
        else if (isCgroup(mount)) cgroupMount(creation, mount, options);
        else if (mount.type === 'sysfs') sysfsMount(creation, mount, options);
        else newMount(creation, mount, options);
      },
    };
  });
}

/** What was tried without waiting, once more where it failed: after the steps that wait for an answer anyway. */
export function triedMountSteps(mounts: readonly Mount[]): CreationStep[] {
  return mounts.flatMap((mount, i) => {
    if (!isCgroup(mount)) return [];
    const options = optionsOf(mount);
    return { ...described(mount, i, options), do: (creation) => mountCgroupIfRefused(creation, mount, options) };
  });
}

/** All of the step for `/mounts/i` but what it does. */
function described(mount: Mount, i: number, options: ParsedOptions): Omit<CreationStep, 'do'> {
  const bind = isBind(mount, options);
  const remount = options.manners.has('remount');
  const verb = bind ? `bind mount ${mount.source ?? ''} on` : `mount ${mount.type ?? mount.source ?? ''} on`;
  return {
    name: `${remount ? 'remount' : verb} ${mount.destination}`,
    pointer: `/mounts/${i}`,
    hint: (error) => missingHint(error) ?? mountHint(error.code, mount, { bind, remount }),
  };
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

function refuseRoot(mount: Mount): void {
  if (relative(mount.destination) === '.') {
    throw new ContainerError(
      'invalid-config',
      `mountpoint ${JSON.stringify(mount.destination)} is on the top of rootfs`,
    );
  }
}
