import type { Mount } from '../../spec/config.ts';

interface Kind {
  readonly bind: boolean;
  readonly remount: boolean;
}

/** Nothing else takes away what was found or made a moment ago. */
export const ROOTFS_CHANGES = 'is somebody changing the rootfs meanwhile?';

/** What a mount's errno does not say. */
export function mountHint(code: string, mount: Mount, kind: Kind): string | undefined {
  return hints[code]?.(mount, kind);
}

const hints: Readonly<Record<string, (mount: Mount, kind: Kind) => string | undefined>> = {
  ENODEV: (mount) => `this kernel has no file system ${JSON.stringify(mount.type ?? '')}`,
  EINVAL: (mount, { bind, remount }) => {
    if (remount) return `is anything mounted on ${mount.destination}?`;
    if (bind) return 'a file cannot be mounted on a directory, nor a directory on what is not a directory';
    if (mount.type === 'devpts') return 'is the gid of gid= mapped in the user namespace?';
    return `does ${mount.type} know all of these options: ${(mount.options ?? []).join(',')}?`;
  },
  ENOENT: (mount, { bind }) => (bind ? `does ${mount.source} exist?` : undefined),
  EPERM: ({ type }, { bind }) => {
    if (!bind && type === 'proc') return 'a procfs takes a PID namespace of the container’s own';
    if (!bind && type === 'sysfs') return 'a sysfs takes a network namespace of the container’s own';
    return undefined;
  },
};
