import { isErrno } from '../../engine/errors.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { rootOfDirectory, unifiedPath } from '../cgroups/root.ts';
import { ContainerError } from '../errors.ts';
import { processLimitHint } from '../init/builder.ts';
import { pathElements } from '../path.ts';
import type { Entering, EnteringStep } from './entering.ts';

/**
 * Into the container's cgroup, or one below it, by birth: moving a process stops all others of the machine for a
 * moment, and a process of a user namespace could not be born into a cgroup of the host any more.
 */
export function enterCgroup(subCgroup: string | undefined): EnteringStep {
  return {
    name: 'enter the cgroup',
    pointer: '/linux/cgroupsPath',
    do(entering) {
      const { directory } = entering.cgroup;
      if (directory === undefined) return;
      if (subCgroup !== undefined) return bornIn(entering, below(directory, subCgroup));
      try {
        bornIn(entering, directory);
      } catch (error) {
        if (entering.facts.saved.rootless && isErrno(error, 'EACCES', 'EPERM')) return;
        if (!isErrno(error, 'EBUSY')) throw error;
        // It has handed controllers down, and so holds no processes: init has moved into one below it.
        bornIn(entering, cgroupOfInit(entering, directory));
      }
    },
    hint: (error) => {
      const { code } = error;
      if (code === 'ENOENT') return 'there is no such cgroup';
      return code === 'EBUSY'
        ? 'it hands controllers down to cgroups below it, and so cannot hold processes'
        : processLimitHint(error);
    },
  };
}

function bornIn(entering: Entering, directory: string): void {
  const { calls } = entering.init.kernel;
  const cgroup = calls.openat(AT_FDCWD, directory, ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0);
  entering.continueIn('in the cgroup', ['CLONE_INTO_CGROUP'], cgroup);
}

/** By its text alone: in a cgroup file system there are no links. */
function below(directory: string, subCgroup: string): string {
  const path = `/${pathElements(`${directory}/${subCgroup}`).join('/')}`;
  if (path === directory || path.startsWith(`${directory}/`)) return path;
  throw new ContainerError('invalid-argument', `${subCgroup} is not a sub cgroup path`);
}

function cgroupOfInit({ facts }: Entering, directory: string): string {
  const { engine, saved } = facts;
  const text = engine.decode(engine.files.read(`/proc/${saved.init_process_pid}/cgroup`));
  return `${rootOfDirectory(directory).mount}${unifiedPath(text) ?? ''}`;
}
