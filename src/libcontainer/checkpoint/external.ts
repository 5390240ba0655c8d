import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import type { Config, Mount } from '../../spec/config.ts';
import { namespaceOf } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { type NamespaceType, namespaces } from '../namespaces.ts';
import { isCgroup } from '../rootfs/cgroup-mount.ts';
import { deviceNames } from '../rootfs/devices.ts';
import { isBind } from '../rootfs/mounts.ts';
import { optionsOf } from '../rootfs/parse-options.ts';
import { resolveIn } from './resolve.ts';
import type { CriuOptions } from './rpc.ts';

/**
 * What of a container is not its own: criu saves only a name for it, and is told at the restore what has the name. The
 * names are those that runc gives, so that each can restore what the other has saved.
 */
type Pairs = NonNullable<CriuOptions['ext_mnt']>;

/** At a dump of the container whose init is `pid`: mount points and their names. */
export function externalMounts(engine: Pick<Engine, 'files' | 'decode'>, config: Config, pid: number): Pairs {
  const { files } = engine;
  const root = `/proc/${pid}/root`;
  const bound = [...bindMounts(config), ...boundCgroups(engine, config, pid)];
  const named = [...bound.map(({ destination }) => destination), ...deviceNames(config)];
  const own = named.map((path) => resolveIn(files, root, path)).map((path) => ({ key: path, val: path }));
  const masks = (config.linux?.maskedPaths ?? []).filter((path) => isThereAsFile(files, `${root}${path}`));
  return [...own, ...masks.map((path) => ({ key: path, val: NULL }))];
}

/** What a container is restored into. */
export interface Places {
  readonly rootfs: string;
  readonly bundle: string;
  /** The directory of its cgroup. */
  readonly cgroup: string | undefined;
}

/** At a restore: names and what is mounted for them. */
export function mountSources(
  { files }: Pick<Engine, 'files'>,
  config: Config,
  { rootfs: root, bundle, cgroup }: Places,
): Pairs {
  const cgroups = cgroup === undefined ? [] : cgroupMounts(config);
  const binds = bindMounts(config).map((mount) => ({
    key: resolveIn(files, root, mount.destination),
    val: sourceOf(mount, bundle),
  }));
  const masked = (config.linux?.maskedPaths ?? []).length > 0;
  const devices = deviceNames(config).map((path) => ({ key: resolveIn(files, root, path), val: path }));
  const shown = cgroups.map(({ destination }) => ({ key: resolveIn(files, root, destination), val: cgroup ?? '' }));
  return [...binds, ...shown, ...(masked ? [{ key: NULL, val: NULL }] : []), ...devices];
}

/** Relative ones count from the bundle. */
export function sourceOf({ source = '' }: Mount, bundle: string): string {
  return source.startsWith('/') ? source : `${bundle}/${source}`;
}

export function bindMounts({ mounts = [] }: Config): Mount[] {
  return mounts.filter((mount) => {
    const options = optionsOf(mount);
    return isBind(mount, options) && !options.manners.has('remount');
  });
}

/** Those that may not show a cgroup namespace of the container's own. */
function cgroupMounts(config: Config): Mount[] {
  return namespaceOf(config, 'cgroup') === 'new' ? [] : (config.mounts ?? []).filter(isCgroup);
}

/** Of them those where the container's directory of the host's cgroup2 had to do: criu takes it for a part of a mount that is missing. */
function boundCgroups({ files, decode }: Pick<Engine, 'files' | 'decode'>, config: Config, pid: number): Mount[] {
  const mounts = cgroupMounts(config);
  if (mounts.length === 0) return [];
  const lines = decode(files.read(`/proc/${pid}/mountinfo`)).split('\n');
  const parts = lines.map((line) => line.split(' ')).filter(([, , , root]) => root !== '/');
  const targets = new Set(parts.map(([, , , , target]) => target));
  return mounts.filter(({ destination }) => targets.has(resolveIn(files, `/proc/${pid}/root`, destination)));
}

/** Those that were joined by path, and that criu can leave out: `net[INODE]:NAME`. */
export function externalNamespaces({ files }: Pick<Engine, 'files'>, config: Config, pid: number): string[] {
  return inherited
    .filter((type) => namespaceOf(config, type) === 'joined')
    .map((type) => {
      const { file } = namespaces[type];
      return `${file}[${files.stat(`/proc/${pid}/ns/${file}`).ino}]:${namespaceName(type)}`;
    });
}

/** At a restore: which descriptor has which namespace, and which are joined by criu itself. */
export interface JoinedNamespaces {
  readonly byDescriptor: readonly { readonly name: string; readonly path: string }[];
  readonly byPath: NonNullable<CriuOptions['join_ns']>;
}

export function joinedNamespaces({ linux }: Config): JoinedNamespaces {
  const joined = (linux?.namespaces ?? []).flatMap(({ type, path }) => (path ? [{ type, path }] : []));
  if (joined.some(({ type }) => type === 'cgroup')) {
    throw new ContainerError('unsupported', 'criu cannot restore into a cgroup namespace that is joined by its path', {
      pointer: '/linux/namespaces',
    });
  }
  const isInherited = ({ type }: { type: NamespaceType }): boolean => inherited.some((known) => known === type);
  return {
    byDescriptor: joined.filter(isInherited).map(({ type, path }) => ({ name: namespaceName(type), path })),
    byPath: joined
      .filter((namespace) => !isInherited(namespace))
      .map(({ type, path }) => ({ ns: namespaces[type].file, ns_file: path })),
  };
}

const inherited = ['network', 'pid'] as const satisfies readonly NamespaceType[];

/** runc's: `extRootNetNS`. */
function namespaceName(type: NamespaceType): string {
  const { file } = namespaces[type];
  return `extRoot${file.charAt(0).toUpperCase()}${file.slice(1)}NS`;
}

function isThereAsFile(files: Engine['files'], path: string): boolean {
  try {
    return files.stat(path).kind !== 'directory';
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return false;
    throw error;
  }
}

const NULL = '/dev/null';
