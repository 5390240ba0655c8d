import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import { writeJson } from '../../spec/json.ts';
import type { HookState } from '../../spec/state.ts';
import { OCI_VERSION } from '../../spec/version.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { takeDescriptor } from '../../syscalls/stub/rights.ts';
import type { StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { sendDescriptor } from '../send-descriptor.ts';

/** Where the agent is, and what it is told (config-linux.md, "The Container Process State"). */
export interface Agent {
  /** Absolute. */
  readonly path: string;
  readonly metadata: string | undefined;
  readonly state: HookState;
}

/**
 * Hands the listener of a filter to the agent: from then on it decides the calls that the filter holds, also
 * those of the stub. So nothing may be asked of the stub between the loading and this.
 */
export function sendListener(
  engine: Engine,
  kernel: LocalKernel,
  process: StubProcess,
  listener: number,
  agent: Agent,
): void {
  const ours = fetch(engine, kernel, process, listener);
  try {
    send(engine, kernel, agent, ours, engine.encode(processState(process.pid, agent)));
  } finally {
    engine.files.close(ours);
  }
}

/**
 * Taken out of the process without its help, whose calls the filter may hold. Where we may not trace it, which is
 * so for an unprivileged caller, it has to send it.
 */
function fetch(engine: Engine, kernel: LocalKernel, { pid, port, kernel: remote }: StubProcess, fd: number): number {
  const process = kernel.calls.pidfd_open(pid, 0);
  try {
    return kernel.calls.pidfd_getfd(process, fd, 0);
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error;
    return takeDescriptor(kernel, remote, port, fd);
  } finally {
    engine.files.close(process);
  }
}

function processState(pid: number, { metadata, state }: Agent): string {
  return writeJson({
    ociVersion: OCI_VERSION,
    fds: ['seccompFd'],
    pid,
    ...(metadata && { metadata }),
    state,
  });
}

/** One message on a connection of its own; the descriptor goes with it. */
function send(engine: Engine, kernel: LocalKernel, { path }: Agent, fd: number, text: Uint8Array): void {
  try {
    sendDescriptor(engine, kernel, path, fd, text);
  } catch (error) {
    throw new ContainerError('host', `send the listener to the seccomp agent at ${path}`, {
      pointer: '/linux/seccomp/listenerPath',
      cause: error,
    });
  }
}
