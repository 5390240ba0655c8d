import { SIGKILL } from '../syscalls/constants.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { signals } from '../syscalls/signals.ts';
import type { Cgroup } from './cgroups/manager.ts';
import { cgroupOf } from './container-cgroup.ts';
import { namespaceOf } from './creation.ts';
import { ContainerError } from './errors.ts';
import type { Host } from './host.ts';
import { kernelOf } from './kernel.ts';
import { isAlive } from './process.ts';
import { statusOf } from './status.ts';
import { type SavedState, StateDirectory } from './store.ts';

/**
 * Sends a signal to the container's init (runtime.md, "kill"). With `all`, and with SIGKILL where init's death does
 * not take the others along, to every process of the container, also to those that have outlived init.
 */
export function kill(host: Host, id: string, signal: number, { all = false }: { all?: boolean }): void {
  const { engine } = host;
  const kernel = kernelOf(engine);
  const directory = StateDirectory.open(engine, host.root, id);
  const saved = directory.load();
  if (!saved) throw new ContainerError('does-not-exist', 'container does not exist');
  const cgroup = cgroupOf(host, kernel, saved);
  const status = statusOf(engine, directory, saved, cgroup);
  const wholeCgroup = all || (signal === SIGKILL && sharesPids(saved, directory));
  const reached = wholeCgroup && signalOthers(kernel, cgroup, saved.init_process_pid, signal);
  if (status === 'stopped' || status === 'creating') {
    if (all || reached) return;
    throw new ContainerError('not-running', 'container not running');
  }
  // The stub is PID 1 of its namespace: what it does not handle, the kernel does not deliver (pid_namespaces(7)).
  // Of a container that has not started everything is undone that a signal of this kind would end.
  const effective = status === 'created' && terminates(signal) ? SIGKILL : signal;
  const sent = sendToInit(host, saved, effective);
  if (!sent && !reached) throw new ContainerError('not-running', 'container not running');
}

/** Init's death does not end the others. Nobody knows before the container is created. */
function sharesPids({ tsrunc }: SavedState, directory: StateDirectory): boolean {
  return tsrunc.phase === 'created' && namespaceOf(directory.loadConfig(), 'pid') !== 'new';
}

/** Throws `not-running` if there is no init. */
export function signalInit(host: Host, saved: SavedState, signal: number): void {
  if (!sendToInit(host, saved, signal)) throw new ContainerError('not-running', 'container not running');
}

/** Through a pidfd whose process is compared after it was opened: a reused PID is never hit. False: no init. */
function sendToInit({ engine }: Host, saved: SavedState, signal: number): boolean {
  const kernel = kernelOf(engine);
  const pidfd = kernel.may('ESRCH').pidfd_open(saved.init_process_pid, 0);
  const gone = pidfd < 0 || !isAlive(engine, saved.init_process_pid, saved.init_process_start);
  const sent = !gone && kernel.may('ESRCH').pidfd_send_signal(pidfd, signal, 0, 0) >= 0;
  if (pidfd >= 0) engine.files.close(pidfd);
  return sent;
}

/** Whether there was anybody. Init gets what is not SIGKILL by itself: once. */
function signalOthers(kernel: LocalKernel, cgroup: Cgroup, init: number, signal: number): boolean {
  const pids = cgroup.pids();
  if (pids.length === 0) return false;
  if (signal === SIGKILL) cgroup.kill();
  else for (const pid of pids) if (pid !== init) kernel.may('ESRCH').kill(pid, signal);
  return true;
}

function terminates(signal: number): boolean {
  const action = signals.find(({ number }) => number === signal)?.action;
  return action === 'terminate' || action === 'core';
}
