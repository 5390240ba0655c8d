import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { makeRootfs } from '../test/integration/support/rootfs.ts';

/** What is changed of a config.json here. */
export interface Config {
  readonly process: object;
  readonly mounts: object[];
  readonly linux: object;
}

/** A runtime that takes part. */
export interface Runtime {
  readonly name: string;
  readonly path: string;
  readonly version: string;
  /** In front of every command. */
  readonly options?: readonly string[];
}

/** What crun can do where it may not raise RLIMIT_MEMLOCK, which it does for the rules of devices. */
export function withoutCgroups(runtime: Runtime): Runtime {
  return { ...runtime, version: `${runtime.version}, without cgroups`, options: ['--cgroup-manager=disabled'] };
}

/** tsrunc, and of the others those that are installed. */
export function runtimes(tsrunc: string): Runtime[] {
  return [
    ['tsrunc', tsrunc],
    // Where it was built: `make lean`.
    ['tsrunc-lean', `${tsrunc}-lean`],
    ['runc', 'runc'],
    ['crun', 'crun'],
  ].flatMap(([name = '', file = '']) => {
    const asked = spawnSync(file, ['--version'], { encoding: 'utf8' });
    const [version = ''] = (asked.stdout ?? '').split('\n');
    return asked.status === 0 ? [{ name, path: file, version: version.replace(/^\w+/, name) }] : [];
  });
}

/** Bundles and state of all runtimes: one root filesystem and one config.json for all of them. */
export class Place {
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tsrunc-bench-'));
  private readonly rootfs = path.join(this.directory, 'rootfs');
  private next = 0;

  constructor(private readonly tsrunc: string) {
    fs.chmodSync(this.directory, 0o755);
    makeRootfs(this.rootfs);
  }

  /** A bundle of what `tsrunc spec` writes, for a program that does nothing, and as `change` leaves it. */
  bundle(change: (config: Config, rootfs: string) => void = () => undefined): string {
    const bundle = path.join(this.directory, `bundle${this.next++}`);
    fs.mkdirSync(bundle);
    execFileSync(this.tsrunc, ['spec', '--bundle', bundle]);
    const file = path.join(bundle, 'config.json');
    const config = JSON.parse(fs.readFileSync(file, 'utf8'));
    config.root = { path: this.rootfs, readonly: false };
    // Which all of them know: crun 1.8 refuses later ones.
    config.ociVersion = '1.0.2';
    Object.assign(config.process, { terminal: false, args: ['/bin/true'] });
    change(config, this.rootfs);
    fs.writeFileSync(file, JSON.stringify(config));
    return bundle;
  }

  id(): string {
    return `${path.basename(this.directory)}-${this.next++}`;
  }

  /** Where a runtime keeps its state here. */
  root(runtime: Runtime): string {
    return path.join(this.directory, `root-${runtime.name}`);
  }

  /** Throws if the command fails. Nothing is read from it: a created container would keep a pipe open. */
  call(runtime: Runtime, args: readonly string[], prefix: readonly string[] = []): void {
    const [file = '', ...rest] = [
      ...prefix,
      runtime.path,
      '--root',
      this.root(runtime),
      ...(runtime.options ?? []),
      ...args,
    ];
    const done = spawnSync(file, rest, { stdio: ['ignore', 'ignore', 'ignore'], timeout: 60_000 });
    demand(done, [file, ...rest]);
  }

  /** Ends what was left by a measurement that failed. */
  clean(all: readonly Runtime[]): void {
    for (const runtime of all) {
      const left = fs.existsSync(this.root(runtime)) ? fs.readdirSync(this.root(runtime)) : [];
      for (const id of left.filter((name) => !name.startsWith('.'))) {
        spawnSync(runtime.path, ['--root', this.root(runtime), 'delete', '--force', id], { stdio: 'ignore' });
      }
    }
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

function demand({ status, signal, error }: SpawnSyncReturns<Buffer>, argv: readonly string[]): void {
  if (error) throw error;
  if (status !== 0) throw new Error(`${argv.join(' ')}: ended with ${signal ?? status}`);
}

/** In the mount namespace that this program is started in, and nobody else is: only version 2 of the cgroups. */
export function pureCgroup2(): void {
  execFileSync('mount', ['-t', 'cgroup2', 'none', '/sys/fs/cgroup']);
}
