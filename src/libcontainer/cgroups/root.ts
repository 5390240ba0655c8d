import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import { ContainerError } from '../errors.ts';

/** Where the unified hierarchy is, and where in it this process is. */
export interface CgroupRoot {
  /** The mount point of cgroup2. */
  readonly mount: string;
  /** The controllers are shared with cgroup v1: what v1 holds is missing here. */
  readonly hybrid: boolean;
  /** The runtime's own cgroup, from the mount point: `/user.slice/session-1.scope`. */
  readonly own: string;
}

/** Finds the cgroup2 mount of a pure (`/sys/fs/cgroup`) or hybrid (`/sys/fs/cgroup/unified`) machine. */
export function findCgroupRoot(engine: Pick<Engine, 'files' | 'decode'>, paths: RootPaths = systemPaths): CgroupRoot {
  const own = unifiedPath(engine.decode(engine.files.read(paths.self)));
  const mount = [paths.pure, paths.hybrid].find((path) => isCgroup2(engine, path));
  if (mount === undefined || own === undefined) {
    throw new ContainerError('host', `no cgroup v2 hierarchy is mounted at ${paths.pure} or ${paths.hybrid}`, {
      hint: 'boot with systemd.unified_cgroup_hierarchy=1, or mount -t cgroup2 cgroup2 there',
    });
  }
  return { mount, hybrid: mount === paths.hybrid, own };
}

/** The hierarchy that a recorded directory lies in, told by its path alone. */
export function rootOfDirectory(directory: string): Pick<CgroupRoot, 'mount' | 'hybrid'> {
  const hybrid = directory.startsWith(`${systemPaths.hybrid}/`);
  return { mount: hybrid ? systemPaths.hybrid : systemPaths.pure, hybrid };
}

export interface RootPaths {
  readonly pure: string;
  readonly hybrid: string;
  readonly self: string;
}

const systemPaths: RootPaths = {
  pure: '/sys/fs/cgroup',
  hybrid: '/sys/fs/cgroup/unified',
  self: '/proc/self/cgroup',
};

/** A process's place in the unified hierarchy, from the text of its /proc/PID/cgroup: `0::/path`. */
export function unifiedPath(text: string): string | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith('0::'));
  return line?.slice('0::'.length).replace(/ \(deleted\)$/, '');
}

/** Only the directories of cgroup2 have this file; a hybrid machine's /sys/fs/cgroup is a tmpfs. */
function isCgroup2({ files }: Pick<Engine, 'files'>, path: string): boolean {
  try {
    return files.stat(`${path}/cgroup.controllers`).kind === 'file';
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return false;
    throw error;
  }
}
