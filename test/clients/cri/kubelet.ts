import type { MessageOf, TextCodec } from '../../../src/libcontainer/checkpoint/wire.ts';
import { slurp } from '../../integration/support/host.ts';
import { PATIENCE, pause } from '../../integration/support/wait.ts';
import { IMAGE } from '../support/image.ts';
import type { Result } from '../support/world.ts';
import { Refusal, unary } from './grpc.ts';
import * as cri from './messages.ts';

export type PodConfig = MessageOf<typeof cri.podConfig>;
export type ContainerConfig = MessageOf<typeof cri.containerConfig>;
type Namespaces = MessageOf<typeof cri.namespaceOptions>;
export type PodOptions = PodConfig & { readonly namespaces?: Namespaces };
export type ContainerOptions = ContainerConfig & { readonly namespaces?: Namespaces; readonly security?: Security };
type Security = MessageOf<typeof cri.securityContext>;
type Resources = MessageOf<typeof cri.linuxResources>;

const UTF8: TextCodec = { encode: (text) => Buffer.from(text), decode: (bytes) => Buffer.from(bytes).toString() };
/** The kubelet always says whose they are. */
const NAMESPACES: Namespaces = { network: cri.Namespace.NODE, pid: cri.Namespace.CONTAINER };
const LOGS = '/run/logs';

/** Where the daemon runs: a world, or the machine itself. */
export interface Machine {
  /** The path by which a file there, or a socket, is reached from here. */
  pathOf(file: string): string;
  shell(command: string): Promise<Pick<Result, 'status' | 'stdout' | 'stderr'>>;
}

/** Says to the runtime, by the Container Runtime Interface, what a kubelet says. */
export class Kubelet {
  private counter = 0;

  /** `handler`: the runtime that its pods ask for. */
  constructor(
    private readonly machine: Machine,
    private readonly handler: string,
  ) {}

  call<Q, A>(rpc: cri.Rpc<Q, A>, request: Q): Promise<A> {
    return call(this.machine.pathOf('/run/containerd/containerd.sock'), rpc, request);
  }

  /** Waits until the daemon knows of its pods again: it answers before. */
  async ready(seconds = 10): Promise<void> {
    const end = Date.now() + seconds * PATIENCE * 1000;
    while (!(await this.call(cri.Version, {}).then(() => true, isRefusal))) {
      if (Date.now() > end) throw new Error(`not ready after ${seconds} s`);
      await pause(20);
    }
  }

  /** A line of shell on the machine, and what it has written. */
  async shell(command: string): Promise<string> {
    const { stdout, stderr, status } = await this.machine.shell(command);
    if (status !== 0) throw new Error(`${command}: ${status}\n${stdout}\n${stderr}`);
    return stdout.trim();
  }

  /** A pod with the machine's network, whose containers have PIDs of their own; unless `namespaces` says more. */
  async pod({ namespaces, ...config }: PodOptions = {}, handler = this.handler): Promise<Pod> {
    const name = `pod-${++this.counter}`;
    const security = { namespace_options: { ...NAMESPACES, ...namespaces }, ...config.linux?.security_context };
    const whole: PodConfig = {
      metadata: { name, uid: name, namespace: 'default', attempt: 0 },
      log_directory: `${LOGS}/${name}`,
      ...config,
      linux: { ...config.linux, security_context: security },
    };
    const { pod_sandbox_id: id = '' } = await this.call(cri.RunPodSandbox, {
      config: whole,
      runtime_handler: handler,
    });
    return new Pod(this, id, whole, security.namespace_options);
  }

  /** What a container wrote, in lines of the form that the kubelet reads. */
  log(directory: string, name: string): string {
    return slurp(this.machine.pathOf(`${directory}/${name}`));
  }

  /** Stops and removes all pods. */
  async clear(): Promise<void> {
    const { items = [] } = await this.call(cri.ListPodSandbox, {});
    for (const { id: pod_sandbox_id = '' } of items) {
      await this.call(cri.StopPodSandbox, { pod_sandbox_id });
      await this.call(cri.RemovePodSandbox, { pod_sandbox_id });
    }
  }
}

export class Pod {
  private counter = 0;

  constructor(
    readonly kubelet: Kubelet,
    readonly id: string,
    readonly config: PodConfig,
    private readonly namespaces: Namespaces,
  ) {}

