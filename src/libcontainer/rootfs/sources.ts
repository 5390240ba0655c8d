import { isErrno } from '../../engine/errors.ts';
import type { Operand, Result } from '../../syscalls/batch.ts';
import { AT_FDCWD, fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { passDescriptor } from '../../syscalls/stub/rights.ts';
import { type Creation, namespaceOf } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { mountsPropagation } from './propagation.ts';
import { decodeUtf8, PATH_MAX } from './target.ts';

export interface SourceOptions {
  readonly recursive: boolean;
  /** A symlink is the source itself. */
  readonly nofollow?: boolean;
  /** Nor is a part of the path a symlink. */
  readonly noSymlinks?: boolean;
  /** Maps IDs by the user namespace that this descriptor of ours is of. */
  readonly idmap?: { readonly userNamespace: number; readonly recursive: boolean } | undefined;
}

/**
 * A detached copy of the host's mounts at `path`, as a descriptor of init's. In a user namespace init may not even
 * search a directory of mode 0700 on the way, and it may not map IDs; then the runtime opens, and hands over.
 */
export function openSource(creation: Creation, path: string, options: SourceOptions): number | Result {
  if (namespaceOf(creation.config, 'mount') === 'joined') return openByInit(creation, path, options);
  const opened = needsRuntime(creation, options) ? openByRuntime(creation, path, options) : undefined;
  const { calls } = creation.init.kernel;
  if (opened !== undefined || !options.noSymlinks) return opened ?? calls.open_tree(AT_FDCWD, path, treeFlags(options));
  const place = openPlain(calls, path);
  const tree = calls.open_tree(place, '', [...treeFlags(options), 'AT_EMPTY_PATH']);
  calls.close(place);
  return tree;
}

function needsRuntime({ config, facts }: Creation, { idmap }: SourceOptions): boolean {
  return idmap !== undefined || (namespaceOf(config, 'user') !== 'host' && facts.caller.uid === 0);
}

/** Paths are those of the mount namespace that is joined, which init alone is in. */
function openByInit(creation: Creation, path: string, options: SourceOptions): Result {
  const tree = creation.init.kernel.calls.open_tree(AT_FDCWD, path, treeFlags(options));
  if (options.idmap) mapIdsByInit(creation, tree, options.idmap);
  return tree;
}

/** In a user namespace a new file system belongs to that, and so is init's to map. */
export function mapIdsByInit(
  { init, facts }: Creation,
  tree: Operand,
  { userNamespace, recursive }: NonNullable<SourceOptions['idmap']>,
): void {
  const userns = passDescriptor(facts.kernel, init.kernel, init.port, userNamespace);
  const attributes = { attr_set: ['MOUNT_ATTR_IDMAP'], userns_fd: userns };
  init.kernel.calls.mount_setattr(tree, '', idmapFlags(recursive), attributes);
  init.kernel.calls.close(userns);
}

const idmapFlags = (recursive: boolean) =>
  recursive ? (['AT_EMPTY_PATH', 'AT_RECURSIVE'] as const) : (['AT_EMPTY_PATH'] as const);

/** What `path` is, for who will bind it. */
export function kindOfSource(creation: Creation, path: string, nofollow: boolean): SourceKind {
  if (namespaceOf(creation.config, 'mount') === 'joined') return kindByInit(creation, path, nofollow);
  const { files } = creation.engine;
  const { kind } = nofollow ? files.lstat(path) : files.stat(path);
  return kind === 'directory' || kind === 'symlink' ? kind : 'file';
}

export type SourceKind = 'directory' | 'file' | 'symlink';

function kindByInit({ init: { kernel } }: Creation, path: string, nofollow: boolean): SourceKind {
  const facts = kernel.output(statx.size);
  kernel.calls.statx(AT_FDCWD, path, nofollow ? ['AT_SYMLINK_NOFOLLOW'] : [], ['STATX_BASIC_STATS'], facts);
  kernel.flush();
  const type = readField(statx, 'stx_mode', facts.bytes) & S_IFMT;
  return type === fileTypes.S_IFDIR ? 'directory' : type === fileTypes.S_IFLNK ? 'symlink' : 'file';
}

/** Where the symlink `path` leads. */
export function readSourceLink({ config, engine, init: { kernel } }: Creation, path: string): string {
  if (namespaceOf(config, 'mount') !== 'joined') return engine.files.readlink(path);
  const text = kernel.output(PATH_MAX);
  const length = kernel.value(kernel.calls.readlinkat(AT_FDCWD, path, text));
  return decodeUtf8(text.bytes.subarray(0, length));
}

/** Undefined: we have not the privilege. Then init, which is root of its own user namespace, can do no worse. */
function openByRuntime(creation: Creation, path: string, options: SourceOptions): number | undefined {
  const { engine, facts, init } = creation;
  const { calls, may } = facts.kernel;
  const tree = (options.idmap ? calls : may('EPERM')).open_tree(AT_FDCWD, path, treeFlags(options));
  if (tree < 0) return undefined;
  try {
    // As init's own copy would be: it has set the propagation of all its mounts, we have not.
    calls.mount_setattr(tree, '', ['AT_EMPTY_PATH', 'AT_RECURSIVE'], { propagation: [mountsPropagation(creation)] });
    if (options.idmap) mapIds(creation, tree, path, options.idmap);
    return passDescriptor(facts.kernel, init.kernel, init.port, tree);
  } finally {
    engine.files.close(tree);
  }
}

function treeFlags({ recursive, nofollow }: SourceOptions) {
  return [
    'OPEN_TREE_CLONE',
    'OPEN_TREE_CLOEXEC',
    ...(recursive ? (['AT_RECURSIVE'] as const) : []),
    ...(nofollow ? (['AT_SYMLINK_NOFOLLOW'] as const) : []),
  ] as const;
}

function mapIds(
  creation: Creation,
  tree: number,
  path: string,
  { userNamespace, recursive }: NonNullable<SourceOptions['idmap']>,
): void {
  const attributes = { attr_set: ['MOUNT_ATTR_IDMAP'], userns_fd: userNamespace };
  try {
    creation.facts.kernel.calls.mount_setattr(tree, '', idmapFlags(recursive), attributes);
  } catch (cause) {
    throw new ContainerError('host', `map the IDs of ${path}`, { cause, hint: idmapHint(creation, tree, cause) });
  }
}

/** The kernel says EINVAL for all that it does not like, and most often it is the file system. */
function idmapHint(creation: Creation, tree: number, error: unknown): string | undefined {
  if (isErrno(error, 'ENOSYS')) return 'idmapped mounts need Linux 5.12';
  if (isErrno(error, 'EPERM')) return 'idmapped mounts take CAP_SYS_ADMIN where the file system was mounted';
  if (!isErrno(error, 'EINVAL')) return undefined;
  const type = fileSystemType(creation, tree);
  return `does this kernel support idmapped mounts of ${type}? One that is idmapped already cannot be mapped again`;
}

function fileSystemType({ engine, facts }: Creation, tree: number): string {
  const answer = facts.kernel.batch((batch, calls) => {
    const memory = batch.output(statx.size);
    calls.statx(tree, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], memory);
    return memory;
  });
  const device = `${readField(statx, 'stx_dev_major', answer.bytes)}:${readField(statx, 'stx_dev_minor', answer.bytes)}`;
  const lines = engine.decode(engine.files.read('/proc/self/mountinfo')).split('\n');
  const line = lines.find((text) => text.split(' ')[2] === device);
  return line?.split(' - ')[1]?.split(' ')[0] ?? `the file system of device ${device}`;
}

/** A path of the host that was checked to have no symlinks, and must still have none. */
export function openPlain(calls: RemoteKernel['calls'], path: string): Result {
  return calls.openat2(AT_FDCWD, path, {
    flags: ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'],
    resolve: ['RESOLVE_NO_SYMLINKS'],
  });
}
