import * as path from 'node:path';
import { isAlive, slurp } from './host.ts';
import { type Outcome, ok, type RunOptions } from './runtime.ts';
import type { Sandbox } from './sandbox.ts';
import { until } from './wait.ts';

/** `state`'s answer, as go-runc decodes it. */
export interface State {
  readonly ociVersion: string;
  readonly id: string;
  readonly pid: number;
  readonly status: string;
  readonly bundle: string;
  readonly rootfs: string;
  readonly created: string;
  readonly owner: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A container that a test has created. Every method is one call of the runtime, and fails the test unless it says `try`. */
export class Container {
  constructor(
    private readonly box: Sandbox,
    readonly id: string,
    /** The outcome of `create`, whose standard output the container writes to. */
    readonly created: Outcome,
    private readonly caller: RunOptions = {},
  ) {}

  start(): this {
    ok(this.call(['start', this.id]));
    return this;
  }

  kill(signal = 'KILL'): this {
    ok(this.call(['kill', this.id, signal]));
    return this;
  }

  delete(...flags: string[]): void {
    ok(this.call(['delete', ...flags, this.id]));
  }

  state(): State {
    const state: State = JSON.parse(ok(this.call(['state', this.id])).stdout);
    return state;
  }

  /** The host's PID of init, from the state directory: `state` would cost a call. */
  get pid(): number {
    const recorded: { init_process_pid: number } = JSON.parse(slurp(path.join(this.box.root, this.id, 'state.json')));
    return recorded.init_process_pid;
  }

  call(args: readonly string[], options: RunOptions = {}): Outcome {
    return this.box.runtime(args, { ...this.caller, ...options });
  }

  /** Waits for the container's process to end and gives what it wrote to standard output. */
  async stopped(seconds = 10): Promise<string> {
    const { pid } = this;
    await until(`container ${this.id} (PID ${pid}) has ended`, () => !isAlive(pid), seconds);
    return this.created.later();
  }
}
