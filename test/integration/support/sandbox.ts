import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { baseConfig } from './config.ts';
import { Container } from './container.ts';
import { cgroupsNamed, mounts, processesOf } from './host.ts';
import { type Json, type Patch, patched, stringify } from './json.ts';
import { cloneRootfs, makeRootfs } from './rootfs.ts';
import { begin, invoke, type Outcome, ok, type Running, type RunOptions, transcript } from './runtime.ts';
import { until } from './wait.ts';

export interface BundleOptions {
  readonly patch?: Patch;
  /** The container runs `sh -c SCRIPT`. */
  readonly script?: string;
  /** A rootfs that no other bundle uses, for tests that write to it. */
  readonly ownRootfs?: boolean;
  /** Replaces config.json's text. */
  readonly text?: string;
}

export interface CreateOptions extends BundleOptions, RunOptions {
  readonly bundle?: string;
  readonly id?: string;
  /** Who calls, for this container's later verbs too. */
  readonly user?: RunOptions;
  /** Between `create` and the ID. */
  readonly flags?: readonly string[];
}

/**
 * Makes the place where one test file works and has it cleared when the file ends. Whatever the runtime makes there
 * bears the sandbox's name: container IDs, cgroups, paths. After `delete --force` of every container anything that
 * still bears it is a leak, and fails the file.
 */
export function sandbox(theme: string): Sandbox {
  jest.setTimeout(120_000);
  const box = new Sandbox(theme);
  // Not before there is a test to run: jest leaves out afterAll of a file whose tests are all skipped.
  beforeAll(() => box.open());
  afterAll(async () => {
    try {
      await box.close();
    } finally {
      await box.sweep();
    }
  });
  return box;
}

export class Sandbox {
  readonly dir: string;
  /** In every ID, path and cgroup of this sandbox. */
  readonly name: string;
  readonly root: string;
  readonly rootfs: string;
  private counter = 0;
  /** Which runtime made a container, if it is not the one under test: no other knows how to end and delete it. */
  private readonly makers = new Map<string, string>();

  constructor(theme: string) {
    this.name = `tsrunc-${theme}-${randomBytes(4).toString('hex')}`;
    this.dir = path.join(fs.realpathSync(os.tmpdir()), this.name);
    this.root = path.join(this.dir, 'state');
    this.rootfs = path.join(this.dir, 'rootfs');
  }

  open(): void {
    fs.mkdirSync(this.dir, { mode: 0o755 });
    fs.mkdirSync(path.join(this.dir, 'io'));
    makeRootfs(this.rootfs);
  }

  /** A container ID that nothing else on the machine has. */
  id(): string {
    return `${this.name}-${++this.counter}`;
  }

  /** An empty directory of its own. */
  scratch(): string {
    const directory = path.join(this.dir, `d${++this.counter}`);
    fs.mkdirSync(directory);
    return directory;
  }

  bundle(options: BundleOptions = {}): string {
    const bundle = this.scratch();
    if (options.ownRootfs) cloneRootfs(this.rootfs, path.join(bundle, 'rootfs'));
    const text = options.text ?? stringify(this.config(options));
    fs.writeFileSync(path.join(bundle, 'config.json'), text);
    return bundle;
  }

  /** The config.json that {@link bundle} writes. */
  config(options: BundleOptions = {}): Json {
    const script: Patch = options.script === undefined ? {} : { '/process/args': ['sh', '-c', options.script] };
    return patched(baseConfig(options.ownRootfs ? 'rootfs' : this.rootfs), { ...script, ...options.patch });
  }

  /** Runs `RUNTIME --root STATE ARGS` to its end. */
  runtime(args: readonly string[], options: RunOptions = {}): Outcome {
    return invoke(['--root', this.root, ...args], this.io(), options);
  }

  /** The same, without waiting for it. */
  begin(args: readonly string[], options: RunOptions = {}): Running {
    return begin(['--root', this.root, ...args], this.io(), options);
  }

  create(options: CreateOptions = {}): Container {
    const { id, created } = this.tryCreate(options);
    return new Container(this, id, ok(created), { ...runtimeOf(options), ...options.user });
  }

