import type { FileStat } from '../../engine/engine.ts';
import type { Config, Device } from '../../spec/config.ts';
import type { Memory, Result } from '../../syscalls/batch.ts';
import { AT_FDCWD, fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import { errnoNumber } from '../../syscalls/errno.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { moveOnto } from './attach.ts';
import { apart, openMountPoint } from './mount-point.ts';
import { isBind } from './mounts.ts';
import { optionsOf } from './parse-options.ts';
import { missingHint, openInRoot, openTarget, relative } from './target.ts';

/** The devices that every Linux container has (config-linux.md, "Default Devices"). */
const defaultDevices: readonly Device[] = (
  [
    ['null', 1, 3],
    ['zero', 1, 5],
    ['full', 1, 7],
    ['random', 1, 8],
    ['urandom', 1, 9],
    ['tty', 5, 0],
  ] as const
).map(([name, major, minor]) => ({ path: `/dev/${name}`, type: 'c', major, minor, fileMode: 0o666, uid: 0, gid: 0 }));

/** Where the devices of a container are: those that it has by default, and those that it asks for. */
export function deviceNames({ linux }: Config): string[] {
  return [...new Set([...defaultDevices, ...(linux?.devices ?? [])].map(({ path }) => path))];
}

/** Links that programs expect in /dev: made where nothing has the name (config-linux.md, "Default Devices"; runc). */
const links = [
  ['/proc/self/fd', 'fd'],
  ['/proc/self/fd/0', 'stdin'],
  ['/proc/self/fd/1', 'stdout'],
  ['/proc/self/fd/2', 'stderr'],
] as const;

/** Where /dev is the host's own, bound in, nothing is made there. */
export function deviceSteps(config: Config): CreationStep[] {
  const foreign = (config.mounts ?? []).some(
    (mount) => relative(mount.destination) === 'dev' && isBind(mount, optionsOf(mount)),
  );
  if (foreign) return [];
  const asked = config.linux?.devices ?? [];
  const wanted = defaultDevices.filter(({ path }) => !asked.some((device) => relative(device.path) === relative(path)));
  return [
    { name: 'make the default devices', do: (creation) => makeDevices(creation, wanted), hint: missingHint },
    ...asked
      .map((device, i) => ({ device, pointer: `/linux/devices/${i}` }))
      .filter(({ device }) => relative(device.path) !== 'dev/ptmx')
      .map(({ device, pointer }) => ({
        name: `make device ${device.path}`,
        pointer,
        do: (creation: Creation) => makeDevices(creation, [device]),
        hint: missingHint,
      })),
    { name: 'make the links in /dev', do: makeLinks },
  ];
}

function makeDevices(creation: Creation, devices: readonly Device[]): void {
  const { kernel } = creation.init;
  const parents = new Map<string, Result>();
  const nodes = devices.map((device) => {
    const { directory, name } = apart(device.path);
    const parent = parents.get(directory) ?? openMountPoint(creation, directory, 'directory').target;
    parents.set(directory, parent);
    const type = deviceTypes[device.type];
    if (type === undefined) {
      throw new ContainerError('invalid-config', `unknown device type ${JSON.stringify(device.type)}`);
    }
    const mode = (device.fileMode ?? 0o666) & 0o7777;
    const made = kernel.may('EEXIST', 'EPERM').mknodat(parent, name, type | mode, deviceNumber(device));
    const node = openInRoot(kernel.may('ENOENT'), parent, name, ['O_NOFOLLOW']);
    const facts = kernel.output(statx.size);
    kernel.may('EBADF').statx(node, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], facts);
    return { device, made, node, facts };
  });
  for (const parent of parents.values()) kernel.calls.close(parent);
  if (nodes.length) kernel.flush();
  for (const { device, made, node, facts } of nodes) {
    const isRefused = made.value === -errnoNumber('EPERM');
    if (isRefused) bindDevice(creation, device);
    else refuseOther(device, node.failed ? undefined : facts);
    // By descriptor, and only what is ours: by now the name may be another file's.
    if (!made.failed) giveNode(creation, device, node, facts);
    if (isNull(device) && !isRefused) creation.nullDevice ??= node.value;
    if (node.failed || node.value !== creation.nullDevice) kernel.may('EBADF').close(node);
  }
}

