import type { Config } from '../../spec/config.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { type Caller, callerOf } from '../caller.ts';
import type { CgroupHost } from '../cgroups/manager.ts';
import { cgroupHost } from '../container-cgroup.ts';
import type { Host } from '../host.ts';
import { kernelOf } from '../kernel.ts';
import type { Machine } from '../machine.ts';
import { type Trial, tryOut } from './trial.ts';

/** Where probes look. What costs something is asked once, when the first wants to know. */
export class CheckSite {
  readonly engine: Machine;
  readonly caller: Caller;
  readonly kernel: LocalKernel;
  private tried: Trial | undefined;

  constructor(
    readonly host: Host,
    /** Absolute; undefined without a bundle. */
    readonly bundle: string | undefined,
    readonly config: Config | undefined,
  ) {
    this.engine = host.engine;
    this.caller = callerOf(host.engine);
    this.kernel = kernelOf(host.engine);
  }

  /** What the kernel answered to processes that were made to be asked. */
  get trial(): Trial {
    this.tried ??= tryOut(this);
    return this.tried;
  }

  get cgroupHost(): CgroupHost {
    return cgroupHost(this.host, this.kernel);
  }

  /** The text of a file; undefined if it cannot be read. */
  text(path: string): string | undefined {
    try {
      return this.engine.decode(this.engine.files.read(path)).trim();
    } catch {
      return undefined;
    }
  }

  has(path: string): boolean {
    try {
      this.engine.files.stat(path);
      return true;
    } catch {
      return false;
    }
  }
}
