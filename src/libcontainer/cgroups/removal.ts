import { isErrno } from '../../engine/errors.ts';
import { SIGKILL } from '../../syscalls/constants.ts';
import { ContainerError } from '../errors.ts';
import type { CgroupDirectory } from './directory.ts';
import { freeze, thaw } from './freezer.ts';
import type { CgroupHost } from './manager.ts';

/** Removes a cgroup with all below it, and ends whoever is left in there: as a rule nobody is, and need not be looked for. */
export function endTree(directory: CgroupDirectory, host: CgroupHost): void {
  if (isRemoved(directory)) return;
  killTree(directory, host);
  removeTree(directory, host);
}

/** What else is in the way is told by the next try. */
function isRemoved(directory: CgroupDirectory): boolean {
  try {
    return tryRemove(directory) === undefined;
  } catch {
    return false;
  }
}

/**
 * Removes a cgroup with all below it. A killed process counts as present until it is reaped, so EBUSY is waited
 * out: 1 ms, doubled ten times, a second in all.
 */
export function removeTree(directory: CgroupDirectory, host: CgroupHost): void {
  let failure: unknown;
  for (let delay = 1; delay <= 1024; delay *= 2) {
    failure = tryRemove(directory);
    if (failure === undefined) return;
    host.system.sleep(delay);
  }
  failure = tryRemove(directory);
  if (failure === undefined) return;
  const pids = directory.allProcesses();
  const who = pids.length === 0 ? '' : `, which holds ${pids.length} process(es): ${directory.occupants()}`;
  throw new ContainerError('cgroup', `remove cgroup ${directory.path}${who}`, { cause: failure });
}

/** Asks the kernel first: listing a directory costs more than the refusal that says it has children. */
function tryRemove(directory: CgroupDirectory): unknown {
  try {
    directory.remove();
    return undefined;
  } catch (error) {
    if (!isErrno(error, 'EBUSY', 'ENOTEMPTY')) throw error;
    const children = directory.children();
    if (children.length === 0) return error;
    const failures = children.map(tryRemove).filter((failure) => failure !== undefined);
    return failures.length > 0 ? failures[0] : tryRemove(directory);
  }
}

/** SIGKILL to every process of a cgroup and of those below it, also of frozen ones. */
export function killTree(directory: CgroupDirectory, host: CgroupHost): void {
  try {
    directory.write('cgroup.kill', '1');
  } catch (error) {
    if (!directory.exists()) return;
    // EOPNOTSUPP: a threaded cgroup cannot be killed as one.
    if (!isErrno(error, 'ENOENT', 'EOPNOTSUPP')) {
      throw new ContainerError('cgroup', `kill all processes of ${directory.path}`, { cause: error });
    }
    killOneByOne(directory, host);
  }
}

/** Frozen meanwhile, so that no fork escapes and no PID is used anew between reading and killing it. */
function killOneByOne(directory: CgroupDirectory, host: CgroupHost): void {
  freeze(directory, host);
  try {
    for (const pid of directory.allProcesses()) host.system.kill(pid, SIGKILL);
  } finally {
    thaw(directory);
  }
}
