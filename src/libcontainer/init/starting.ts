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
import type { Looked } from './program.ts';

/** What the steps of a start work on. */
export class Starting implements RecipeContext {
  /** What tells whether the process is still the one that was started, and still the stub. */
  origin: Origin = { startTime: 0, stub: { dev: 0, ino: 0 } };
  /** What execve is given. */
  path = '';
  env: readonly string[] = [];

  /** HOME in it. */
  get home(): string {
    return this.env.find((entry) => entry.startsWith('HOME='))?.slice('HOME='.length) ?? '/';
  }

  constructor(
    readonly facts: StartFacts,
    readonly cgroup: OomWitness,
    private stub?: StubProcess,
  ) {}

  /** The process that is going to be the program: the container's init, or a later one beside it. */
  get init(): StubProcess {
    if (!this.stub) throw new Error('there is no process yet');
    return this.stub;
  }

  set init(stub: StubProcess) {
    this.stub = stub;
  }

  /** The same for another process that is to be confined as init is. */
  of(process: StubProcess): Starting {
    return new Starting(this.facts, this.cgroup, process);
  }

  get engine(): Machine {
    return this.facts.engine;
  }

  get log(): Log {
    return this.facts.log;
  }

  get remote(): RemoteKernel | undefined {
    return this.stub?.kernel;
  }

  get subject(): string {
    return this.facts.subject;
  }

  obituary(): string | undefined {
    return oomObituary(this.cgroup, this.subject);
  }
}

export interface Origin {
  readonly startTime: number;
  readonly stub: { readonly dev: number; readonly ino: number };
}

export interface StartFacts {
  readonly engine: Machine;
  readonly kernel: LocalKernel;
  readonly log: Log;
  readonly saved: SavedState;
  readonly config: Config;
  readonly process: Process;
  readonly filter: SeccompFilter | undefined;
  /** What need not be looked for. */
  readonly looked?: Looked | undefined;
  /** How many descriptors from 3 on are the program's. */
  readonly preserveFds: number;
  /** The soft RLIMIT_NOFILE of who called us. */
  readonly callerNofile: number | undefined;
  /** What the process is in a sentence: the container init. */
  readonly subject: string;
}

export type StartStep = Step<Starting>;

/** The start of the container's init: the rest of the facts is what its create has saved. */
export function startingInit(
  facts: Omit<StartFacts, 'preserveFds' | 'callerNofile' | 'subject'>,
  cgroup: OomWitness,
  init: StubProcess,
): Starting {
  const { init_process_start: startTime, tsrunc } = facts.saved;
  const { preserveFds, callerNofile, stub } = tsrunc;
  const starting = new Starting({ ...facts, preserveFds, callerNofile, subject: 'container init' }, cgroup, init);
  starting.origin = { startTime, stub };
  return starting;
}
