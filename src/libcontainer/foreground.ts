import type { Engine } from '../engine/engine.ts';
import { isErrno } from '../engine/errors.ts';
import { SIGCHLD, SIGCONT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH } from '../syscalls/constants.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import { relaySignals, unrelay } from '../syscalls/signal-relay.ts';
import { signals } from '../syscalls/signals.ts';
import type { ForegroundTerminal } from './foreground-terminal.ts';
import { type Interest, poll } from './poll.ts';
import { exitStatus, reapAny } from './signal.ts';

/**
 * Signals that the runtime gets belong to the container: all but those that cannot be caught, and SIGURG, as with
 * runc. SIGCHLD and SIGWINCH are for us: children are reaped, the terminal takes on its new size. 32 and 33 are libc's.
 */
const kept = new Set(['SIGKILL', 'SIGSTOP', 'SIGURG', 'SIG32', 'SIG33']);
const relayed = signals.filter(({ name }) => !kept.has(name)).map(({ number }) => number);

/** Something that is done while the container runs. */
export interface Attendant {
  /** What it waits for, asked anew each time. */
  interests(): readonly Interest[];
  /** After how many nanoseconds it wants to be asked again, whatever happens. */
  patience?(): bigint | undefined;
}

/** From its construction on no signal is lost: each is a byte in a pipe until {@link untilExit} reads it. */
export class SignalRelay {
  private readonly pipe: number;

  constructor(
    private readonly engine: Engine,
    private readonly kernel: LocalKernel,
  ) {
    this.pipe = relaySignals(engine, kernel, relayed);
  }

  /**
   * What the kernel sends to who uses a terminal from the background, or writes to nobody, is about our own streams. It
   * would also never end: the call that it interrupts would be made again, and be interrupted again.
   */
  keepTerminalSignals(): void {
    unrelay(this.kernel, 'SIG_DFL', [SIGTSTP, SIGTTIN, SIGTTOU]);
    unrelay(this.kernel, 'SIG_IGN', [SIGPIPE]);
  }

  /** Forwards signals to `pid`, a child of this process, until it ends; returns its exit status. */
  untilExit(pid: number, terminal: ForegroundTerminal, others: readonly Attendant[] = []): number {
    let ended = this.reapUntil(pid);
    while (ended === undefined) {
      for (const signal of this.attend([terminal, ...others])) {
        if (signal === SIGCHLD) ended ??= this.reapUntil(pid);
        // What comes after its end is not for the next process that has its PID.
        else if (ended === undefined) this.pass(signal, pid, terminal);
      }
    }
    // Whoever is tired of waiting for a slow reader says so by a signal.
    terminal.finish(this.pipe, () => this.next().some((signal) => !uninteresting.has(signal)));
    return exitStatus(ended);
  }

  /** Waits until something can be done, and does it; returns the signals that came. */
  private attend(attendants: readonly Attendant[]): Uint8Array {
    const interests = attendants.flatMap((attendant) => attendant.interests());
    const [patience] = attendants.flatMap((attendant) => attendant.patience?.() ?? []);
    const ready = poll(this.kernel, [{ fd: this.pipe, events: 'POLLIN' }, ...interests], patience);
    interests.forEach(({ serve }, i) => {
      if (ready[i + 1]) serve();
    });
    return ready[0] ? this.next() : new Uint8Array(0);
  }

  private pass(signal: number, pid: number, terminal: ForegroundTerminal): void {
    if (signal === SIGWINCH) return terminal.resized();
    if (signal === SIGCONT) terminal.continued();
    this.kernel.may('ESRCH', 'EPERM').kill(pid, signal);
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

const uninteresting: ReadonlySet<number> = new Set([SIGCHLD, SIGWINCH, SIGCONT]);
