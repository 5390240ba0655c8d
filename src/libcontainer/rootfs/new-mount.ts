import type { IDMapping, Mount } from '../../spec/config.ts';
import type { Operand, Result } from '../../syscalls/batch.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { takeDescriptor } from '../../syscalls/stub/rights.ts';
import { utf8 } from '../../syscalls/utf8.ts';
import { type Creation, namespaceOf } from '../creation.ts';
import { labelOption } from '../init/labels.ts';
import { attach, failedHere } from './attach.ts';
import { copyUp } from './copy-up.ts';
import type { Shape } from './foresight.ts';
import { isIdmapped, withUserNamespace } from './idmap.ts';
import { refuseInsideProc } from './inside-proc.ts';
import { forgetUnmade } from './kept-mounts.ts';
import { isTooLong, longMount } from './long-options.ts';
import { type MountPoint, openMountPoint, openOrdinaryMountPoint } from './mount-point.ts';
import type { ParsedOptions } from './parse-options.ts';
import { mapIdsByInit } from './sources.ts';
import { openOrdinaryDirectory } from './target.ts';

/** A file system of its own: fsopen, its options one by one, then a mount that exists only as a descriptor until it is moved into place. */
export function newMount(creation: Creation, mount: Mount, options: ParsedOptions): void {
  const type = typeOf(mount);
  const point = openMountTarget(creation, mount, type);
  const { target, existed } = point;
  const inherited = type === 'tmpfs' && existed ? inheritedMode(creation, point, options) : [];
  const label = UNLABELLED.has(type) ? undefined : labelOption(creation);
  const all = { ...options, data: [...inherited, ...options.data, ...(label ? [label] : [])] };
  const make = (fitting: ParsedOptions): void => {
    const tree = newFileSystem(creation, type, mount.source, fitting);
    if (type === 'mqueue') {
      ownRoot(creation, tree);
      labelRoot(creation, tree);
    }
    if (isIdmapped(mount, options)) {
      withUserNamespace(creation, mount, options.idmap, (userNamespace) =>
        mapIdsByInit(creation, tree, { userNamespace, recursive: false }),
      );
    }
    if (type === 'tmpfs' && existed && options.manners.has('tmpcopyup')) copyUp(creation.init.kernel, target, tree);
    attach(creation, mount, tree, target, fitting);
  };
  if (all.data.some(isTooLong)) longMount(creation, { mount, target, type, options: all }, make);
  else make(all);
  creation.foresight.covered(mount.destination, shapeOf(type, options));
}

function shapeOf(type: string, { manners }: ParsedOptions): Shape {
  if (type === 'tmpfs') return manners.has('tmpcopyup') ? 'other' : 'empty';
  return KERNELS_OWN.has(type) ? 'kernel' : 'other';
}

const KERNELS_OWN = new Set(['proc', 'sysfs', 'cgroup2', 'devpts', 'mqueue']);

/** On a host with cgroup v2 only, `cgroup` can mean nothing else. */
function typeOf({ type = 'none' }: Mount): string {
  return type === 'cgroup' ? 'cgroup2' : type;
}

/** proc, sysfs and cgroup2 are labelled by the policy; a mqueue takes a label as an attribute only. */
const UNLABELLED = new Set(['proc', 'sysfs', 'cgroup2', 'mqueue']);

export function newFileSystem(
  creation: Creation,
  type: string,
  source: string | undefined,
  options: Pick<ParsedOptions, 'superblock' | 'data' | 'own'>,
  calls = creation.init.kernel.calls,
): Result {
  const context = calls.fsopen(type, ['FSOPEN_CLOEXEC']);
  if (source) calls.fsconfig(context, 'FSCONFIG_SET_STRING', 'source', source, 0);
  configure(calls, context, options);
  calls.fsconfig(context, 'FSCONFIG_CMD_CREATE', null, null, 0);
  const attributes = options.own.set.filter((attribute) => attribute !== 'MOUNT_ATTR__ATIME');
  const tree = calls.fsmount(context, ['FSMOUNT_CLOEXEC'], attributes);
  calls.close(context);
  return tree;
}

