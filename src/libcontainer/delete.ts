import type { Hook } from '../spec/config.ts';
import { SIGKILL } from '../syscalls/constants.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { cgroupOf } from './container-cgroup.ts';
import type { Container } from './create.ts';
import { namespaceOf } from './creation.ts';
import { ContainerError } from './errors.ts';
import { runPoststop } from './hooks/poststop.ts';
import { type HookSubject, subjectOf } from './hooks/state.ts';
import type { Host } from './host.ts';
import { removeGroups } from './intel-rdt/group.ts';
import { kernelOf } from './kernel.ts';
import { signalInit } from './kill.ts';
import type { Machine } from './machine.ts';
import { isAlive } from './process.ts';
import { unmountRoot } from './rootfs/host-mounts.ts';
import { sleep } from './signal.ts';
import { statusOf } from './status.ts';
import { type SavedState, StateDirectory } from './store.ts';

/**
 * Removes all that create made (runtime.md, "delete"). A created container is ended first, a running one
 * only with `force`. Can be repeated: what an earlier delete or a killed create left is removed as well.
 */
export function remove(host: Host, id: string, options: RemoveOptions): void {
  const directory = openIfThere(host, id, options);
  if (!directory) return;
  const kernel = options.ended?.kernel ?? kernelOf(host.engine);
  const gone = directory.locked(kernel, () => removeLocked(host, kernel, directory, options));
  if (gone) runPoststop({ ...host, kernel }, gone.subject, gone.poststop);
}

interface RemoveOptions {
  readonly force?: boolean;
  /** The container as it was made, by who has reaped its init. One that has got its ID since stays. */
  readonly ended?: Container | undefined;
}

interface Gone {
  readonly subject: HookSubject;
  readonly poststop: readonly Hook[];
}

/** Returns what its last hooks need, since the state directory is no more. */
function removeLocked(
  host: Host,
  kernel: LocalKernel,
  directory: StateDirectory,
  { force = false, ended }: RemoveOptions,
): Gone | undefined {
  const { engine } = host;
  const saved = directory.load();
  if (!saved) {
    // A create that was killed before it wrote anything; there is nothing beside the directory.
    directory.remove();
    if (force) return undefined;
    throw new ContainerError('does-not-exist', 'container does not exist');
  }
  // Somebody has deleted ours, and the ID is another's by now.
  if (ended && !isSame(saved, ended.saved)) return undefined;
  if (directory.isBeingRemoved) {
    directory.remove();
    return undefined;
  }
  const cgroup = ended?.cgroup ?? cgroupOf(host, kernel, saved);
  const status = ended ? 'stopped' : statusOf(engine, directory, saved, cgroup);
  if ((status === 'running' || status === 'paused') && !force) {
    throw new ContainerError('wrong-status', `cannot delete container ${directory.id} that is not stopped: ${status}`);
  }
  const config = ended?.config ?? directory.loadConfig();
  if (status !== 'stopped') endInit(host, saved);
  // Not of a create that was killed: what is on the path then may be the caller's own mount.
  if (namespaceOf(config, 'mount') === 'host' && saved.tsrunc.phase === 'created')
    unmountRoot(kernel, saved.config.rootfs);
  // Whoever is left in it had no pid namespace to die with, or is a stub that has not noticed yet.
  cgroup.remove();
  removeGroups(engine, saved.tsrunc.rdtGroups ?? []);
  directory.remove();
  return { subject: subjectOf(saved), poststop: config.hooks?.poststop ?? [] };
}

function isSame(one: SavedState, other: SavedState): boolean {
  return one.init_process_pid === other.init_process_pid && one.init_process_start === other.init_process_start;
}

function openIfThere(host: Host, id: string, { force }: RemoveOptions): StateDirectory | undefined {
  try {
    return StateDirectory.open(host.engine, host.root, id);
  } catch (error) {
    if (force && error instanceof ContainerError && error.code === 'does-not-exist') return undefined;
    throw error;
  }
}

/** SIGKILL, and the time that the kernel needs to take the namespaces apart. */
export function endInit(host: Host, saved: SavedState): void {
  try {
    signalInit(host, saved, SIGKILL);
  } catch (error) {
    if (!(error instanceof ContainerError) || error.code !== 'not-running') throw error;
  }
  awaitEnd(host.engine, saved);
}

/** At most ten seconds. */
export function awaitEnd(engine: Machine, saved: SavedState): void {
  const kernel = kernelOf(engine);
  for (let wait = 0; isAlive(engine, saved.init_process_pid, saved.init_process_start); wait++) {
    if (wait === TRIES) throw new ContainerError('timeout', 'container init still running');
    sleep(kernel, wait < 10 ? 1 : INTERVAL_MS);
  }
}

const TRIES = 110;
const INTERVAL_MS = 100;
