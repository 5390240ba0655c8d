import { ContainerError } from '../errors.ts';
import { pathElements } from '../path.ts';
import type { CgroupRoot } from './root.ts';

/**
 * The directory for `linux.cgroupsPath` by the rules of the cgroupfs driver. An absolute path counts from the
 * mount point. A relative one, and the container's ID that stands for an absent one, counts from the *parent*
 * of the runtime's own cgroup: the own one holds processes, and so cannot hand controllers down. `..` never
 * climbs out of the place that a path counts from.
 */
export function cgroupDirectory(root: CgroupRoot, cgroupsPath: string | undefined, id: string): string {
  const asked = cgroupsPath === undefined || cgroupsPath === '' ? id : cgroupsPath;
  const elements = pathElements(asked);
  if (elements.length === 0) {
    throw new ContainerError('invalid-config', `cgroupsPath ${JSON.stringify(asked)} names no cgroup below the root`, {
      pointer: '/linux/cgroupsPath',
    });
  }
  const base = asked.startsWith('/') ? [] : pathElements(root.own).slice(0, -1);
  return [root.mount, ...base, ...elements].join('/');
}
