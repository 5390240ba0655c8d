import { isErrno } from '../../engine/errors.ts';
import type { Result } from '../../syscalls/batch.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import { passDescriptor } from '../../syscalls/stub/rights.ts';
import { type Creation, namespaceOf } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { mountsPropagation } from './propagation.ts';

export interface SourceOptions {
  readonly recursive: boolean;
  /** A symlink is the source itself. */
  readonly nofollow?: boolean;
  /** Maps IDs by the user namespace that this descriptor of ours is of. */
  readonly idmap?: { readonly userNamespace: number; readonly recursive: boolean } | undefined;
}

/**
 * A detached copy of the host's mounts at `path`, as a descriptor of init's. In a user namespace init may not even
 * search a directory of mode 0700 on the way, and it may not map IDs; then the runtime opens, and hands over.
 */
export function openSource(creation: Creation, path: string, options: SourceOptions): number | Result {
  const opened = needsRuntime(creation, options) ? openByRuntime(creation, path, options) : undefined;
  return opened ?? creation.init.kernel.calls.open_tree(AT_FDCWD, path, treeFlags(options));
}

function needsRuntime({ config, facts }: Creation, { idmap }: SourceOptions): boolean {
  return idmap !== undefined || (namespaceOf(config, 'user') !== 'host' && facts.caller.uid === 0);
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
  const flags = recursive ? (['AT_EMPTY_PATH', 'AT_RECURSIVE'] as const) : (['AT_EMPTY_PATH'] as const);
  const attributes = { attr_set: ['MOUNT_ATTR_IDMAP'], userns_fd: userNamespace };
  try {
    creation.facts.kernel.calls.mount_setattr(tree, '', flags, attributes);
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
