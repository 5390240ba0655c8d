import type { Arch, Files } from '../../engine/engine.ts';
import type { Batch } from '../batch.ts';
import { decode, encode } from '../layout.ts';
import { type SyscallPort, throwFailure } from '../port.ts';
import { STUB_BASE, STUB_ROOM } from './program-x86_64.ts';

/** The stub's end of the socket closed before it answered: the process died, or execve replaced it. */
export class StubGone extends Error {
  override readonly name = 'StubGone';

  constructor(readonly batch: Batch) {
    super('the init stub went away');
  }
}

/** System calls in a stub at the other end of a stream socket. */
export class StubPort implements SyscallPort {
  constructor(
    private readonly files: Files,
    /** Our end of the control socket. */
    readonly socket: number,
    /** The stub's own number of its end. */
    readonly control: number,
    private readonly arch: Arch,
  ) {}

  run(batch: Batch): void {
    this.receive(batch, this.send(batch));
  }

  /** Sends without waiting for the reply: the stub parks, or a descriptor follows. Returns the reply's length. */
  send(batch: Batch): number {
    batch.begin();
    const { bytes, replyLength } = encode(batch, STUB_BASE, this.arch);
    if (bytes.length > STUB_ROOM) throw new RangeError(`a batch of ${bytes.length} bytes is too large for the stub`);
    try {
      this.files.write(this.socket, bytes);
    } catch {
      throw new StubGone(batch);
    }
    return replyLength;
  }

  /** Waits for the reply to a batch that {@link send} sent, here or in an earlier process. */
  receive(batch: Batch, replyLength = encode(batch, STUB_BASE, this.arch).replyLength): void {
    throwFailure(batch, decode(batch, this.readExactly(replyLength, batch)));
  }

  close(): void {
    this.files.close(this.socket);
  }

  private readExactly(length: number, batch: Batch): Uint8Array {
    const reply = new Uint8Array(length);
    for (let got = 0; got < length; ) {
      const piece = this.readSome(length - got, batch);
      if (piece.length === 0) throw new StubGone(batch);
      reply.set(piece, got);
      got += piece.length;
    }
    return reply;
  }

  /** ECONNRESET: the stub closed with our request unread, which is the same news as end of file. */
  private readSome(size: number, batch: Batch): Uint8Array {
    try {
      return this.files.readSome(this.socket, size);
    } catch {
      throw new StubGone(batch);
    }
  }
}
