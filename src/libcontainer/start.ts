import type { LocalKernel } from '../syscalls/local-port.ts';
import { cgroupOf } from './container-cgroup.ts';
import { ContainerError } from './errors.ts';
import type { Host } from './host.ts';
import { connectParked } from './init/park.ts';
import { Starting, startRecipe } from './init/start.ts';
import { kernelOf } from './kernel.ts';
import { perform } from './recipe.ts';
import { type Status, statusOf } from './status.ts';
import { StateDirectory } from './store.ts';

/**
 * Has the parked init become the container's program (runtime.md, "start"). Returns when it runs; if execve
 * fails, now or past its point of no return, throws why.
 */
export function start(host: Host, id: string): void {
  const kernel = kernelOf(host.engine);
  const state = StateDirectory.open(host.engine, host.root, id);
  // Two starts at once: the second waits here, and finds the container running.
  state.locked(kernel, () => startLocked(host, kernel, state));
}

function startLocked(host: Host, kernel: LocalKernel, state: StateDirectory): void {
  const { engine, log } = host;
  const saved = state.load();
  if (!saved) throw new ContainerError('does-not-exist', 'container does not exist');
  const config = state.loadConfig();
  const cgroup = cgroupOf(host, kernel, saved);
  refuse(statusOf(engine, state, saved, cgroup));
  if (!config.process)
    throw new ContainerError('invalid-config', 'process property must not be empty', { pointer: '/process' });

  const { init_process_pid: pid, tsrunc } = saved;
  const init = connectParked(engine, kernel, state, { pid, ...tsrunc.parked });
  const starting = new Starting({ engine, kernel, log, saved, process: config.process, config }, init, cgroup);
  perform(startRecipe(config.process), starting);
  state.removeSocket();
}

function refuse(status: Status): void {
  const reasons: Readonly<Record<Exclude<Status, 'created'>, string>> = {
    creating: 'cannot start a container that is still being created',
    running: 'cannot start an already running container',
    stopped: 'cannot start a container that has stopped',
    paused: 'cannot start a container in the paused state',
  };
  if (status !== 'created') throw new ContainerError('wrong-status', reasons[status]);
}
