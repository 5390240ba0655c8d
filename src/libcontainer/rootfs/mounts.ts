import { isErrno } from '../../engine/errors.ts';
import type { Mount } from '../../spec/config.ts';
import type { Operand, Result } from '../../syscalls/batch.ts';
import { AT_FDCWD, superMagic } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statfs, statx } from '../../syscalls/structs.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { type AttributeChange, type ParsedOptions, parseMountOptions } from './mount-options.ts';
import { createTarget, findTarget, openInRoot, openOrdinaryDirectory, openTarget, relative } from './target.ts';

/** One step for each of `mounts`, in their order: a later one may cover or lie in an earlier one. */
export function mountSteps(mounts: readonly Mount[]): CreationStep[] {
  return mounts.map((mount, i) => {
    const options = writableAtFirst(mount, parseMountOptions(mount.options ?? []));
    const bind = isBind(mount, options);
    const what = bind ? `bind mount ${mount.source ?? ''}` : `mount ${mount.type ?? mount.source ?? ''}`;
    return {
      name: `${what} on ${mount.destination}`,
      pointer: `/mounts/${i}`,
      do: (creation) => {
        if (bind) bindMount(creation, mount, options);
        else if (isCgroup(mount)) cgroupMount(creation, mount, options);
        else newMount(creation, mount, options);
      },
      hint: (error) => hints[error.code]?.(mount, bind),
    };
  });
}

/** A read-only tmpfs may still have to take mount points and devices: {@link readonlyTmpfsSteps} closes it. */
function writableAtFirst(mount: Mount, options: ParsedOptions): ParsedOptions {
  if (!isReadonlyTmpfs(mount, options)) return options;
  const own = { ...options.own, set: options.own.set.filter((attribute) => attribute !== 'MOUNT_ATTR_RDONLY') };
  return { ...options, own, superblock: options.superblock.filter((flag) => flag !== 'ro') };
}

function isReadonlyTmpfs(mount: Mount, options: ParsedOptions): boolean {
  return mount.type === 'tmpfs' && !isBind(mount, options) && options.own.set.includes('MOUNT_ATTR_RDONLY');
}

/** After the devices and pivot_root. */
export function readonlyTmpfsSteps(mounts: readonly Mount[]): CreationStep[] {
  return mounts.flatMap((mount, i) => {
    if (!isReadonlyTmpfs(mount, parseMountOptions(mount.options ?? []))) return [];
    return {
      name: `make ${mount.destination} read-only`,
      pointer: `/mounts/${i}`,
      do({ init, root }) {
        const fd = openInRoot(init.kernel.calls, root, mount.destination, ['O_DIRECTORY']);
        init.kernel.calls.mount_setattr(fd, '', ['AT_EMPTY_PATH'], { attr_set: ['MOUNT_ATTR_RDONLY'] });
        init.kernel.calls.close(fd);
      },
    };
  });
}

export function isBind(mount: Mount, options: ParsedOptions): boolean {
  return options.bind !== 'no' || mount.type === 'bind';
}

/** A file system of its own: fsopen, its options one by one, then a mount that exists only as a descriptor until it is moved into place. */
function newMount(creation: Creation, mount: Mount, options: ParsedOptions): void {
  const { calls } = creation.init.kernel;
  const type = mount.type === 'cgroup' ? 'cgroup2' : (mount.type ?? 'none');
  const { target, existed } = newMountTarget(creation, mount, type);
  const inherited = type === 'tmpfs' && existed ? inheritedMode(creation, target, options) : [];
  const context = calls.fsopen(type, ['FSOPEN_CLOEXEC']);
  if (mount.source) calls.fsconfig(context, 'FSCONFIG_SET_STRING', 'source', mount.source, 0);
  for (const flag of options.superblock) calls.fsconfig(context, 'FSCONFIG_SET_FLAG', flag, null, 0);
  for (const option of [...inherited, ...options.data]) {
    const equals = option.indexOf('=');
    if (equals < 0) calls.fsconfig(context, 'FSCONFIG_SET_FLAG', option, null, 0);
    else calls.fsconfig(context, 'FSCONFIG_SET_STRING', option.slice(0, equals), option.slice(equals + 1), 0);
  }
  calls.fsconfig(context, 'FSCONFIG_CMD_CREATE', null, null, 0);
  const attributes = options.own.set.filter((attribute) => attribute !== 'MOUNT_ATTR__ATIME');
  const tree = calls.fsmount(context, ['FSMOUNT_CLOEXEC'], attributes);
  calls.close(context);
  attach(creation, tree, target, options);
}

