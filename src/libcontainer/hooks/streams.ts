import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import { pipePair } from '../../syscalls/descriptor-pair.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { poll, type Waited } from '../poll.ts';

/**
 * A hook's standard input, output and error: three pipes, and our ends of them. Never the container's streams,
 * which the caller may have closed, or may read to the end.
 */
export class HookStreams {
  /** The hook's ends, until {@link passed}. */
  readonly theirs: readonly [number, number, number];
  private readonly open = new Set<number>();
  private readonly input: number;
  private readonly outputs: readonly { readonly fd: number; readonly tail: Tail }[];

  constructor(
    private readonly engine: Engine,
    private readonly kernel: LocalKernel,
    /** What the hook gets to read. */
    private unsent: Uint8Array,
  ) {
    const [stdin, ours] = this.pipe();
    const [out, stdout] = this.pipe();
    const [error, stderr] = this.pipe();
    this.theirs = [stdin, stdout, stderr];
    this.input = ours;
    this.outputs = [out, error].map((fd) => ({ fd, tail: new Tail() }));
    // A hook that runs as the container's user can open /dev/stderr too, which is this file by another way.
    for (const fd of this.theirs) kernel.calls.fchmod(fd, 0o666);
  }

  /** The hook has its ends: ours of them would keep the pipes open. */
  passed(): void {
    for (const fd of this.theirs) this.close(fd);
  }

  /** Reads and writes until `ended` is readable. False if `deadline` on the monotonic clock came first. */
  attend(ended: number, deadline: bigint | undefined): boolean {
    for (;;) {
      const streams = this.waited();
      const left = deadline === undefined ? undefined : deadline - this.engine.monotonic();
      const ready = poll(this.kernel, [{ fd: ended, events: 'POLLIN' }, ...streams], left);
      streams.forEach(({ fd }, i) => {
        if (ready[i + 1]) this.serve(fd);
      });
      if (ready[0]) return true;
      if (left !== undefined && left <= 0n) return false;
    }
  }

  /**
   * The last of what it wrote to standard output and error. What is still in the pipes is read, but not awaited:
   * somebody whom the hook has left behind may hold them open, and write for ever.
   */
  words(): { stdout: string; stderr: string } {
    for (let round = 0; round < LAST_ROUNDS; round++) {
      const streams = this.waited().filter(({ events }) => events === 'POLLIN');
      const ready = poll(this.kernel, streams, 0n);
      if (!ready.includes(true)) break;
      streams.forEach(({ fd }, i) => {
        if (ready[i]) this.serve(fd);
      });
    }
    const [stdout = '', stderr = ''] = this.outputs.map(({ tail }) => tail.text(this.engine));
    return { stdout, stderr };
  }

  closeAll(): void {
    for (const fd of this.open) this.close(fd);
  }

  private waited(): Waited[] {
    const reading = this.outputs
      .filter(({ fd }) => this.open.has(fd))
      .map(({ fd }) => ({ fd, events: 'POLLIN' }) as const);
    return this.open.has(this.input) ? [...reading, { fd: this.input, events: 'POLLOUT' }] : reading;
  }

  private serve(fd: number): void {
    const output = this.outputs.find((candidate) => candidate.fd === fd);
    if (!output) return this.send();
    const piece = this.engine.files.readSome(fd, PIECE);
    if (piece.length === 0) this.close(fd);
    else output.tail.push(piece);
  }

  /** A pipe that is ready takes this much without blocking (pipe(7), PIPE_BUF). */
  private send(): void {
    const piece = this.unsent.subarray(0, PIPE_BUF);
    this.unsent = this.unsent.subarray(piece.length);
    try {
      if (piece.length) this.engine.files.write(this.input, piece);
    } catch (error) {
      // Nobody has to read what he is told.
      if (!isErrno(error, 'EPIPE')) throw error;
      this.unsent = this.unsent.subarray(0, 0);
    }
    if (this.unsent.length === 0) this.close(this.input);
  }

  private pipe(): [number, number] {
    const pair = pipePair(this.kernel);
    for (const fd of pair) this.open.add(fd);
    return pair;
  }

  private close(fd: number): void {
    if (this.open.delete(fd)) this.engine.files.close(fd);
  }
}

/** The end of a text of any length. */
export class Tail {
  private bytes = new Uint8Array(0);
  private cut = false;

  push(piece: Uint8Array): void {
    const all = new Uint8Array(this.bytes.length + piece.length);
    all.set(this.bytes);
    all.set(piece, this.bytes.length);
    this.cut ||= all.length > TAIL;
    this.bytes = all.slice(-TAIL);
  }

  text({ decode }: Pick<Engine, 'decode'>): string {
    return (this.cut ? '…' : '') + decode(this.bytes).trimEnd();
  }
}

const PIECE = 1 << 16;
const PIPE_BUF = 4096;
/** What fits into an error message. */
const TAIL = 2048;
/** More than a pipe holds. */
const LAST_ROUNDS = 32;
