import type { Config } from '../../spec/config.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import type { Caller } from '../caller.ts';
import type { Cgroup } from '../cgroups/manager.ts';
import type { Log } from '../host.ts';
import type { Machine } from '../machine.ts';
import type { RecipeContext, Step } from '../recipe.ts';
import type { StateDirectory } from '../store.ts';
import type { RestoreOptions } from './options.ts';
import type { CriuProcess } from './process.ts';

/** What the steps of a restore work on. */
export class Restoration implements RecipeContext {
  /** First a stub, then criu. */
  private criuProcess: CriuProcess | undefined;
  /** While calls can be made in it. */
  private isStub = false;
  /** Descriptors of ours of the namespaces that criu is to take, by criu's names for them. */
  readonly namespaces = new Map<string, number>();
  /** criu's own numbers of its directories. */
  directories: ReturnType<CriuProcess['execute']> | undefined;
  /** Where the rootfs is mounted for criu, once it is. */
  root = '';
  /** The restored init, once there is one. */
  pid = 0;
  readonly subject = 'criu';

  constructor(
    readonly facts: RestorationFacts,
    readonly state: StateDirectory,
    readonly cgroup: Cgroup,
  ) {}

  get log(): Log {
    return this.facts.log;
  }

  get remote(): RemoteKernel | undefined {
    return this.isStub ? this.criuProcess?.stub.kernel : undefined;
  }

  get criu(): CriuProcess {
    if (!this.criuProcess) throw new Error('criu has not been started');
    return this.criuProcess;
  }

  set criu(process: CriuProcess) {
    this.criuProcess = process;
    this.isStub = true;
  }

  /** From here on the process takes no calls. */
  execute(): void {
    const { program, options } = this.facts;
    this.directories = this.criu.execute(program, { images: options.imagePath, work: this.work });
    this.isStub = false;
  }

  /** Where criu's log is. */
  get work(): string {
    const { workPath, imagePath } = this.facts.options;
    return workPath ?? imagePath;
  }

  /** Nothing is left of the process, if there ever was one. */
  endCriu(): void {
    this.criuProcess?.end();
  }
}

export interface RestorationFacts {
  readonly engine: Machine;
  readonly log: Log;
  readonly kernel: LocalKernel;
  readonly id: string;
  readonly config: Config;
  readonly caller: Caller;
  /** Absolute, symlinks resolved. */
  readonly rootfs: string;
  readonly options: RestoreOptions;
  /** criu's executable. */
  readonly program: string;
  readonly created: string;
  readonly callerNofile: number | undefined;
}

export type RestorationStep = Step<Restoration>;
