import type { LocalKernel } from '../syscalls/local-port.ts';
import { StubGone } from '../syscalls/stub/stub-port.ts';
import { type OomWitness, oomObituary } from './cgroups/obituary.ts';
import { cgroupOf } from './container-cgroup.ts';
import type { Container, Unparked } from './create.ts';
import type { StubProcess } from './creation.ts';
import { awaitEnd, endInit } from './delete.ts';
import { ContainerError, report } from './errors.ts';
import type { Attendant } from './foreground.ts';
import { runPoststart } from './hooks/start.ts';
import type { Host } from './host.ts';
import { connectParked } from './init/park.ts';
import type { Looked } from './init/program.ts';
import { startRecipe } from './init/start.ts';
import { startingInit } from './init/starting.ts';
import { kernelOf } from './kernel.ts';
import { listeningProcess } from './listen-fds.ts';
import { type NotifyRelay, notifyRelay } from './notify-socket.ts';
import { perform, stubDied } from './recipe.ts';
import { filterOf } from './seccomp/steps.ts';
import { type Status, statusOf } from './status.ts';
import { type SavedState, StateDirectory } from './store.ts';

/**
 * Has the parked init become the container's program (runtime.md, "start"). Returns when it runs; if execve
 * fails, now or past its point of no return, throws why. With a socket of systemd's, waits until the container is ready.
 */
export function start(host: Host, id: string): void {
  const kernel = kernelOf(host.engine);
  const state = StateDirectory.open(host.engine, host.root, id);
  // Two starts at once: the second waits here, and finds the container running.
  const started = state.locked(kernel, () => startParked(host, kernel, state));
  // Without the lock: a hook may hang, and somebody must be able to delete the container then.
  poststart(host, started);
  started.relay?.awaitReady(started.saved.init_process_pid);
}

/** As {@link start} for what this process has made. In the foreground the caller waits, who gets what to attend to. */
export function startUnparked(host: Host, container: Unparked, foreground?: Attendant[]): void {
  let started: Started;
  try {
    started = begin(host, container, () => container.init, container.looked);
  } finally {
    container.unlock();
  }
  poststart(host, started);
  const { relay, saved } = started;
  if (!relay) return;
  if (foreground) foreground.push(relay);
  else relay.awaitReady(saved.init_process_pid);
}

interface Started extends Container {
  readonly relay: NotifyRelay | undefined;
}

function startParked(host: Host, kernel: LocalKernel, state: StateDirectory): Started {
  const { engine } = host;
  const saved = state.load();
  if (!saved) throw new ContainerError('does-not-exist', 'container does not exist');
  const config = state.loadConfig();
  const cgroup = cgroupOf(host, kernel, saved);
  refuse(statusOf(engine, state, saved, cgroup), cgroup);
  const parked = { pid: saved.init_process_pid, ...saved.tsrunc.parked };
  const started = begin(host, { kernel, state, saved, config, cgroup }, () =>
    wakened(cgroup, () => connectParked(engine, kernel, state, parked)),
  );
  state.removeSocket();
  return started;
}

/** Under the lock. */
function begin(host: Host, container: Container, connect: () => StubProcess, looked?: Looked): Started {
  const { engine, log } = host;
  const { kernel, state, saved, config, cgroup } = container;
  if (!config.process)
    throw new ContainerError('invalid-config', 'process property must not be empty', { pointer: '/process' });

  // Before there is somebody to be heard.
  const relay = notifyRelay(host, kernel, state);
  const init = connect();
  const filter = filterOf(engine, state, config);
  const process = listeningProcess(engine, config.process, saved);
  const facts = { engine, kernel, log, saved, process, config, filter, looked };
  const starting = startingInit(facts, cgroup, init);
  try {
    perform(startRecipe(starting.facts), starting);
  } catch (error) {
    dismiss(host, saved, init);
    throw error;
  }
  return { ...container, relay };
}

/** Init ends when its socket does. Who asks for the state after a start that failed is to hear `stopped`, not that init has yet to notice. */
function dismiss({ engine, log }: Host, saved: SavedState, init: StubProcess): void {
  init.port.close();
  try {
    awaitEnd(engine, saved);
  } catch (error) {
    log.debug(report(error).message);
  }
}

/** Its memory limit may have been lowered since create to where accept4 is one page too many. */
function wakened(cgroup: OomWitness, connect: () => StubProcess): StubProcess {
  try {
    return connect();
  } catch (error) {
    if (error instanceof StubGone) throw stubDied({ name: 'wake the container init' }, undefined, oomObituary(cgroup));
    throw error;
  }
}

/** A hook that fails stops the container (runtime.md, "Lifecycle", step 9); what is left of it is for `delete`. */
function poststart(host: Host, { kernel, saved, config, cgroup }: Started): void {
  const hooks = config.hooks?.poststart ?? [];
  if (hooks.length === 0) return;
  try {
    runPoststart({ ...host, kernel }, saved, hooks);
  } catch (error) {
    endInit(host, saved);
    cgroup.kill();
    throw error;
  }
}

function refuse(status: Status, cgroup: OomWitness): void {
  if (status === 'created') return;
  const reasons: Readonly<Record<Exclude<Status, 'created'>, string>> = {
    creating: 'cannot start a container that is still being created',
    running: 'cannot start an already running container',
    stopped: 'cannot start a container that has stopped',
    paused: 'cannot start a container in the paused state',
  };
  const hint = status === 'stopped' ? oomObituary(cgroup) : undefined;
  throw new ContainerError('wrong-status', reasons[status], { hint });
}
