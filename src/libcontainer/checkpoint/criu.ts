import { isErrno } from '../../engine/errors.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { readField } from '../../syscalls/struct.ts';
import { cmsghdr, iovec, msghdr } from '../../syscalls/structs.ts';
import { rightsMessage } from '../../syscalls/stub/rights.ts';
import { ContainerError } from '../errors.ts';
import type { Log } from '../host.ts';
import type { CriuProcess, Ours } from './process.ts';
import { type CriuFeatures, type Request, type Response, request, requestTypes, response } from './rpc.ts';

/**
 * criu by its RPC, and not by its command line: what it tells on the way is needed. A restore hands over the terminal's
 * master and waits while the container is published; the restored init becomes our child; descriptors are given by number.
 * It is also the way that runc, crun and criu's own libraries go.
 */
export class Criu {
  constructor(
    private readonly ours: Ours & { readonly log: Log },
    private readonly process: CriuProcess,
  ) {}

  /** Throws for one that is too old. One version for all: what each option takes came within a year. */
  demandVersion(): void {
    const { version = {} } = this.ask({ type: requestTypes.VERSION, keep_open: true });
    const { major_number: major = 0, minor_number: minor = 0 } = version;
    this.ours.log.debug(`criu ${major}.${minor}`);
    if (major > 3 || (major === 3 && minor >= 16)) return;
    throw new ContainerError('host', `criu ${major}.${minor} is too old: 3.16 or later is needed`);
  }

  /** Throws unless criu and the kernel together can do it. */
  demandFeature(feature: keyof CriuFeatures): void {
    const wanted = { type: requestTypes.FEATURE_CHECK, keep_open: true, features: { [feature]: true } };
    const { success, features = {} } = this.ask(wanted);
    if (success && features[feature]) return;
    throw new ContainerError('host', `criu cannot do this on this machine: it is missing the feature ${feature}`);
  }

  /**
   * Has criu do the one thing that it was started for. `notified` hears how far it has come; criu goes on when that
   * returns, and gives up if it throws.
   */
  perform(wanted: Request, notified: (notice: Notice) => void): Response {
    this.send(wanted);
    let refusal: unknown;
    for (;;) {
      const { message, descriptor } = this.receive();
      if (message.type !== requestTypes.NOTIFY) {
        if (refusal !== undefined) throw refusal;
        return message;
      }
      const notice = { ...message.notify, descriptor };
      // What comes after a refusal is how criu takes back what it has done. It waits for an answer to that, too.
      const met = this.answer(notice, refusal === undefined ? notified : () => undefined);
      refusal ??= met;
    }
  }

  private answer(notice: Notice, notified: (notice: Notice) => void): unknown {
    this.ours.log.debug(`criu: ${notice.script}`);
    try {
      notified(notice);
      this.send({ type: requestTypes.NOTIFY, notify_success: true });
      return undefined;
    } catch (error) {
      this.send({ type: requestTypes.NOTIFY, notify_success: false });
      return error;
    }
  }

  private ask(wanted: Request): Response {
    this.send(wanted);
    return this.receive().message;
  }

  private send(wanted: Request): void {
    const { engine } = this.ours;
    try {
      engine.files.write(this.process.socket, request.write(wanted, engine));
    } catch (error) {
      // It has died: what it said before, or its silence, is there to be read.
      if (!isErrno(error, 'EPIPE', 'ECONNRESET')) throw error;
    }
  }

  private receive(): { message: Response; descriptor: number | undefined } {
    const { engine, kernel } = this.ours;
    const { bytes, descriptor } = receivePacket(kernel, this.process.socket);
    if (bytes.length === 0) throw new ContainerError('checkpoint', 'criu ended without an answer');
    return { message: response.read(bytes, engine), descriptor };
  }
}

/** A moment in criu's work, by its name for it. */
export interface Notice {
  readonly script?: string;
  readonly pid?: number;
  /** Comes with `orphan-pts-master`, and is the receiver's then. */
  readonly descriptor: number | undefined;
}

function receivePacket(kernel: LocalKernel, socket: number): { bytes: Uint8Array; descriptor: number | undefined } {
  for (;;) {
    const { length, data, control } = kernel.batch(
      (batch, calls) => {
        const memory = batch.output(ROOM);
        const rights = batch.output(rightsMessage.size);
        const vector = batch.struct(iovec, { iov_base: memory, iov_len: ROOM });
        const header = { msg_iov: vector, msg_iovlen: 1, msg_control: rights, msg_controllen: rights.bytes.length };
        const received = calls.recvmsg(socket, batch.struct(msghdr, header, true), ['MSG_CMSG_CLOEXEC']);
        return { length: received, data: memory, control: rights };
      },
      ['EINTR', 'ECONNRESET'],
    );
    if (length.value === -EINTR) continue;
    const brought = readField(rightsMessage, 'cmsg_len', control.bytes) === cmsghdr.size + 4;
    return {
      bytes: data.bytes.slice(0, Math.max(0, length.value)),
      descriptor: brought ? readField(rightsMessage, 'fd', control.bytes) : undefined,
    };
  }
}

const EINTR = 4;
/** More than any answer: the longest have an error in words. */
const ROOM = 64 << 10;
