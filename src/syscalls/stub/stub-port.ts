import type { Arch, Files } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import type { Batch } from '../batch.ts';
import { arrange, decode, encode } from '../layout.ts';
import { type RemotePort, throwFailure } from '../port.ts';
import { STUB_BASE, STUB_ROOM } from './room.ts';

/** The stub's end of the socket closed before it answered: the process died, or execve replaced it. */
export class StubGone extends Error {
  override readonly name = 'StubGone';

  constructor(readonly batch: Batch) {
    super('the init stub went away');
  }
}

/** System calls in a stub at the other end of a stream socket. */
export class StubPort implements RemotePort {
  constructor(
    private readonly files: Files,
    readonly socket: number,
    readonly control: number,
    private readonly arch: Arch,
  ) {}

  run(batch: Batch): void {
    this.receive(batch, this.send(batch));
  }

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

  receive(batch: Batch, replyLength = arrange(batch).replyLength): void {
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

  /** ECONNRESET: the stub closed with our request unread, which is the same news as end of file. EINTR is no news. */
  private readSome(size: number, batch: Batch): Uint8Array {
    for (;;) {
      try {
        return this.files.readSome(this.socket, size);
      } catch (error) {
        if (!isErrno(error, 'EINTR')) throw new StubGone(batch);
      }
    }
  }
}
