import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Criu } from '../../integration/checkpoint/real-criu.ts';
import { cgroup2Mount, cgroupsNamed, childrenOf, slurp, which } from '../../integration/support/host.ts';
import { RUNTIME } from '../../integration/support/runtime.ts';
import { PATIENCE, until } from '../../integration/support/wait.ts';
import { makeImage } from './image.ts';

export interface Result {
  readonly command: string;
  /** Null if it had to be killed for the time that it took. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a world needs besides the clients themselves. */
const TOOLS = ['unshare', 'nsenter', 'setpriv', 'ip', 'tar', 'script', 'busybox'];
const NAMESPACES = ['--mount', '--net', '--uts', '--pid'];

/**
 * Namespaces in which a client of the runtime believes itself on a machine of its own: with a hierarchy of cgroup v2
 * only, empty state directories, and a network of nothing but a loopback. When its first process is killed, all of it
 * is gone, and a cgroup is all that is left to remove. It dies with the test, too.
 */
export class World {
  private readonly name = `tsrunc-clients-${randomBytes(4).toString('hex')}`;
  private readonly scratch = path.join(fs.realpathSync(os.tmpdir()), this.name);
  private readonly cgroup = path.join(cgroup2Mount() ?? '', this.name);
  private outside: ChildProcess | undefined;
  private first = 0;
  private counter = 0;
  /** The runtime under test, as the world's processes see it. */
  readonly runtime = `/run/world/bin/${path.basename(RUNTIME)}`;

  /** With a criu that its programs find, if one is given. */
  constructor(private readonly criu?: Criu) {}

  /** Programs that are missing for a world with these. */
  static lacks(programs: readonly string[]): string[] {
    const missing = [...TOOLS, ...programs].filter((program) => which(program) === undefined);
    return cgroup2Mount() === undefined ? [...missing, 'a cgroup2 mount'] : missing;
  }

  async open(): Promise<void> {
    fs.mkdirSync(this.scratch);
    fs.mkdirSync(this.cgroup);
    const image = path.join(this.scratch, 'image.tar');
    makeImage(which('busybox') ?? '', this.scratch, image);
    const log = fs.openSync(path.join(this.scratch, 'world.log'), 'a');
    const enter = [path.join(__dirname, 'world.sh'), RUNTIME, image, this.cgroup, this.criu?.tree ?? ''];
    const unshare = ['unshare', ...NAMESPACES, '--fork', '--kill-child', '--mount-proc', ...enter];
    this.outside = spawn('setpriv', ['--pdeathsig', 'KILL', ...unshare], { stdio: ['ignore', log, log] });
    fs.closeSync(log);
    try {
      await until('the world is ready', () => this.isReady());
    } catch (error) {
      throw new Error(`${String(error)}\n${slurp(path.join(this.scratch, 'world.log'))}`);
    }
  }

  /** Runs a line of shell to its end. `seconds` later it is killed. */
  async shell(command: string, { seconds = 60, prelude = '' } = {}): Promise<Result> {
    const files = this.files();
    const child = this.spawn(`${prelude}\n${command}`, files);
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * PATIENCE * 1000);
    try {
      const status = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', resolve);
      });
      return { command, status, stdout: slurp(files.out), stderr: slurp(files.err) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Starts what runs until the world ends, and waits until `ready`, a line of shell, succeeds. */
  async daemon(command: string, ready: string, seconds = 30): Promise<void> {
    const files = this.files();
    this.spawn(`exec ${command}`, files);
    const line = `for i in $(seq ${seconds * PATIENCE * 10}); do (${ready}) > /dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1`;
    const { status } = await this.shell(line, { seconds: seconds + 10 });
    if (status !== 0) throw new Error(`${command}: not ready after ${seconds} s\n${slurp(files.err).slice(-4000)}`);
  }

  /** A file below the world's `/run/world`. */
  write(name: string, text: string): void {
    fs.writeFileSync(this.pathOf(path.join('/run/world', name)), text);
  }

  /** The path by which a process outside reaches a file of the world, or connects to a socket of it. */
  pathOf(inside: string): string {
    return path.join(`/proc/${this.first}/root`, inside);
  }

  async close(): Promise<void> {
    this.outside?.kill('SIGKILL');
    try {
      await until('its cgroups are gone', () => this.removeCgroups(), 10);
    } finally {
      fs.rmSync(this.scratch, { recursive: true, force: true });
    }
  }

  private isReady(): boolean {
    this.first = childrenOf(this.outside?.pid ?? -1)[0] ?? 0;
    return this.first > 0 && fs.existsSync(`/proc/${this.first}/root/run/world/ready`);
  }

  private files(): { out: string; err: string } {
    const prefix = path.join(this.scratch, `${++this.counter}`);
    return { out: `${prefix}.out`, err: `${prefix}.err` };
  }

  /** Output goes to files: a daemon's child would keep a pipe open. */
  private spawn(script: string, files: { out: string; err: string }): ChildProcess {
    const streams = [fs.openSync(files.out, 'a'), fs.openSync(files.err, 'a')];
    // Into the world's cgroup, too, which nsenter does not do.
    const inside = ['sh', '-c', `echo 0 > /sys/fs/cgroup/init/cgroup.procs; exec bash -c "$1"`, 'sh', script];
    const enter = ['--target', `${this.first}`, ...NAMESPACES, '--cgroup', '--', ...inside];
    const child = spawn('nsenter', enter, { stdio: ['ignore', ...streams], env: this.environment() });
    for (const stream of streams) fs.closeSync(stream);
    return child;
  }

  private environment(): Record<string, string> {
    const system = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const path = this.criu === undefined ? system : `${this.criu.directory}:${system}`;
    return { PATH: path, HOME: '/root', RUNTIME: this.runtime, LANG: 'C.UTF-8', TERM: 'xterm' };
  }

  /** Whether all of them are gone: a killed process keeps its cgroup for a moment. */
  private removeCgroups(): boolean {
    const left = cgroupsNamed(this.name);
    for (const directory of left) {
      try {
        fs.rmdirSync(directory);
      } catch {
        return false;
      }
    }
    return true;
  }
}
