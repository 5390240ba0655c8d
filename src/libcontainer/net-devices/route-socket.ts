import { SyscallError } from '../../engine/errors.ts';
import { netlinkMessages } from '../../syscalls/constants.ts';
import { errnoCode } from '../../syscalls/errno.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { decodeReplies, encodeRequest, type Reply, type Request } from './messages.ts';

/**
 * Talks rtnetlink(7) over a socket of the network namespace that the socket was made in, wherever we are. The kernel
 * answers in the call itself, so nothing is waited for.
 */
export class RouteSocket {
  private sequence = 0;

  constructor(
    private readonly kernel: LocalKernel,
    readonly fd: number,
  ) {}

  /** Has something done. Throws what the kernel says against it; `words` are what it was. */
  change(request: Omit<Request, 'sequence' | 'flags'> & Partial<Pick<Request, 'flags'>>, words: string): void {
    this.ask({ ...request, flags: ['NLM_F_REQUEST', 'NLM_F_ACK', ...(request.flags ?? [])] }, words);
  }

  /** The answers to a question that lists (`NLM_F_DUMP`). */
  list(request: Omit<Request, 'sequence' | 'flags'>, words: string): Uint8Array[] {
    return this.ask({ ...request, flags: ['NLM_F_REQUEST', 'NLM_F_DUMP'] }, words);
  }

  private ask(request: Omit<Request, 'sequence'>, words: string): Uint8Array[] {
    const sequence = ++this.sequence;
    this.kernel.calls.write(this.fd, encodeRequest({ ...request, sequence }));
    const answers: Uint8Array[] = [];
    for (;;) {
      for (const reply of this.receive().filter((message) => message.sequence === sequence)) {
        if (reply.type === netlinkMessages.NLMSG_DONE) return answers;
        if (reply.type !== netlinkMessages.NLMSG_ERROR) answers.push(reply.payload);
        else {
          refuse(reply, request, words);
          return answers;
        }
      }
    }
  }

  private receive(): Reply[] {
    const { memory, length } = this.kernel.batch((batch, calls) => {
      const output = batch.output(DATAGRAM_SIZE);
      return { memory: output, length: calls.read(this.fd, output) };
    });
    return decodeReplies(memory.bytes.subarray(0, length.value));
  }
}

/** An error of 0 is the acknowledgement. */
function refuse({ payload }: Reply, { type }: Omit<Request, 'sequence'>, words: string): void {
  const errno = -new DataView(payload.buffer, payload.byteOffset).getInt32(0, true);
  if (errno !== 0) throw new SyscallError(type, [words], errno, errnoCode(errno));
}

/** What the kernel puts into one datagram of a list at most. */
const DATAGRAM_SIZE = 1 << 16;
