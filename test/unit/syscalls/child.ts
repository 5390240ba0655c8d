import type { ChildProcessByStdio } from 'node:child_process';
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { buildSync } from 'esbuild';

/** A program of test/unit/syscalls/fixtures as a process of its own, for what must not happen to the test runner. */
export class ChildProgram {
  private readonly directory = mkdtempSync('/tmp/tsrunc-child-');
  private readonly bundle = `${this.directory}/program.cjs`;
  private readonly env = { ...process.env, NODE_PATH: `${process.cwd()}/node_modules` };

  constructor(name: string) {
    buildSync({
      entryPoints: [`${__dirname}/fixtures/${name}.ts`],
      outfile: this.bundle,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'silent',
    });
  }

  start(): ChildProcessByStdio<Writable, Readable, null> {
    return spawn(process.execPath, [this.bundle], { stdio: ['pipe', 'pipe', 'inherit'], env: this.env });
  }

  /** Runs it to its end; `wrapper` is a command that runs it. */
  run(wrapper: readonly string[] = []): SpawnSyncReturns<string> {
    const [command = process.execPath, ...args] = [...wrapper, process.execPath, this.bundle];
    return spawnSync(command, args, { encoding: 'utf8', env: this.env, timeout: 30_000 });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
