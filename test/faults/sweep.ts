import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import { type Outcome, RUNTIME, type RunOptions, transcript } from '../integration/support/runtime.ts';
import type { Sandbox } from '../integration/support/sandbox.ts';

const root = path.join(__dirname, '../..');

/**
 * Builds the runtime that has faults ({@link import('./faulty.ts')}), of the edition under test, and returns its path.
 * `name` is the caller's own.
 */
export function faultyRuntime(directory: string, name: string): string {
  return RUNTIME.endsWith('-lean') ? leanRuntime(name) : nodeRuntime(directory, name);
}

function nodeRuntime(directory: string, name: string): string {
  const script = bundled('faulty-node.ts', path.join(root, 'build', `${name}.cjs`), {
    platform: 'node',
    format: 'cjs',
    define: { ADDON: JSON.stringify(require.resolve(`@yuuang/ffi-rs-linux-${process.arch}-gnu`)) },
  });
  const node = require.resolve(`node-linux-${process.arch}/bin/node`);
  const program = path.join(directory, 'faulty');
  fs.writeFileSync(program, `#!/bin/sh\nexec ${node} --no-warnings --disable-sigusr1 ${script} "$@"\n`, {
    mode: 0o755,
  });
  return program;
}

function leanRuntime(name: string): string {
  const script = bundled('faulty-lean.ts', path.join(root, 'build/lean', `${name}.js`), {
    platform: 'neutral',
    format: 'iife',
    target: 'es2023',
  });
  const program = path.join(root, 'build/lean', name);
  execFileSync(path.join(root, 'scripts/lean/build.sh'), [script, program], { stdio: 'pipe' });
  return program;
}

function bundled(entry: string, outfile: string, options: BuildOptions): string {
  const define = { TSRUNC_COMMIT: '"faulty"', ...options.define };
  buildSync({
    ...options,
    define,
    entryPoints: [path.join(__dirname, entry)],
    outfile,
    bundle: true,
    external: ['*.node'],
    logLevel: 'error',
  });
  return outfile;
}

/** What is to go wrong. */
export type Fault =
  | { readonly fail: string; readonly at: number }
  | { readonly dieAt: number }
  /** Every call fails whose words match, or the first of them: `init: pivot_root(".", ".")`. `NOTHING` is a success without effect. */
  | { readonly fail: string; readonly call: RegExp; readonly once?: true };

export interface FaultyOutcome extends Outcome {
  /** How many calls were made, or would have been. */
  readonly calls: number;
  /** The call that was hit, if it was come to. */
  readonly victim: string | undefined;
}

export const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

export class Faulty {
  constructor(
    private readonly box: Sandbox,
    private readonly program: string,
    private readonly searched = SYSTEM_PATH,
  ) {}

  run(args: readonly string[], fault?: Fault, options: Pick<RunOptions, 'caller'> = {}): FaultyOutcome {
    const report = `${this.box.io()}.report`;
    const outcome = this.box.runtime(args, {
      ...options,
      runtime: this.program,
      timeout: 30,
      env: {
        PATH: this.searched,
        TSRUNC_FAULT: fault ? words(fault) : '',
        TSRUNC_FAULT_REPORT: report,
      },
    });
    if (!fs.existsSync(report))
      throw new Error(`it did not end by itself, with ${fault ? words(fault) : 'no fault'}\n${transcript(outcome)}`);
    const { calls, victim } = JSON.parse(fs.readFileSync(report, 'utf8'));
    return { ...outcome, calls, victim };
  }
}

export function words(fault: Fault): string {
  if ('call' in fault) return `${fault.once ? 'once' : 'match'} ${fault.fail} ${fault.call.source}`;
  return 'fail' in fault ? `fail ${fault.at} ${fault.fail}` : `die ${fault.dieAt}`;
}

/** All of 1 to `count`, or `most` of them, spread evenly with a beginning that `seed` shifts. */
export function sample(count: number, most: number, seed: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i + 1);
  if (count <= most) return all;
  const stride = count / most;
  return Array.from({ length: most }, (_, i) => Math.floor(i * stride + (seed % stride)) + 1);
}

/** Mounts below `directory` that the machine's own namespace should not have. */
export function mountsBelow(directory: string): string[] {
  return execFileSync('cat', ['/proc/self/mountinfo'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(directory));
}
