import type { Engine } from '../engine/engine.ts';
import { isErrno } from '../engine/errors.ts';
import { SIGCHLD } from '../syscalls/constants.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { relaySignals } from '../syscalls/signal-relay.ts';
import { signals } from '../syscalls/signals.ts';
import { exitStatus, reapAny } from './signal.ts';

/**
 * Signals that the runtime gets belong to the container: all but those that cannot be caught, SIGWINCH, which
 * is about terminals, and SIGURG, as with runc. SIGCHLD is for us: children are reaped. 32 and 33 are libc's.
 */
const kept = new Set(['SIGKILL', 'SIGSTOP', 'SIGWINCH', 'SIGURG']);

/** From its construction on no signal is lost: each is a byte in a pipe until {@link untilExit} reads it. */
export class SignalRelay {
  private readonly pipe: number;

  constructor(
    private readonly engine: Engine,
    private readonly kernel: LocalKernel,
  ) {
    const numbers = signals.filter(({ name }) => !kept.has(name)).map(({ number }) => number);
    this.pipe = relaySignals(
      engine,
      kernel,
      numbers.filter((number) => number !== 32 && number !== 33),
    );
  }

  /** Forwards signals to `pid`, a child of this process, until it ends; returns its exit status. */
  untilExit(pid: number): number {
    for (let ended = this.reapUntil(pid); ; ended = this.reapUntil(pid)) {
      if (ended !== undefined) return exitStatus(ended);
      for (const signal of this.next()) {
        if (signal !== SIGCHLD) this.kernel.may('ESRCH', 'EPERM').kill(pid, signal);
      }
    }
  }

  /** Reaps whoever has ended, orphans of the container among them. The wait status of `pid`, once it is one of them. */
  private reapUntil(pid: number): number | undefined {
    for (let child = reapAny(this.kernel); child; child = reapAny(this.kernel)) {
      if (child.pid === pid) return child.status;
    }
    return undefined;
  }

  private next(): Uint8Array {
    for (;;) {
      try {
        return this.engine.files.readSome(this.pipe, 64);
      } catch (error) {
        if (!isErrno(error, 'EINTR')) throw error;
      }
    }
  }
}
