import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import { writeJson } from '../../spec/json.ts';
import type { HookState } from '../../spec/state.ts';
import { OCI_VERSION } from '../../spec/version.ts';
import { AT_FDCWD, bitsOf, SCM_RIGHTS, socketDomains, socketLevels } from '../../syscalls/constants.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { cmsghdr, iovec, msghdr } from '../../syscalls/structs.ts';
import { rightsMessage, takeDescriptor } from '../../syscalls/stub/rights.ts';
import type { StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';

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
  const socket = kernel.calls.socket('AF_UNIX', ['SOCK_STREAM', 'SOCK_CLOEXEC'], 0);
  try {
    connect(engine, kernel, socket, path);
    const sent = kernel.batch((batch, calls) => {
      const control = batch.struct(rightsMessage, {
        cmsg_len: cmsghdr.size + 4,
        cmsg_level: bitsOf(socketLevels, ['SOL_SOCKET']),
        cmsg_type: SCM_RIGHTS,
        fd,
      });
      const vector = batch.struct(iovec, { iov_base: batch.input(text), iov_len: text.length });
      const message = { msg_iov: vector, msg_iovlen: 1, msg_control: control, msg_controllen: control.bytes.length };
      return calls.sendmsg(socket, batch.struct(msghdr, message), ['MSG_NOSIGNAL']);
    });
    // The rest without the descriptor, which has arrived with the first byte.
    if (sent.value < text.length) engine.files.write(socket, text.subarray(sent.value));
  } catch (error) {
    throw new ContainerError('host', `send the listener to the seccomp agent at ${path}`, {
      pointer: '/linux/seccomp/listenerPath',
      cause: error,
    });
  } finally {
    engine.files.close(socket);
  }
}

/** Through a descriptor of the directory: the path may be longer than the 108 bytes of sun_path. */
function connect(engine: Engine, kernel: LocalKernel, socket: number, path: string): void {
  const slash = path.lastIndexOf('/');
  const flags = ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'] as const;
  const directory = kernel.calls.openat(AT_FDCWD, path.slice(0, slash + 1), flags, 0);
  try {
    const sun_path = engine.encode(`/proc/self/fd/${directory}/${path.slice(slash + 1)}`);
    kernel.calls.connect(socket, { sun_family: bitsOf(socketDomains, ['AF_UNIX']), sun_path });
  } finally {
    engine.files.close(directory);
  }
}
