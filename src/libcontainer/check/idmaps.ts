import type { Mount } from '../../spec/config.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { inBundle } from '../requirements/requirement.ts';
import { isIdmapped } from '../rootfs/idmap.ts';
import { optionsOf } from '../rootfs/parse-options.ts';
import { type Answer, failureOf, missing, ok, type Probe, unknown, type Want } from './probe.ts';
import type { CheckSite } from './site.ts';

/** Each file system has to know them by itself. */
export const IDMAP_PROBES: readonly Probe[] = [
  {
    group: 'mounts',
    name: 'idmapped mounts',
    lost: 'no uidMappings and gidMappings of mounts: a file has the same owner inside and outside',
    needed: (want) => idmapped(want).length > 0,
    look: idmap,
  },
];

/**
 * The kernel's answers for a mount of each place whose IDs are mapped as in the user namespace of `pid`. The mounts are
 * attached nowhere, and gone with their descriptors.
 */
export function tryIdmaps(site: CheckSite, pid: number): Map<string, number> {
  const { files } = site.engine;
  const userns = files.open(`/proc/${pid}/ns/user`, ['O_RDONLY']);
  try {
    return new Map(placesOf(site).map((place) => [place, tryIdmap(site, place, userns)]));
  } finally {
    files.close(userns);
  }
}

function tryIdmap({ kernel, engine }: CheckSite, place: string, userns: number): number {
  const tree = kernel.may('*').open_tree(AT_FDCWD, place, ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC']);
  if (tree < 0) return tree;
  try {
    const attributes = { attr_set: ['MOUNT_ATTR_IDMAP'], userns_fd: userns } as const;
    return kernel.may('*').mount_setattr(tree, '', ['AT_EMPTY_PATH'], attributes);
  } finally {
    engine.files.close(tree);
  }
}

function idmapped({ config }: Pick<Want, 'config'>): Mount[] {
  return (config?.mounts ?? []).filter((mount) => isIdmapped(mount, optionsOf(mount)));
}

/** The sources that the bundle wants so, or what it would first want so: its root filesystem. */
function placesOf(site: CheckSite): string[] {
  const { config, bundle } = site;
  if (bundle === undefined) return ['/'];
  const inPlace = (path: string): string => inBundle({ engine: site.engine, bundle }, path);
  const sources = idmapped({ config }).flatMap(({ source }) => (source?.startsWith('/') ? [source] : []));
  return [...new Set([inPlace(config?.root?.path ?? '.'), ...sources])];
}

function idmap(site: CheckSite): Answer {
  const { idmaps, fault } = site.trial;
  if (idmaps.size === 0) return unknown(fault ?? 'there is no user namespace to take the mapping from');
  const answers = [...idmaps].map(([place, result]) => ({ place, failure: failureOf(result) }));
  const refused = answers.filter(({ failure }) => failure !== undefined);
  const words = (refused.length > 0 ? refused : answers).map(
    ({ place, failure }) =>
      `${fileSystemOf(site, place)} at ${place}${failure === undefined ? '' : ` answers ${failure}`}`,
  );
  const [first] = refused;
  return first ? missing(words.join(', '), cures[first.failure ?? '']) : ok(words.join(', '));
}

const cures: Readonly<Record<string, string>> = {
  EPERM: 'run it as root of the host',
  EINVAL: 'put the files on a file system that has them: ext4, xfs and btrfs do',
  ENOSYS: 'Linux 5.12',
};

/** By the mount that is nearest above. */
function fileSystemOf(site: CheckSite, place: string): string {
  const mounts = (site.text('/proc/self/mountinfo') ?? '').split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const at = left.split(' ')[4] ?? '';
    const above = at === '/' || place === at || place.startsWith(`${at}/`);
    return above ? [{ at, type: right.split(' ')[0] ?? '' }] : [];
  });
  // The last of several at one place covers the others.
  return mounts.sort((a, b) => a.at.length - b.at.length).at(-1)?.type ?? 'an unknown file system';
}
