import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { slurp } from '../integration/support/host.ts';
import { RUNTIME } from '../integration/support/runtime.ts';
import { boot } from './kernel.ts';
import type { GuestResult, GuestTest } from './runner.ts';

/** The tests of a folder beside this file, bundled, and what came of them on a machine of their own. */
export class TestMachine {
  private readonly scratch = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'tsrunc-vm-'));
  readonly tests: readonly GuestTest[];
  private console = '';

  constructor(
    folder: string,
    /** More parameters for the kernel. */
    private readonly extra: readonly string[] = [],
  ) {
    const bundle = path.join(this.scratch, 'guest.cjs');
    execFileSync(process.execPath, [path.join(__dirname, 'bundle.mjs'), folder, bundle], { stdio: 'inherit' });
    this.tests = JSON.parse(execFileSync(process.execPath, [bundle, '--list'], { encoding: 'utf8', env: environment }));
  }

  /** Boots, runs the tests whose names match `only`, and is gone `seconds` later at the latest. */
  async run(only: string, seconds: number): Promise<void> {
    for (const [disk, size] of Object.entries(DISKS)) this.makeDisk(disk, size);
    const { scratch } = this;
    const init = path.join(__dirname, 'init.sh');
    this.console = await boot({ scratch, init, parameters: this.parameters(only), seconds });
  }

  /** Throws what a test of the guest threw. */
  demand(name: string): void {
    const result = this.results().find((line) => line.name === name);
    if (result === undefined) throw new Error(`the guest did not come to this; its console said:\n${this.tail()}`);
    if (result.error !== undefined) throw new Error(`in the guest: ${result.error}`);
  }

  /** Throws if something other than a test failed, or the guest ended early. */
  demandEnd(): void {
    const known = new Set(this.tests.map(({ name }) => name));
    const failed = this.results().filter(({ name, error }) => error !== undefined && !known.has(name));
    if (failed.length > 0) throw new Error(failed.map(({ name, error }) => `${name}: ${error}`).join('\n'));
    this.demand('end');
  }

  discard(): void {
    fs.rmSync(this.scratch, { recursive: true, force: true });
  }

  private results(): GuestResult[] {
    const lines = slurp(path.join(this.scratch, 'results.jsonl')).split('\n');
    return lines.filter((line) => line !== '').map((line): GuestResult => JSON.parse(line));
  }

  private tail(): string {
    return this.console.split('\n').slice(-40).join('\n');
  }

  private makeDisk(name: string, size: number): void {
    const file = path.join(this.scratch, name);
    fs.writeFileSync(file, '');
    fs.truncateSync(file, size);
  }

  private parameters(only: string): string[] {
    return [
      ...Object.keys(DISKS).map((name) => `${name}=${path.join(this.scratch, name)}`),
      `NODE=${process.execPath}`,
      `NODE_PATH=${path.join(__dirname, '../../node_modules')}`,
      `TSRUNC=${RUNTIME}`,
      // It parts its command line at spaces.
      ...(only === '' ? [] : [`ONLY=${only.replaceAll(' ', '\\s')}`]),
      `TSRUNC_FULL=${environment.TSRUNC_FULL}`,
      ...this.extra,
    ];
  }
}

/** Bytes. The second one is swap, the first for tests of io limits. */
const DISKS = { ubd0: 64 << 20, ubd1: 256 << 20 } as const;

const environment = {
  PATH: process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  TSRUNC: RUNTIME,
  TSRUNC_FULL: process.env['TSRUNC_FULL'] ?? '',
};
