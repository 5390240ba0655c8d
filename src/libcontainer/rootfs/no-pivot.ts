import { AT_FDCWD } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { moveOnto } from './attach.ts';
import { newFileSystem } from './new-mount.ts';
import { propagationOf } from './propagation.ts';

/**
 * `--no-pivot`: the rootfs is moved over the root instead, for hosts whose root is a ramdisk. The host's mounts stay in
 * the namespace, below, where no path leads; but a full procfs or sysfs among them allows whoever makes a user
 * namespace in the container to mount another one without the masks. So those go first.
 */
export const moveRoot: CreationStep = {
  name: 'move the rootfs over the root',
  pointer: '/root/path',
  do(creation) {
    if (propagationOf(creation).type === 'MS_PRIVATE') {
      throw new ContainerError('invalid-config', 'rootfsPropagation=[r]private is not safe without pivot_root');
    }
    const { calls } = creation.init.kernel;
    for (const path of fullKernelMounts(creation)) hide(creation, path);
    if (!creation.rootOnTop) calls.move_mount(creation.root, '', AT_FDCWD, '/', ['MOVE_MOUNT_F_EMPTY_PATH']);
    changeRoot.do(creation);
  },
};

/** For a container without a mount namespace this is all: pivot_root would change everybody's root. */
export const changeRoot: CreationStep = {
  name: 'change the root',
  pointer: '/root/path',
  do({ init, root }) {
    const { calls } = init.kernel;
    calls.fchdir(root);
    calls.chroot('.');
    calls.chdir('/');
  },
};

/** Those that are not the container's own, the innermost first. */
function fullKernelMounts(creation: Creation): string[] {
  const { engine, init } = creation;
  const { kernel } = init;
  const facts = kernel.output(statx.size);
  kernel.calls.statx(creation.root, '', ['AT_EMPTY_PATH'], ['STATX_MNT_ID'], facts);
  kernel.flush();
  const own = new Set([String(readField(statx, 'stx_mnt_id', facts.bytes))]);
  const lines = engine
    .decode(engine.files.read(`/proc/${init.pid}/mountinfo`))
    .trim()
    .split('\n');
  const paths: string[] = [];
  for (const line of lines) {
    const [id = '', parent = '', , root, path = ''] = line.split(' ');
    // A mount is listed after the one that it lies on.
    if (own.has(parent)) own.add(id);
    const type = line.split(' - ')[1]?.split(' ')[0];
    if (!own.has(id) && root === '/' && (type === 'proc' || type === 'sysfs')) paths.unshift(unescaped(path));
  }
  return paths;
}

/** In a user namespace the host's mounts are locked: then an empty file system covers it. */
function hide(creation: Creation, path: string): void {
  const { kernel } = creation.init;
  const unmounted = kernel.may('EINVAL', 'EPERM').umount2(path, ['MNT_DETACH']);
  if (kernel.value(unmounted) >= 0) return;
  const tree = newFileSystem(creation, 'tmpfs', 'tmpfs', {
    superblock: ['ro'],
    data: [],
    own: { set: ['MOUNT_ATTR_RDONLY'], clear: [] },
  });
  const target = kernel.calls.openat(AT_FDCWD, path, ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0);
  moveOnto(creation, tree, target);
  for (const fd of [tree, target]) kernel.calls.close(fd);
}

/** mountinfo writes space, tab, line feed and backslash as three octal digits. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
