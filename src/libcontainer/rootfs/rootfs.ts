import type { Config } from '../../spec/config.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { type Creation, type CreationStep, namespaceOf } from '../creation.ts';
import { moveOnto } from './attach.ts';
import { refuseHostMounts, rootMountOnHost } from './host-mounts.ts';
import { closeRoot, enterJoined, pivotJoined, proveRoot, unmountJoined } from './joined-mounts.ts';
import { changeRoot, moveRoot } from './no-pivot.ts';
import { pivotRoot } from './pivot.ts';
import { mountsPropagation, propagationOf } from './propagation.ts';
import { openPlain, openSource } from './sources.ts';

/** The rootfs as a mount, and as a descriptor for all that follows. */
export function rootMounts(config: Config): CreationStep[] {
  refuseHostMounts(config);
  const namespace = namespaceOf(config, 'mount');
  if (namespace === 'host') return [rootMountOnHost];
  return [rootPropagation, namespace === 'new' ? rootMount : rootMountForOthers];
}

/** From here on the rootfs is init's root, and there is no way out. */
export function enterRoot(config: Config, noPivot: boolean): CreationStep[] {
  const namespace = namespaceOf(config, 'mount');
  if (namespace === 'host') return [changeRoot];
  if (namespace === 'new') return [noPivot ? moveRoot : pivotRoot, finalPropagation];
  return noPivot ? [moveRoot, proveRoot, finalPropagation] : [enterJoined];
}

/** What of it changes the root of others too, and what is needed to take it back, until little can fail any more. */
export function lastOfRoot(config: Config, noPivot: boolean): CreationStep[] {
  if (namespaceOf(config, 'mount') !== 'joined') return [];
  return noPivot ? [closeRoot] : [pivotJoined, proveRoot, finalPropagation, closeRoot];
}

/** Before anything is mounted: what happens in here must not reach the host's mount namespace, unless that is asked for. */
const rootPropagation: CreationStep = {
  name: 'set the propagation of the mount namespace',
  pointer: '/linux/rootfsPropagation',
  do(creation) {
    const propagation = [mountsPropagation(creation)];
    creation.init.kernel.calls.mount_setattr(AT_FDCWD, '/', ['AT_RECURSIVE'], { propagation });
  },
};

/**
 * The rootfs as a mount of its own, which pivot_root demands, and as a descriptor for all that follows. It lies at its
 * path, where hooks expect it; on the root itself, if a user namespace cannot reach the path.
 */
const rootMount: CreationStep = {
  name: 'mount the rootfs',
  pointer: '/root/path',
  do(creation) {
    const { kernel } = creation.init;
    const { rootfs } = creation.facts;
    kernel.calls.umask(0);
    const shared = mountsPropagation(creation) === 'MS_SHARED';
    if (shared) makeParentPrivate(creation);
    const tree = openSource(creation, rootfs, { recursive: true, noSymlinks: true });
    if (shared) kernel.calls.mount_setattr(tree, '', ['AT_EMPTY_PATH'], { propagation: ['MS_PRIVATE'] });
    const mayBeBarred = namespaceOf(creation.config, 'user') !== 'host';
    const place = openPlain(mayBeBarred ? kernel.may('EACCES') : kernel.calls, rootfs);
    creation.rootOnTop = mayBeBarred && kernel.value(place) < 0;
    if (creation.rootOnTop) kernel.calls.move_mount(tree, '', AT_FDCWD, '/', ['MOVE_MOUNT_F_EMPTY_PATH']);
    else moveOnto(creation, tree, place);
    kernel.may('EBADF').close(place);
    creation.root = tree;
  },
};

/** In a mount namespace that outlives the container, what a failed create has mounted is taken away again. */
const rootMountForOthers: CreationStep = { ...rootMount, undo: unmountJoined };

/** What is mounted on a shared mount appears on the host; and pivot_root refuses it. */
function makeParentPrivate({ init, facts }: Creation): void {
  const { kernel } = init;
  for (let path = facts.rootfs; ; path = path.replace(/\/[^/]*$/, '')) {
    // EINVAL: not the root of a mount.
    const made = kernel.may('EINVAL').mount_setattr(AT_FDCWD, path || '/', [], { propagation: ['MS_PRIVATE'] });
    if (path === '' || kernel.value(made) >= 0) return;
  }
}

/** Once it is the root: before, a shared one could not have become it. */
const finalPropagation: CreationStep = {
  name: 'set the propagation of the root',
  pointer: '/linux/rootfsPropagation',
  do(creation) {
    const { type, recursive } = propagationOf(creation);
    if (type !== 'MS_SHARED' && type !== 'MS_UNBINDABLE') return;
    creation.init.kernel.calls.mount_setattr(AT_FDCWD, '/', recursive ? ['AT_RECURSIVE'] : [], { propagation: [type] });
  },
};

/** Last of all that changes the rootfs: mount points may have had to be created in it. */
export const rootReadonly: CreationStep = {
  name: 'make the root read-only',
  pointer: '/root/readonly',
  do(creation) {
    creation.init.kernel.calls.mount_setattr(AT_FDCWD, '/', [], { attr_set: ['MOUNT_ATTR_RDONLY'] });
  },
};
