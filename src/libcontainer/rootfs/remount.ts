import type { Mount } from '../../spec/config.ts';
import type { Creation } from '../creation.ts';
import { changeAttributes, propagate } from './attach.ts';
import { configure } from './new-mount.ts';
import type { ParsedOptions } from './parse-options.ts';
import { openInRoot } from './target.ts';

/**
 * New options for what is mounted at the destination: with `bind` those of the mount, else also those of the file
 * system. What the options do not name stays as it is.
 */
export function remount(creation: Creation, mount: Mount, options: ParsedOptions, bind: boolean): void {
  const { calls } = creation.init.kernel;
  const nofollow = options.manners.has('destinationNofollow') ? (['O_NOFOLLOW'] as const) : [];
  const mounted = openInRoot(calls, creation.root, mount.destination, nofollow);
  if (!bind) {
    const context = calls.fspick(mounted, '', ['FSPICK_CLOEXEC', 'FSPICK_EMPTY_PATH']);
    const writable = options.own.clear.includes('MOUNT_ATTR_RDONLY') ? ['rw'] : [];
    configure(calls, context, { ...options, superblock: [...options.superblock, ...writable] });
    calls.fsconfig(context, 'FSCONFIG_CMD_RECONFIGURE', null, null, 0);
    calls.close(context);
  }
  changeAttributes(creation, mounted, options.own, false);
  if (options.tree) changeAttributes(creation, mounted, options.tree, true);
  propagate(creation, mounted, options);
  calls.close(mounted);
}