export function configure(
  calls: RemoteKernel['calls'],
  context: Operand,
  { superblock, data }: Pick<ParsedOptions, 'superblock' | 'data'>,
): void {
  for (const flag of superblock) calls.fsconfig(context, 'FSCONFIG_SET_FLAG', flag, null, 0);
  for (const option of data) {
    const equals = option.indexOf('=');
    if (equals < 0) calls.fsconfig(context, 'FSCONFIG_SET_FLAG', option, null, 0);
    else calls.fsconfig(context, 'FSCONFIG_SET_STRING', option.slice(0, equals), option.slice(equals + 1), 0);
  }
}

function openMountTarget(creation: Creation, mount: Mount, type: string): MountPoint {
  const { destination } = mount;
  if (type === 'proc' || type === 'sysfs') {
    return openOrdinaryMountPoint(creation, destination, type);
  }
  const point = openMountPoint(creation, destination, 'directory');
  refuseInsideProc(creation, mount, point);
  return point;
}

/** A tmpfs over a directory of the image takes over its mode (so /tmp stays 1777), unless told otherwise. */
function inheritedMode(creation: Creation, { target, sight }: MountPoint, options: ParsedOptions): string[] {
  if (options.data.some((option) => option.startsWith('mode='))) return [];
  const known = sight === 'missing' ? undefined : sight?.mode;
  if (known !== undefined) return [`mode=${known.toString(8)}`];
  const { kernel } = creation.init;
  const facts = kernel.output(statx.size);
  kernel.calls.statx(target, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], facts);
  kernel.flush();
  return [`mode=${(readField(statx, 'stx_mode', facts.bytes) & 0o7777).toString(8)}`];
}

/** The kernel made it with the IPC namespace, when init had no ID that its user namespace maps: we give it to its root. */
function ownRoot({ config, facts, init, engine }: Creation, tree: Operand): void {
  if (facts.caller.uid !== 0 || namespaceOf(config, 'user') !== 'new' || namespaceOf(config, 'ipc') !== 'new') return;
  const rootOf = (mappings: readonly IDMapping[] = []): number =>
    mappings.find(({ containerID }) => containerID === 0)?.hostID ?? -1;
  const fd = takeDescriptor(facts.kernel, init.kernel, init.port, tree);
  const { uidMappings, gidMappings } = config.linux ?? {};
  facts.kernel.calls.fchownat(fd, '', rootOf(uidMappings), rootOf(gidMappings), ['AT_EMPTY_PATH']);
  engine.files.close(fd);
}

/** Every message queue mount of an IPC namespace is one file system, made before anyone could give it options. */
function labelRoot(creation: Creation, tree: Operand): void {
  const label = labelOption(creation)?.replace(/^[^=]*=/, '');
  if (label === undefined) return;
  const { calls } = creation.init.kernel;
  const root = calls.openat2(tree, '.', { flags: ['O_RDONLY', 'O_DIRECTORY', 'O_CLOEXEC'] });
  calls.fsetxattr(root, 'security.selinux', utf8(label), 0);
  calls.close(root);
}

/**
 * A sysfs shows a network namespace, and who does not own that may not mount one. The host's, with all that is mounted
 * in it, shows the same network then; crun does so too.
 */
export function sysfsMount(creation: Creation, mount: Mount, options: ParsedOptions): void {
  const { kernel } = creation.init;
  if (namespaceOf(creation.config, 'user') === 'host') return newMount(creation, mount, options);
  try {
    newMount(creation, mount, options);
    kernel.flush();
  } catch (error) {
    if (!failedHere(creation, error, 'EPERM')) throw error;
    forgetUnmade(creation);
    const target = openOrdinaryDirectory(kernel, creation.root, mount.destination, 'sysfs');
    const tree = kernel.calls.open_tree(AT_FDCWD, '/sys', ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC', 'AT_RECURSIVE']);
    // All of it: below the host's /sys lie file systems that a new sysfs would not have brought along.
    attach(creation, mount, tree, target, { ...options, tree: { set: options.own.set, clear: [] } });
  }
}
