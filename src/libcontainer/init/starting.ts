import type { Config, Process } from '../../spec/config.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { type OomWitness, oomObituary } from '../cgroups/obituary.ts';
import type { StubProcess } from '../creation.ts';
import type { Log } from '../host.ts';
import type { Machine } from '../machine.ts';
import type { RecipeContext, Step } from '../recipe.ts';
import type { SeccompFilter } from '../seccomp/filter.ts';
import type { SavedState } from '../store.ts';

/** What the steps of a start work on. */
export class Starting implements RecipeContext {
  /** What execve is given. */
  path = '';
  env: readonly string[] = [];

  /** HOME in it. */
  get home(): string {
    return this.env.find((entry) => entry.startsWith('HOME='))?.slice('HOME='.length) ?? '/';
  }

  constructor(
    readonly facts: StartFacts,
    readonly init: StubProcess,
    readonly cgroup: OomWitness,
  ) {}

  /** The same for another process that is to be confined as init is. */
  of(process: StubProcess): Starting {
    return new Starting(this.facts, process, this.cgroup);
  }

  get log(): Log {
    return this.facts.log;
  }

  get remote(): RemoteKernel {
    return this.init.kernel;
  }

  obituary(): string | undefined {
    return oomObituary(this.cgroup);
  }
}

export interface StartFacts {
  readonly engine: Machine;
  readonly kernel: LocalKernel;
  readonly log: Log;
  readonly saved: SavedState;
  readonly config: Config;
  readonly process: Process;
  readonly filter: SeccompFilter | undefined;
}

export type StartStep = Step<Starting>;
