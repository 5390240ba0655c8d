import type { Engine } from '../engine/engine.ts';
import type { Config } from '../spec/config.ts';
import { pipePair } from '../syscalls/descriptor-pair.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { iovec, msghdr, sockaddrUn } from '../syscalls/structs.ts';
import { rightsControl } from '../syscalls/stub/rights.ts';
import { cString, utf8 } from '../syscalls/utf8.ts';
import type { Attendant } from './foreground.ts';
import type { Host, Log } from './host.ts';
import { type Interest, poll } from './poll.ts';
import { NOTIFY_DIRECTORY, NOTIFY_SOCKET, type StateDirectory } from './store.ts';
import { unixAddress, withUnixAddress } from './unix-address.ts';

/**
 * A service tells systemd that it is ready by a message to $NOTIFY_SOCKET (sd_notify(3)). The container gets a socket of
 * ours instead, and we pass on that one word: it must not be able to say all that its service manager listens to.
 */

/** Whether the caller has such a socket, and the container a process that could use it. */
export function isNotified({ env }: Pick<Engine, 'env'>, { process }: Config): boolean {
  return Boolean(env['NOTIFY_SOCKET'] && process);
}

/** The container's configuration with the socket in it, if there is to be one. `directory` is that of the state. */
export function notifying(engine: Pick<Engine, 'env'>, config: Config, directory: string): Config {
  const { process, mounts = [] } = config;
  if (!process || !isNotified(engine, config)) return config;
  const mount = {
    destination: INSIDE,
    type: 'bind',
    source: `${directory}/${NOTIFY_DIRECTORY}`,
    options: ['bind', 'nosuid', 'noexec', 'nodev', 'ro'],
  };
  const variable = `NOTIFY_SOCKET=${INSIDE}/${NOTIFY_SOCKET}`;
  return { ...config, mounts: [...mounts, mount], process: { ...process, env: [...(process.env ?? []), variable] } };
}

/** Undefined if the caller has no such socket, now or when the container was made. */
export function notifyRelay(
  { engine, log }: Host,
  kernel: LocalKernel,
  state: StateDirectory,
): NotifyRelay | undefined {
  const host = engine.env['NOTIFY_SOCKET'];
  const notifySocket = host && state.notifySocket;
  return host && notifySocket ? new NotifyRelay(engine, kernel, log, host, notifySocket) : undefined;
}

export class NotifyRelay implements Attendant {
  private readonly socket: number;
  private ready = false;

  constructor(
    private readonly engine: Engine,
    private readonly kernel: LocalKernel,
    private readonly log: Log,
    /** Where our own messages go. */
    private readonly host: string,
    path: string,
  ) {
    this.socket = kernel.calls.socket('AF_UNIX', ['SOCK_DGRAM', 'SOCK_CLOEXEC'], 0);
    withUnixAddress(kernel, path, (address) => kernel.calls.bind(this.socket, address));
    // For a container's user of any ID.
    engine.files.chmod(path, 0o777);
  }

  /** In the foreground: the service is this process, which forwards its signals and has its exit status. */
  interests(): Interest[] {
    return [{ fd: this.socket, events: 'POLLIN', serve: () => this.take(this.engine.pid) }];
  }

  /** Detached: until the container is ready, or has ended. */
  awaitReady(pid: number): void {
    const pidfd = this.kernel.calls.pidfd_open(pid, 0);
    for (let ended = false; !ended && !this.ready; ) {
      const [told, gone = false] = poll(
        this.kernel,
        [
          { fd: this.socket, events: 'POLLIN' },
          { fd: pidfd, events: 'POLLIN' },
        ],
        undefined,
      );
      if (told) this.take(pid);
      ended = gone;
    }
    this.engine.files.close(pidfd);
    if (this.ready) this.awaitReceipt();
  }

  private take(mainPid: number): void {
    const text = this.engine.decode(this.engine.files.readSome(this.socket, LONGEST));
    const line = text.split('\n').find((candidate) => candidate.startsWith('READY='));
    if (line === undefined) return;
    this.ready = true;
    this.tell(`${line}\nMAINPID=${mainPid}\n`);
  }

  /** Who sends and exits at once may be gone before systemd has looked up whose message it is (sd_notify_barrier(3)). */
  private awaitReceipt(): void {
    const [read, write] = pipePair(this.kernel);
    this.tell('BARRIER=1', write);
    this.engine.files.close(write);
    poll(this.kernel, [{ fd: read, events: 'POLLIN' }], RECEIPT);
    this.engine.files.close(read);
  }

  private tell(text: string, fd?: number): void {
    try {
      this.kernel.batch((batch, calls) => {
        // An abstract name counts in its exact length, and begins with NUL.
        const name = this.host.startsWith('@') ? Uint8Array.of(0, ...utf8(this.host.slice(1))) : cString(this.host);
        const bytes = utf8(text);
        const control = fd === undefined ? undefined : rightsControl(batch, fd);
        const message = {
          msg_name: batch.struct(sockaddrUn, unixAddress(name)),
          msg_namelen: sockaddrUn.offsets.sun_path + name.length,
          msg_iov: batch.struct(iovec, { iov_base: batch.input(bytes), iov_len: bytes.length }),
          msg_iovlen: 1,
          ...(control && { msg_control: control, msg_controllen: control.bytes.length }),
        };
        calls.sendmsg(this.socket, batch.struct(msghdr, message), ['MSG_NOSIGNAL']);
      });
    } catch (error) {
      this.log.warn(`NOTIFY_SOCKET=${this.host}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** Where runc has it. */
const INSIDE = '/run/notify';
const LONGEST = 4096;
const RECEIPT = 30_000_000_000n;
