import { SyscallError } from '../../engine/errors.ts';
import type { Operand, Result } from '../../syscalls/batch.ts';
import type { Calls } from '../../syscalls/calls.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { errnoCode } from '../../syscalls/errno.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';

/**
 * What is changed in the cgroup file system: `path` counts from the mount point, and neither `..`, nor a symlink, nor
 * another mount on the way leads out of it. `cgroupsPath` and the keys of `unified` come from a configuration.
 */
export interface Beneath {
  /** For writing. */
  open(mount: string, path: string): number;
  mkdir(mount: string, path: string, mode: number): void;
  rmdir(mount: string, path: string): void;
}

export function beneath(kernel: LocalKernel): Beneath {
  return {
    open: (mount, path) =>
      inside(kernel, mount, path, 'openat2', (calls, root) => [
        calls.openat2(root, path, { flags: ['O_WRONLY', 'O_CLOEXEC'], resolve: RESOLVE }),
      ]),
    mkdir: (mount, path, mode) =>
      void inside(kernel, mount, path, 'mkdirat', (calls, root) =>
        inParent(calls, root, path, (parent, name) => calls.mkdirat(parent, name, mode)),
      ),
    rmdir: (mount, path) =>
      void inside(kernel, mount, path, 'unlinkat', (calls, root) =>
        inParent(calls, root, path, (parent, name) => calls.unlinkat(parent, name, ['AT_REMOVEDIR'])),
      ),
  };
}

const RESOLVE = ['RESOLVE_BENEATH', 'RESOLVE_NO_MAGICLINKS', 'RESOLVE_NO_SYMLINKS', 'RESOLVE_NO_XDEV'] as const;

/** One batch, in which every failure is an answer, so that the descriptors are closed in any case. */
function inside(
  kernel: LocalKernel,
  mount: string,
  path: string,
  syscall: string,
  act: (calls: Calls<Result>, root: Operand) => readonly Result[],
): number {
  const results = kernel.batch(
    (_, calls) => {
      const root = calls.openat(AT_FDCWD, mount, DIRECTORY, 0);
      const done = act(calls, root);
      calls.close(root);
      return [root, ...done];
    },
    ['*'],
  );
  // The first failure is why the others failed too.
  const value = (results.find((result) => result.value < 0) ?? results.at(-1))?.value ?? 0;
  if (value >= 0) return value;
  throw new SyscallError(syscall, [JSON.stringify(`${mount}/${path}`)], -value, errnoCode(-value));
}

function inParent(
  calls: Calls<Result>,
  root: Operand,
  path: string,
  act: (parent: Operand, name: string) => Result,
): Result[] {
  const at = path.lastIndexOf('/');
  const parent = calls.openat2(root, at < 0 ? '.' : path.slice(0, at), { flags: DIRECTORY, resolve: RESOLVE });
  const done = act(parent, path.slice(at + 1));
  calls.close(parent);
  return [parent, done];
}

const DIRECTORY = ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'] as const;