/** It belongs to init, but its group may be that of the directory. */
function giveNode({ init }: Creation, { uid = 0, gid = 0 }: Device, node: Result, { bytes }: Memory): void {
  if (readField(statx, 'stx_uid', bytes) === uid && readField(statx, 'stx_gid', bytes) === gid) return;
  init.kernel.calls.fchownat(node, '', uid, gid, ['AT_EMPTY_PATH']);
}

/** What {@link nullDevice} would open, and just proven to be it. */
function isNull({ path, type, major, minor }: Device): boolean {
  return relative(path) === 'dev/null' && deviceTypes[type] === fileTypes.S_IFCHR && major === 1 && minor === 3;
}

/** In a user namespace mknod is not allowed: the host's node is bound in, if it is the one that was asked for. */
function bindDevice(creation: Creation, device: Device): void {
  const { kernel } = creation.init;
  const host = hostNode(creation, device.path);
  const type = deviceTypes[device.type];
  if (!host || (host.mode & S_IFMT) !== type || host.rdev !== deviceNumber(device)) {
    throw new ContainerError('host', `${device.path}: mknod is not permitted and the host has no such device to bind`);
  }
  const target = openTarget(kernel, creation.root, device.path, 'file');
  const tree = kernel.calls.open_tree(AT_FDCWD, device.path, ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC']);
  moveOnto(creation, tree, target);
  kernel.calls.close(tree);
  kernel.calls.close(target);
}

function hostNode({ engine }: Creation, path: string): FileStat | undefined {
  try {
    return engine.files.lstat(path);
  } catch {
    return undefined;
  }
}

/** An existing node must be the one asked for (config-linux.md, "Devices": MUST generate an error). */
function refuseOther(device: Device, facts: Memory | undefined): void {
  const field = (name: keyof typeof statx.fields & string) => (facts ? readField(statx, name, facts.bytes) : -1);
  const same =
    facts !== undefined &&
    (field('stx_mode') & S_IFMT) === deviceTypes[device.type] &&
    (device.type === 'p' || (field('stx_rdev_major') === device.major && field('stx_rdev_minor') === device.minor));
  if (!same) throw new ContainerError('invalid-config', `${device.path} exists and is another file`);
}

/** `c` and `u` are the same to the kernel. */
const deviceTypes: Readonly<Record<string, number>> = {
  c: fileTypes.S_IFCHR,
  u: fileTypes.S_IFCHR,
  b: fileTypes.S_IFBLK,
  p: fileTypes.S_IFIFO,
};

/** makedev(3): the kernel's encoding of a device number in 32 bits. */
function deviceNumber({ major = 0, minor = 0 }: Device): number {
  return ((Number(minor) & 0xff) | (Number(major) << 8) | ((Number(minor) & ~0xff) << 12)) >>> 0;
}

function makeLinks(creation: Creation): void {
  const { kernel } = creation.init;
  const dev = openInRoot(kernel.calls, creation.root, '/dev', ['O_DIRECTORY']);
  // The container's own multiplexer, whatever the image brought along.
  kernel.may('ENOENT').unlinkat(dev, 'ptmx', []);
  kernel.calls.symlinkat('pts/ptmx', dev, 'ptmx');
  for (const [target, name] of links) {
    kernel.may('EEXIST').symlinkat(target, dev, name);
    creation.foresight.unsure(`/dev/${name}`);
  }
  if (hasKcore(creation)) kernel.may('EEXIST').symlinkat('/proc/kcore', dev, 'core');
  kernel.calls.close(dev);
}

function hasKcore({ engine }: Creation): boolean {
  try {
    engine.files.lstat('/proc/kcore');
    return true;
  } catch {
    return false;
  }
}
