import type { Mount } from '../../spec/config.ts';
import type { Creation } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { attach, changeAttributes } from './attach.ts';
import { isIdmapped, withUserNamespace } from './idmap.ts';
import { refuseInsideProc } from './inside-proc.ts';
import { openMountPoint } from './mount-point.ts';
import type { ParsedOptions } from './parse-options.ts';
import { kindOfSource, openSource } from './sources.ts';
import { copySymlink } from './symlink.ts';

/** A piece of the host's tree: cloned as a descriptor, changed, then moved into place. */
export function bindMount(creation: Creation, mount: Mount, options: ParsedOptions): void {
  refuseData(options);
  const source = absoluteSource(creation, mount);
  // A symlink is the source itself only for those that do not follow it.
  const nofollow = options.manners.has('copySymlink') || options.manners.has('sourceNofollow');
  const kind = kindOfSource(creation, source, nofollow);
  if (kind === 'symlink' && options.manners.has('copySymlink')) {
    copySymlink(creation, source, mount.destination);
    return;
  }
  const { target, sight } = openMountPoint(
    creation,
    mount.destination,
    kind === 'directory' ? 'directory' : 'file',
    options.manners.has('destinationNofollow') ? ['O_NOFOLLOW'] : [],
  );
  const tree = openTree(creation, mount, options, source);
  refuseInsideProc(creation, mount, { target, sight, source: tree });
  changeAttributes(creation, tree, options.own, false);
  attach(creation, mount, tree, target, options);
  creation.foresight.covered(mount.destination, 'other');
}

function openTree(creation: Creation, mount: Mount, options: ParsedOptions, source: string) {
  const plain = { recursive: options.bind === 'rbind', nofollow: options.manners.has('sourceNofollow') };
  if (!isIdmapped(mount, options)) return openSource(creation, source, plain);
  const recursive = options.idmap?.recursive ?? false;
  return withUserNamespace(creation, mount, options.idmap, (userNamespace) =>
    openSource(creation, source, { ...plain, idmap: { userNamespace, recursive } }),
  );
}

/** The kernel would ignore it: a bind mount shows a file system that has its options already. `x-` is for mount(8)'s users. */
function refuseData({ data }: ParsedOptions): void {
  const words = data.filter((word) => !word.startsWith('x-'));
  if (words.length === 0) return;
  throw new ContainerError('invalid-config', 'bind mounts cannot have any filesystem-specific options applied', {
    hint: `remove ${words.join(', ')}`,
  });
}

/** Relative sources count from the bundle, as with runc and crun. */
function absoluteSource(creation: Creation, mount: Mount): string {
  const source = mount.source ?? '';
  if (source === '') throw new ContainerError('invalid-config', 'a bind mount needs a source');
  return source.startsWith('/') ? source : `${creation.facts.options.bundle}/${source}`;
}