  tryCreate(options: CreateOptions = {}): { id: string; created: Outcome } {
    const id = options.id ?? this.id();
    const bundle = options.bundle ?? this.bundle(options);
    const args = ['create', '--bundle', bundle, ...(options.flags ?? []), id];
    if (options.runtime !== undefined) this.makers.set(id, options.runtime);
    return { id, created: this.runtime(args, { ...options.user, ...options }) };
  }

  /** `run` in the foreground, to its end. */
  run(options: CreateOptions = {}): Outcome {
    const bundle = options.bundle ?? this.bundle(options);
    const args = ['run', '--bundle', bundle, ...(options.flags ?? []), options.id ?? this.id()];
    return this.runtime(args, { ...options.user, ...options });
  }

  /** A prefix for the files of one call. */
  io(): string {
    return path.join(this.dir, 'io', `${++this.counter}`);
  }

  /** IDs that have a state directory. */
  containers(): string[] {
    return fs.existsSync(this.root) ? fs.readdirSync(this.root).filter((name) => !name.startsWith('.')) : [];
  }

  /** What bears `name` and should be gone: processes, mounts of this namespace, cgroups, state. One line each. */
  leftovers(name = this.name): string[] {
    return [
      ...processesOf(name).map((pid) => `process ${pid}: ${commandOf(pid)}`),
      ...mounts()
        .filter((mount) => mount.target.includes(name))
        .map((mount) => `mount ${mount.target}`),
      ...cgroupsNamed(name).map((cgroup) => `cgroup ${cgroup}`),
      ...this.containers()
        .filter((id) => id.includes(name))
        .map((id) => `state ${path.join(this.root, id)}`),
    ];
  }

  /** Waits until nothing bears `name`. The kernel takes processes and cgroups down in its own time. */
  async clean(name = this.name, seconds = 5): Promise<void> {
    try {
      await until('nothing is left', () => this.leftovers(name).length === 0, seconds);
    } catch {
      const left = this.leftovers(name);
      if (left.length > 0) throw new Error(`left behind:\n${left.join('\n')}`);
    }
  }

  async close(): Promise<void> {
    const failures = this.containers().flatMap((id) => {
      const runtime = this.makers.get(id);
      const outcome = this.runtime(['delete', '--force', id], runtime === undefined ? {} : { runtime });
      return outcome.status === 0 ? [] : [transcript(outcome)];
    });
    this.removeCgroupsOfVersion1();
    try {
      await this.clean();
    } catch (error) {
      throw new Error([String(error), ...failures].join('\n'));
    }
  }

  /** runc makes them, and gives up on one that is busy for long. tsrunc makes none. */
  private removeCgroupsOfVersion1(): void {
    for (const cgroup of cgroupsNamed(this.name)) {
      if (fs.existsSync(`${cgroup}/cgroup.clone_children`)) tried(() => fs.rmdirSync(cgroup));
    }
  }

  /** Takes away by force what bears the name, and nothing else. */
  async sweep(): Promise<void> {
    for (const pid of processesOf(this.name)) tried(() => process.kill(pid, 'SIGKILL'));
    // A cgroup stays busy for as long as one of them is being taken down.
    await until('all are gone', () => processesOf(this.name).length === 0, 5).catch(() => {});
    for (const mount of mounts().reverse()) {
      if (mount.target.includes(this.name))
        tried(() => execFileSync('umount', ['-l', mount.target], { stdio: 'ignore' }));
    }
    for (const cgroup of cgroupsNamed(this.name)) tried(() => fs.rmdirSync(cgroup));
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

function runtimeOf({ runtime }: RunOptions): RunOptions {
  return runtime === undefined ? {} : { runtime };
}

function commandOf(pid: number): string {
  const read = (file: string) => fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
  try {
    return read('cmdline').replaceAll('\0', ' ').trim() || `[${read('comm').trim()}]`;
  } catch {
    return 'gone';
  }
}

/** A sweep goes on: what cannot be taken away has already failed the file. */
function tried(action: () => unknown): void {
  try {
    action();
  } catch {
    // gone, or not ours to remove
  }
}
