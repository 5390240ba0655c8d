import type { LocalKernel } from '../syscalls/local-port.ts';
import type { Attendant, SignalRelay } from './foreground.ts';
import type { Host } from './host.ts';
import { HostTerminal, showPlain } from './host-terminal.ts';
import type { Foreground } from './options.ts';
import type { Interest } from './poll.ts';
import { TerminalCopy } from './terminal-copy.ts';

/** The terminal of a container in the foreground, and ours that shows it. Nothing of it is used if there is none. */
export class ForegroundTerminal implements Foreground, Attendant {
  private host: HostTerminal | undefined;
  private master: number | undefined;
  private copy: TerminalCopy | undefined;

  constructor(
    private readonly runtime: Host,
    private readonly kernel: LocalKernel,
    private readonly signals: SignalRelay,
  ) {}

  /** Throws where there is no terminal that could show it. */
  expectTerminal(): void {
    this.host = HostTerminal.find(this.kernel);
    this.signals.keepTerminalSignals();
  }

  /** Before there is a program at it: the terminal gets the size of ours, and every key from here on. */
  takeMaster(master: number): void {
    this.master = master;
    showPlain(this.kernel, master);
    this.resized();
    this.copy = new TerminalCopy(this.runtime.engine, this.kernel, this.runtime.log, master);
    this.host?.raw();
  }

  interests(): Interest[] {
    return this.copy?.interests() ?? [];
  }

  patience(): bigint | undefined {
    return this.copy?.patience();
  }

  finish(signals: number, interrupted: () => boolean): void {
    this.copy?.finish(signals, interrupted);
  }

  resized(): void {
    if (this.host && this.master !== undefined) this.host.copySize(this.master);
  }

  /** After a stop: the shell that got the terminal meanwhile has changed it. */
  continued(): void {
    if (this.copy) this.host?.raw();
    this.resized();
  }

  /** On every way out. */
  end(): void {
    if (this.copy) this.host?.restore();
    this.copy?.close();
    this.copy = undefined;
  }
}