function isCgroup({ type }: Mount): boolean {
  return type === 'cgroup' || type === 'cgroup2';
}

/**
 * A cgroup2 of the container's own cgroup namespace. Where the kernel refuses one (a user namespace that does
 * not own it), the container's directory of the host's mount does as well: it shows the same.
 */
function cgroupMount(creation: Creation, mount: Mount, options: ParsedOptions): void {
  try {
    newMount(creation, mount, options);
    creation.init.kernel.flush();
  } catch (error) {
    const source = creation.cgroup.directory;
    if (!isErrno(error, 'EPERM', 'EBUSY', 'EINVAL') || source === undefined) throw error;
    bindMount(creation, { ...mount, source }, { ...options, superblock: [], data: [] });
  }
}

function newMountTarget(creation: Creation, mount: Mount, type: string): { target: Result; existed: boolean } {
  const { kernel } = creation.init;
  const { destination } = mount;
  refuseRoot(mount);
  if (type === 'proc' || type === 'sysfs') {
    return { target: openOrdinaryDirectory(kernel, creation.root, destination, type), existed: true };
  }
  const found = findTarget(kernel, creation.root, destination, 'directory');
  const target = found ?? createTarget(kernel, creation.root, destination, 'directory');
  refuseInsideProc(creation, mount, target);
  return { target, existed: found !== undefined };
}

/** A tmpfs over a directory of the image takes over its mode (so /tmp stays 1777), unless told otherwise. */
function inheritedMode(creation: Creation, covered: Result, options: ParsedOptions): string[] {
  if (options.data.some((option) => option.startsWith('mode='))) return [];
  const { kernel } = creation.init;
  const facts = kernel.output(statx.size);
  kernel.calls.statx(covered, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], facts);
  kernel.flush();
  return [`mode=${(readField(statx, 'stx_mode', facts.bytes) & 0o7777).toString(8)}`];
}

/** A piece of the host's tree: cloned as a descriptor, changed, then moved into place. */
function bindMount(creation: Creation, mount: Mount, options: ParsedOptions): void {
  const { kernel } = creation.init;
  refuseRoot(mount);
  const source = absoluteSource(creation, mount);
  const kind = sourceKind(creation, source);
  const target = openTarget(kernel, creation.root, mount.destination, kind);
  const recursive = options.bind === 'rbind';
  const tree = kernel.calls.open_tree(AT_FDCWD, source, [
    'OPEN_TREE_CLONE',
    'OPEN_TREE_CLOEXEC',
    ...(recursive ? (['AT_RECURSIVE'] as const) : []),
  ]);
  refuseInsideProc(creation, mount, target, tree);
  changeAttributes(creation, tree, options.own, false);
  attach(creation, tree, target, options);
}

/** Relative sources count from the bundle, as with runc and crun. */
function absoluteSource(creation: Creation, mount: Mount): string {
  const source = mount.source ?? '';
  if (source === '') throw new ContainerError('invalid-config', 'a bind mount needs a source');
  return source.startsWith('/') ? source : `${creation.facts.options.bundle}/${source}`;
}

function sourceKind(creation: Creation, source: string): 'directory' | 'file' {
  return creation.engine.files.stat(source).kind === 'directory' ? 'directory' : 'file';
}

