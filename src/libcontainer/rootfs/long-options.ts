import type { Mount } from '../../spec/config.ts';
import type { Operand, Result } from '../../syscalls/batch.ts';
import type { mountFlags } from '../../syscalls/constants.ts';
import { utf8 } from '../../syscalls/utf8.ts';
import type { Creation } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { failedHere, propagate } from './attach.ts';
import { forgetUnmade } from './kept-mounts.ts';
import type { Attribute } from './mount-options.ts';
import type { ParsedOptions } from './parse-options.ts';
import { openInRoot } from './target.ts';

/**
 * fsconfig takes values of at most 255 bytes; mount(2) takes more, but all options together in one page. An overlay
 * of many layers exceeds both. Its layers can be given one by one since Linux 6.7.
 */
export function isTooLong(option: string): boolean {
  return utf8(option.slice(option.indexOf('=') + 1)).length > MAX_VALUE;
}

const MAX_VALUE = 255;
/** A page less its NUL. */
const MAX_OPTIONS = 4095;

/** `lowerdir=a:b` → `lowerdir+=a`, `lowerdir+=b`. Undefined where that is not enough, or would mean something else. */
export function overlayLayers(data: readonly string[]): readonly string[] | undefined {
  const layered = data.flatMap((option) => {
    const layers = /^lowerdir=([^\\]*)$/.exec(option)?.[1]?.split(':');
    // An escaped colon, or an empty layer, which introduces one of data only: left to the kernel's own parser.
    return isTooLong(option) && layers?.every((layer) => layer !== '')
      ? layers.map((layer) => `lowerdir+=${layer}`)
      : option;
  });
  return layered.some(isTooLong) ? undefined : layered;
}

/** Makes a mount with options that are too long for fsconfig. `make` is how it is done with options that are not. */
export function longMount(
  creation: Creation,
  { mount, target, type, options }: { mount: Mount; target: Result; type: string; options: ParsedOptions },
  make: (options: ParsedOptions) => void,
): void {
  const layered = type === 'overlay' ? overlayLayers(options.data) : undefined;
  if (layered) {
    try {
      make({ ...options, data: layered });
      creation.init.kernel.flush();
      return;
    } catch (error) {
      if (!failedHere(creation, error, 'EINVAL')) throw error;
      forgetUnmade(creation);
    }
  }
  legacyMount(creation, { mount, target, type, options });
}

/** mount(2), onto what the target's descriptor is and not onto a path that could lead elsewhere by now. */
function legacyMount(
  creation: Creation,
  { mount, target, type, options }: { mount: Mount; target: Result; type: string; options: ParsedOptions },
): void {
  const { kernel } = creation.init;
  const data = options.data.join(',');
  if (utf8(data).length > MAX_OPTIONS) {
    throw new ContainerError(
      'host',
      `the options of ${mount.destination} are longer than the ${MAX_OPTIONS} bytes that mount takes`,
    );
  }
  if (options.tree) throw new ContainerError('unsupported', 'recursive options on a mount with options this long');
  const place = `/proc/self/fd/${kernel.value(target)}`;
  kernel.calls.mount(mount.source ?? type, place, type, flagsOf(options), data);
  kernel.calls.close(target);
  if (options.propagations.length === 0) return;
  const mounted: Operand = openInRoot(kernel.calls, creation.root, mount.destination, ['O_DIRECTORY']);
  propagate(creation, mounted, options);
  kernel.calls.close(mounted);
}

function flagsOf({ own, superblock }: ParsedOptions): (keyof typeof mountFlags)[] {
  return [...new Set([...own.set, ...superblock].flatMap((word) => legacyFlags[word] ?? []))];
}

const legacyFlags: Readonly<Partial<Record<Attribute | string, keyof typeof mountFlags>>> = {
  MOUNT_ATTR_RDONLY: 'MS_RDONLY',
  MOUNT_ATTR_NOSUID: 'MS_NOSUID',
  MOUNT_ATTR_NODEV: 'MS_NODEV',
  MOUNT_ATTR_NOEXEC: 'MS_NOEXEC',
  MOUNT_ATTR_NOATIME: 'MS_NOATIME',
  MOUNT_ATTR_STRICTATIME: 'MS_STRICTATIME',
  MOUNT_ATTR_NODIRATIME: 'MS_NODIRATIME',
  MOUNT_ATTR_NOSYMFOLLOW: 'MS_NOSYMFOLLOW',
  ro: 'MS_RDONLY',
  dirsync: 'MS_DIRSYNC',
  sync: 'MS_SYNCHRONOUS',
  mand: 'MS_MANDLOCK',
  lazytime: 'MS_LAZYTIME',
};
