import type { Config, Mount } from '../../spec/config.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { isCgroup } from '../rootfs/cgroup-mount.ts';
import { isBind } from '../rootfs/mounts.ts';
import { optionsOf } from '../rootfs/parse-options.ts';
import { openTarget, relative } from '../rootfs/target.ts';
import { sourceOf } from './external.ts';
import type { Restoration, RestorationStep } from './restoration.ts';

/**
 * criu wants the root to be a mount whose parent nothing is mounted over: a bind mount of the rootfs in the state
 * directory. It is made in a mount namespace of criu's own, so it is gone with criu, and was never seen by anybody else.
 */
export const mountRoot: RestorationStep = {
  name: 'mount the rootfs for criu',
  pointer: '/root/path',
  do(restoration) {
    const { kernel } = restoration.criu.stub;
    restoration.root = restoration.state.makeCriuRoot();
    kernel.calls.unshare(['CLONE_NEWNS']);
    kernel.calls.umask(0);
    makeParentPrivate(kernel, restoration.root);
    attachRoot(kernel, restoration, { isPrivate: true });
    makeMountPoints(kernel, restoration);
    // With all that had to be mounted to make mount points in it.
    kernel.calls.umount2(restoration.root, ['MNT_DETACH']);
    attachRoot(kernel, restoration, { isPrivate: false });
    kernel.flush();
  },
};

/** In this namespace only: what is mounted below would else appear on the host, too. */
function makeParentPrivate(kernel: RemoteKernel, path: string): void {
  for (let above = path; ; above = above.replace(/\/[^/]*$/, '')) {
    // EINVAL: not the root of a mount.
    const made = kernel.may('EINVAL').mount_setattr(AT_FDCWD, above || '/', [], { propagation: ['MS_PRIVATE'] });
    if (kernel.value(made) >= 0 || above === '') return;
  }
}

/**
 * If it is to be mounted in, it is private: on the host nothing must appear below the rootfs. For criu it is a peer of the
 * rootfs's own mount, which the restored root may be a slave of.
 */
function attachRoot(kernel: RemoteKernel, { facts, root }: Restoration, { isPrivate }: { isPrivate: boolean }): void {
  const { calls } = kernel;
  const tree = calls.open_tree(AT_FDCWD, facts.rootfs, ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC', 'AT_RECURSIVE']);
  if (isPrivate) calls.mount_setattr(tree, '', ['AT_EMPTY_PATH'], { propagation: ['MS_PRIVATE'] });
  calls.move_mount(tree, '', AT_FDCWD, root, ['MOVE_MOUNT_F_EMPTY_PATH']);
  calls.close(tree);
}

/**
 * The rootfs may be another copy of the one that the container was made on: what create would have to make there is
 * made. Bind mounts are there meanwhile, for mount points inside of them.
 */
function makeMountPoints(kernel: RemoteKernel, { facts, root }: Restoration): void {
  const { calls } = kernel;
  const { config, engine, options } = facts;
  const directory = calls.openat(AT_FDCWD, root, ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0);
  for (const mount of lasting(config)) {
    const bind = isBind(mount, optionsOf(mount));
    const source = sourceOf(mount, options.bundle);
    const isFile = bind && engine.files.stat(source).kind !== 'directory';
    const target = openTarget(kernel, directory, mount.destination, isFile ? 'file' : 'directory');
    if (bind) {
      const tree = calls.open_tree(AT_FDCWD, source, ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC', 'AT_RECURSIVE']);
      calls.mount_setattr(tree, '', ['AT_EMPTY_PATH', 'AT_RECURSIVE'], { propagation: ['MS_PRIVATE'] });
      calls.move_mount(tree, '', target, '', ['MOVE_MOUNT_F_EMPTY_PATH', 'MOVE_MOUNT_T_EMPTY_PATH']);
      calls.close(tree);
    }
    calls.close(target);
  }
  calls.close(directory);
}

/** Of a tmpfs criu restores what is in it, and a cgroup2 lies in sysfs. */
function lasting({ mounts = [] }: Config): Mount[] {
  const within = (mount: Mount, other: Mount): boolean =>
    other.type === 'tmpfs' && `${relative(mount.destination)}/`.startsWith(`${relative(other.destination)}/`);
  return mounts.filter(
    (mount) =>
      !isCgroup(mount) &&
      !optionsOf(mount).manners.has('remount') &&
      !mounts.some((other) => other !== mount && within(mount, other)),
  );
}