/** What holds for the tree, then the move, then propagation: attaching into a shared parent would change it again. */
function attach(creation: Creation, tree: Result, target: Result, options: ParsedOptions): void {
  const { calls } = creation.init.kernel;
  if (options.tree) changeAttributes(creation, tree, options.tree, true);
  moveOnto(creation, tree, target);
  for (const { type, recursive } of options.propagations) {
    calls.mount_setattr(tree, '', ['AT_EMPTY_PATH', ...(recursive ? (['AT_RECURSIVE'] as const) : [])], {
      propagation: [type],
    });
  }
  calls.close(tree);
  calls.close(target);
}

export function moveOnto(creation: Creation, tree: Operand, target: Operand): void {
  creation.init.kernel.calls.move_mount(tree, '', target, '', ['MOVE_MOUNT_F_EMPTY_PATH', 'MOVE_MOUNT_T_EMPTY_PATH']);
}

function changeAttributes(creation: Creation, tree: Result, change: AttributeChange, recursive: boolean): void {
  if (change.set.length === 0 && change.clear.length === 0) return;
  const flags = recursive ? (['AT_EMPTY_PATH', 'AT_RECURSIVE'] as const) : (['AT_EMPTY_PATH'] as const);
  creation.init.kernel.calls.mount_setattr(tree, '', flags, { attr_set: change.set, attr_clr: change.clear });
}

function refuseRoot(mount: Mount): void {
  if (relative(mount.destination) === '.') {
    throw new ContainerError(
      'invalid-config',
      `mountpoint ${JSON.stringify(mount.destination)} is on the top of rootfs`,
    );
  }
}

/**
 * Whatever lies in /proc decides about labels, masks and sysctls: nothing may be mounted over it but the
 * files that lxcfs fakes, and onto /proc itself only a procfs (CVE-2019-19921). The target's file system is
 * asked too, since a link in the rootfs can lead there under any name.
 */
function refuseInsideProc(creation: Creation, mount: Mount, target: Result, source?: Result): void {
  const path = relative(mount.destination);
  if (fakedProcFiles.has(path)) return;
  const [onTarget, onSource] = fileSystems(creation, [target, ...(source ? [source] : [])]);
  if (path === 'proc' && onSource === superMagic.PROC_SUPER_MAGIC) return;
  if (path.startsWith('proc/') || path === 'proc' || onTarget === superMagic.PROC_SUPER_MAGIC) {
    throw new ContainerError(
      'invalid-config',
      `${JSON.stringify(mount.destination)} cannot be mounted because it is inside /proc`,
    );
  }
}

function fileSystems(creation: Creation, fds: readonly Result[]): number[] {
  const { kernel } = creation.init;
  const answers = fds.map((fd) => {
    const facts = kernel.output(statfs.size);
    kernel.calls.fstatfs(fd, facts);
    return facts;
  });
  kernel.flush();
  return answers.map((facts) => readField(statfs, 'f_type', facts.bytes));
}

const fakedProcFiles = new Set(
  [
    'cpuinfo',
    'diskstats',
    'meminfo',
    'stat',
    'swaps',
    'uptime',
    'loadavg',
    'slabinfo',
    'sys/kernel/ns_last_pid',
    'sys/crypto/fips_enabled',
  ].map((name) => `proc/${name}`),
);

const hints: Readonly<Record<string, (mount: Mount, bind: boolean) => string | undefined>> = {
  ENODEV: (mount) => `this kernel has no file system ${JSON.stringify(mount.type ?? '')}`,
  EINVAL: (mount, bind) => {
    if (bind) return 'a file cannot be mounted on a directory, nor a directory on what is not a directory';
    if (mount.type === 'devpts') return 'is the gid of gid= mapped in the user namespace?';
    return `does ${mount.type} know all of these options: ${(mount.options ?? []).join(',')}?`;
  },
  ENOENT: (mount, bind) => (bind ? `does ${mount.source} exist?` : undefined),
};
