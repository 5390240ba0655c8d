import { isErrno } from '../../engine/errors.ts';
import type { Config, Mount } from '../../spec/config.ts';
import { namespaceOf } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { isCgroup } from '../rootfs/cgroup-mount.ts';
import type { CgroupDirectory } from './directory.ts';
import type { CgroupHost } from './manager.ts';

/**
 * The host's number of the container's root, if its cgroup is to be his: he has a user and a cgroup namespace, and a
 * cgroup mount that he can write to. An init system in the container then makes cgroups of its own below.
 */
export function cgroupOwner(config: Config): number | undefined {
  if (namespaceOf(config, 'user') === 'host' || namespaceOf(config, 'cgroup') !== 'new') return undefined;
  if (!config.mounts?.some(isWritableCgroup)) return undefined;
  return config.linux?.uidMappings?.find(({ containerID }) => containerID === 0)?.hostID;
}

function isWritableCgroup(mount: Mount): boolean {
  const { options = [] } = mount;
  return isCgroup(mount) && options.lastIndexOf('rw') >= options.lastIndexOf('ro');
}

/** Gives the directory to `uid`, with the files that the kernel says may be given away: limits are not among them. */
export function delegate(directory: CgroupDirectory, uid: number, { engine, log }: CgroupHost): void {
  for (const path of [directory.path, ...delegable(engine).map((file) => `${directory.path}/${file}`)]) {
    try {
      engine.files.chown(path, uid, UNCHANGED);
    } catch (error) {
      // The list is of all controllers.
      if (isErrno(error, 'ENOENT')) continue;
      if (!isErrno(error, 'EPERM', 'EROFS')) throw new ContainerError('cgroup', `delegate ${path}`, { cause: error });
      log.debug(`${path} cannot be given to user ${uid}: the container's root will not be able to divide its cgroup`);
      return;
    }
  }
}

function delegable({ files, decode }: CgroupHost['engine']): readonly string[] {
  try {
    return decode(files.read('/sys/kernel/cgroup/delegate'))
      .split('\n')
      .filter((name) => name !== '');
  } catch {
    return BEFORE_LINUX_4_15;
  }
}

const BEFORE_LINUX_4_15 = ['cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control'];
const UNCHANGED = -1;
