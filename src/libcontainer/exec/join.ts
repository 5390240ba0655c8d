import type { Result } from '../../syscalls/batch.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import { namespaceOf } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { becomeRoot } from '../init/id-maps.ts';
import { type NamespaceType, namespaces } from '../namespaces.ts';
import { isAlive } from '../process.ts';
import type { Entering, EnteringStep } from './entering.ts';

/**
 * All are opened before any is joined, through one descriptor of init's directory in /proc. If init still is the
 * recorded process after that, the descriptor has been its all the time: a reused PID is never entered.
 */
export const openNamespaces: EnteringStep = {
  name: 'open the namespaces of the container',
  pointer: '/linux/namespaces',
  do(entering) {
    const { engine, config, saved } = entering.facts;
    const { kernel } = entering.init;
    const { init_process_pid: pid, init_process_start: startTime } = saved;
    const calls = kernel.may('ENOENT', 'ESRCH', 'EBADF');
    const directory = calls.openat(AT_FDCWD, `/proc/${pid}`, ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0);
    const opened = containersOwn(entering).map((type) => {
      const fd = calls.openat(directory, `ns/${namespaces[type].file}`, ['O_RDONLY', 'O_CLOEXEC'], 0);
      const facts = kernel.output(statx.size);
      calls.statx(fd, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], facts);
      return { type, fd, facts };
    });
    if (namespaceOf(config, 'mount') === 'host')
      entering.root = calls.openat(directory, 'root', ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0);
    calls.close(directory);
    kernel.flush();
    if (!isAlive(engine, pid, startTime)) throw new ContainerError('wrong-status', STOPPED);
    for (const { type, fd, facts } of opened) {
      const ours = engine.files.stat(`/proc/self/ns/${namespaces[type].file}`).ino;
      if (readField(statx, 'stx_ino', facts.bytes) === ours) kernel.calls.close(fd);
      else entering.namespaces.set(type, fd);
    }
  },
  hint: ({ code }) => (code === 'EACCES' ? 'it takes CAP_SYS_PTRACE, or to be the owner of the container' : undefined),
};

export const STOPPED = 'cannot exec in a stopped container';

/**
 * The user namespace comes after those that we may join, while our privileges for them are still there, and before those
 * that are joined by the privileges which it gives.
 */
export const joinNamespaces: EnteringStep = {
  name: 'join the namespaces of the container',
  pointer: '/linux/namespaces',
  do(entering) {
    const { kernel } = entering.init;
    const { calls } = kernel;
    const user = entering.namespaces.get('user');
    const others = [...entering.namespaces].filter(([type]) => type !== 'user');
    const join = (through: typeof calls, [type, fd]: (typeof others)[number]): Result =>
      through.setns(fd, [namespaces[type].flag]);
    const first = others.map((other) => join(user ? kernel.may('EPERM') : calls, other));
    if (user) {
      calls.setns(user, ['CLONE_NEWUSER']);
      becomeRoot(kernel, entering.facts.config);
      kernel.flush();
      for (const [i, other] of others.entries()) if (first[i]?.failed) join(calls, other);
    }
    for (const fd of entering.namespaces.values()) calls.close(fd);
    if (!entering.root) return;
    calls.fchdir(entering.root);
    calls.chroot('.');
    calls.chdir('/');
    calls.close(entering.root);
  },
  hint: ({ code }) => (code === 'EPERM' ? 'it takes CAP_SYS_ADMIN in the user namespace that owns it' : undefined),
};

/** Those that the container does not share with the host. */
function containersOwn({ facts }: Entering): NamespaceType[] {
  const types = Object.keys(namespaces) as NamespaceType[];
  return types.filter((type) => namespaceOf(facts.config, type) !== 'host');
}