  /** A container that is created. */
  async create({ namespaces, security, ...config }: ContainerOptions): Promise<Container> {
    const name = `container-${++this.counter}`;
    const context = { ...security, namespace_options: { ...this.namespaces, ...namespaces } };
    const whole = {
      metadata: { name },
      image: { image: IMAGE },
      log_path: `${name}.log`,
      ...config,
      linux: { ...config.linux, security_context: context },
    };
    const { container_id: id = '' } = await this.kubelet.call(cri.CreateContainer, {
      pod_sandbox_id: this.id,
      config: whole,
      sandbox_config: this.config,
    });
    return new Container(this, id, whole.log_path);
  }

  /** A container that runs. */
  async start(config: ContainerOptions): Promise<Container> {
    const container = await this.create(config);
    await container.start();
    return container;
  }

  /** A container that has ended by itself, and what it has written. */
  async run(config: ContainerOptions): Promise<Outcome> {
    return (await this.start(config)).wait();
  }

  async state(): Promise<string> {
    const { status } = await this.kubelet.call(cri.PodSandboxStatus, { pod_sandbox_id: this.id });
    return cri.PodState[status?.state ?? 0] ?? 'unknown';
  }

  async stop(): Promise<void> {
    await this.kubelet.call(cri.StopPodSandbox, { pod_sandbox_id: this.id });
  }

  async remove(): Promise<void> {
    await this.kubelet.call(cri.RemovePodSandbox, { pod_sandbox_id: this.id });
  }
}

/** How a container has ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly stdout: string;
  readonly stderr: string;
}

export class Container {
  constructor(
    readonly pod: Pod,
    readonly id: string,
    private readonly logPath: string,
  ) {}

  async start(): Promise<void> {
    await this.pod.kubelet.call(cri.StartContainer, { container_id: this.id });
  }

  /** With 0 and '' for what the wire leaves out. */
  async status() {
    const { status = {} } = await this.pod.kubelet.call(cri.ContainerStatus, { container_id: this.id });
    const { exit_code: exitCode = 0, reason = '', message = '' } = status;
    return { ...status, exitCode, reason, message, state: cri.ContainerState[status.state ?? 0] ?? 'UNKNOWN' };
  }

  /** Waits for its end. */
  async wait(seconds = 10): Promise<Outcome> {
    const end = Date.now() + seconds * PATIENCE * 1000;
    for (;;) {
      const { state, exitCode, reason, message } = await this.status();
      if (state === 'EXITED') return { exitCode, reason, message, ...this.written() };
      if (Date.now() > end) throw new Error(`${this.id}: ${state} after ${seconds} s\n${this.log()}`);
      await pause(20);
    }
  }

  log(): string {
    return this.pod.kubelet.log(this.pod.config.log_directory ?? '', this.logPath);
  }

  async exec(cmd: readonly string[], timeout = 0) {
    const request = { container_id: this.id, cmd, timeout };
    const { exit_code: exitCode = 0, stdout = '', stderr = '' } = await this.pod.kubelet.call(cri.ExecSync, request);
    return { exitCode, stdout, stderr };
  }

  async stop(timeout = 0): Promise<void> {
    await this.pod.kubelet.call(cri.StopContainer, { container_id: this.id, timeout });
  }

  async remove(): Promise<void> {
    await this.pod.kubelet.call(cri.RemoveContainer, { container_id: this.id });
  }

  async update(linux: Resources): Promise<void> {
    await this.pod.kubelet.call(cri.UpdateContainerResources, { container_id: this.id, linux });
  }

  /** Both streams, put together again from the lines of the log. */
  private written(): { stdout: string; stderr: string } {
    const lines = parseLog(this.log());
    const of = (wanted: string) => lines.filter(({ stream }) => stream === wanted).map(({ text }) => text);
    return { stdout: of('stdout').join('').trimEnd(), stderr: of('stderr').join('').trimEnd() };
  }
}

/** Lines of the log: time, stream, whether it is a full line (F) or part of one (P), text. */
export function parseLog(log: string): { stream: string; text: string }[] {
  return log.split('\n').flatMap((line) => {
    const [, stream = '', tag = '', content = ''] = /^\S+T\S+ (stdout|stderr) ([FP]) (.*)$/s.exec(line) ?? [];
    if (line !== '' && stream === '') throw new Error(`no line of a log: ${line}`);
    return line === '' ? [] : [{ stream, text: tag === 'F' ? `${content}\n` : content }];
  });
}

/** What the runtime says that refuses; throws if it does not refuse. */
export async function refusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

/** False for what may change; anything else is an error. */
function isRefusal(error: unknown): false {
  if (error instanceof Refusal) return false;
  throw error;
}

async function call<Q, A>(socket: string, rpc: cri.Rpc<Q, A>, request: Q): Promise<A> {
  const sent = rpc.question.write(request, UTF8);
  return rpc.answer.read(await unary(socket, rpc.path, sent, 60 * PATIENCE), UTF8);
}
