import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Event, Statistics } from '../libcontainer/events.ts';
import type { Resources } from '../spec/config.ts';
import type { State } from '../spec/state.ts';
import { begin, beginProcess, call, discard, PID_FILE, type Settings, type Started } from './tsrunc.ts';

/** What becomes of a standard stream: nothing, the caller's own, or a stream that the caller reads or writes. */
export type Stream = 'ignore' | 'inherit' | 'pipe';

export interface CreateOptions extends Settings {
  readonly id: string;
  /** The directory of config.json, whose process must have no terminal. */
  readonly bundle: string;
  /** `ignore` unless said. */
  readonly stdin?: Stream;
  readonly stdout?: Stream;
  readonly stderr?: Stream;
}

export interface ExecOptions {
  readonly cwd?: string;
  /** In addition to what the container's process has. */
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: { readonly uid: number; readonly gid?: number };
  /** `ignore` unless said. */
  readonly stdin?: Stream;
  readonly stdout?: Stream;
  readonly stderr?: Stream;
}

export interface EventOptions {
  /** Milliseconds from one line of statistics to the next; 5000 unless said. */
  readonly interval?: number;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

/** A process whose end can be waited for, with those of its streams that are `pipe`. */
export interface Running {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** The exit status; 128 and its number for a signal. */
  wait(): Promise<number>;
}

/** A container that exists, whoever has made it. Every method is one command, and rejects with a ContainerError. */
export class Container {
  protected constructor(
    readonly id: string,
    protected readonly settings: Settings,
  ) {}

  /** Makes a container, whose program waits for {@link start}. Its end can be waited for. */
  static async create(options: CreateOptions): Promise<CreatedContainer> {
    return CreatedContainer.make(options);
  }

  /** A container that was made before. Rejects if there is none. */
  static async open(id: string, settings: Settings = {}): Promise<Container> {
    const container = new Container(id, settings);
    await container.state();
    return container;
  }

  /** The states of all containers of a state directory. */
  static async list(settings: Settings = {}): Promise<readonly State[]> {
    const states: readonly State[] | null = JSON.parse(await call(settings, ['list', '--format', 'json']));
    return states ?? [];
  }

  async start(): Promise<void> {
    await this.call(['start', this.id]);
  }

  async state(): Promise<State> {
    return JSON.parse(await this.call(['state', this.id]));
  }

  /** `signal` is a name, with or without SIG, or a number. */
  async kill(signal: string | number = 'SIGTERM'): Promise<void> {
    await this.call(['kill', this.id, String(signal)]);
  }

  async pause(): Promise<void> {
    await this.call(['pause', this.id]);
  }

  async resume(): Promise<void> {
    await this.call(['resume', this.id]);
  }

  /** Changes limits; those that are absent stay as they are. */
  async update(resources: Resources): Promise<void> {
    const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
    await this.call(['update', '--resources', '-', this.id], JSON.stringify(resources, plain));
  }

  /** The host's PIDs of its processes. */
  async ps(): Promise<readonly number[]> {
    return JSON.parse(await this.call(['ps', '--format', 'json', this.id]));
  }

  async stats(): Promise<Statistics> {
    const event: Extract<Event, { type: 'stats' }> = JSON.parse(await this.call(['events', '--stats', this.id]));
    return event.data;
  }

  /** Statistics again and again, and each strike of the OOM killer, until the container ends or the caller does. */
  async *events({ interval = 5000, signal }: EventOptions = {}): AsyncGenerator<Event, void, void> {
    const args = ['events', '--interval', `${interval}ms`, this.id];
    const started = await begin(this.settings, args, ['ignore', 'pipe', 'ignore']);
    const { child, stdout, ended } = started;
    const stop = () => child.kill('SIGTERM');
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      if (stdout !== null) for await (const line of createInterface({ input: stdout })) yield JSON.parse(line);
      if (!signal?.aborted) await ended;
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
      await discard(started);
    }
  }

  /** Runs another process in it, and resolves once it runs. */
  async exec(command: readonly string[], options: ExecOptions = {}): Promise<Running> {
    const { cwd, env = {}, user } = options;
    const flags = [
      ...(cwd === undefined ? [] : ['--cwd', cwd]),
      ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...(user === undefined ? [] : ['--user', user.gid === undefined ? `${user.uid}` : `${user.uid}:${user.gid}`]),
    ];
    const args = ['exec', '--pid-file', PID_FILE, ...flags, this.id, ...command];
    return runningOf(await beginProcess(this.settings, args, streamsOf(options)));
  }

  /** Removes a container that has stopped. `force` kills one that has not, and is content with one that is gone. */
  async delete({ force = false } = {}): Promise<void> {
    await this.call(['delete', ...(force ? ['--force'] : []), this.id]);
  }

  private call(args: readonly string[], input?: string): Promise<string> {
    return call(this.settings, args, input);
  }
}

/**
 * A container that this program has made. A process of tsrunc's stays with it as its parent: Node could not wait for a
 * child that it has not spawned. The container outlives this program, and is kept until {@link delete}.
 */
export class CreatedContainer extends Container implements Running {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  private readonly parent: Running;

  private constructor(id: string, settings: Settings, parent: Running) {
    super(id, settings);
    this.parent = parent;
    ({ stdin: this.stdin, stdout: this.stdout, stderr: this.stderr } = parent);
  }

  /** What {@link Container.create} does. */
  static async make({ id, bundle, stdin, stdout, stderr, ...settings }: CreateOptions): Promise<CreatedContainer> {
    const flags = ['--hold', '--keep', '--bundle', resolve(bundle), '--pid-file', PID_FILE];
    const started = await beginProcess(settings, ['run', ...flags, id], streamsOf({ stdin, stdout, stderr }));
    return new CreatedContainer(id, settings, runningOf(started));
  }

  /** Resolves with its exit status, 128 and its number for a signal, once its process has ended. */
  wait(): Promise<number> {
    return this.parent.wait();
  }
}

type Streams = { readonly [name in 'stdin' | 'stdout' | 'stderr']?: Stream | undefined };

function streamsOf({ stdin = 'ignore', stdout = 'ignore', stderr = 'ignore' }: Streams): [Stream, Stream, Stream] {
  return [stdin, stdout, stderr];
}

/** Does not keep the caller's event loop alive by itself, but while it is waited for. */
function runningOf({ child, stdout, stderr, ended }: Started): Running {
  child.unref();
  return {
    stdin: child.stdin,
    stdout,
    stderr,
    wait: () => {
      child.ref();
      return ended;
    },
  };
}
