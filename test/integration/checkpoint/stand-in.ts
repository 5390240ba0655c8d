import * as fs from 'node:fs';
import * as path from 'node:path';
import { slurp } from '../support/host.ts';
import type { RunOptions } from '../support/runtime.ts';
import type { Sandbox } from '../support/sandbox.ts';

/** A request of the runtime's, as test/tools/fake-criu.mjs has written it down. */
export interface Asked {
  readonly type: string;
  readonly opts?: Readonly<Record<string, unknown>>;
  readonly features?: Readonly<Record<string, number>>;
  readonly notify_success?: number;
  /** The directories that the descriptors lead to. */
  readonly images?: string;
  readonly work?: string;
  /** What the inherited descriptors are. */
  readonly inherited?: readonly string[];
  /** Where criu itself is. */
  readonly cgroup?: string;
  /** At a restore: the root is a mount. */
  readonly mounted?: boolean;
}

/** The first `criu` on the PATH of a runtime that is called with {@link caller}. */
export class StandIn {
  private readonly directory: string;
  private readonly log: string;
  private heard = 0;

  constructor(box: Sandbox) {
    this.directory = box.scratch();
    this.log = path.join(this.directory, 'log');
    const program = path.join(this.directory, 'criu');
    const script = path.join(__dirname, '../../tools/fake-criu.mjs');
    fs.writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, { mode: 0o755 });
  }

  caller({ fault = '', version = '4.2' } = {}): RunOptions {
    const PATH = `${this.directory}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
    return { env: { PATH, FAKE_CRIU_LOG: this.log, FAKE_CRIU_FAULT: fault, FAKE_CRIU_VERSION: version } };
  }

  /** What it has been asked since the last time. */
  asked(): Asked[] {
    // Of a line that is being written the end is not there yet.
    const lines = slurp(this.log).split('\n').slice(this.heard, -1);
    this.heard += lines.length;
    return lines.map((line): Asked => JSON.parse(line));
  }

  /** The one request that was not about criu itself. */
  work(): Asked {
    const work = this.asked().filter(({ type }) => ['DUMP', 'PRE_DUMP', 'RESTORE'].includes(type));
    const [one, ...more] = work;
    if (one === undefined || more.length > 0) throw new Error(`asked for ${JSON.stringify(work)}`);
    return one;
  }
}
