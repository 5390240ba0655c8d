import type { Config, Mount } from '../spec/config.ts';
import { type Operand, Result } from '../syscalls/batch.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import type { RemotePort } from '../syscalls/port.ts';
import type { RemoteKernel } from '../syscalls/stub/remote-kernel.ts';
import type { Caller } from './caller.ts';
import type { Cgroup } from './cgroups/manager.ts';
import { oomObituary } from './cgroups/obituary.ts';
import type { Log } from './host.ts';
import type { Looked } from './init/program.ts';
import type { Listening } from './listen-fds.ts';
import type { Machine } from './machine.ts';
import type { NamespaceType } from './namespaces.ts';
import type { CreateOptions } from './options.ts';
import type { RecipeContext, Step } from './recipe.ts';
import { Foresight } from './rootfs/foresight.ts';
import type { UnprovenMount } from './rootfs/inside-proc.ts';
import type { KeptMountLook } from './rootfs/kept-mounts.ts';
import type { Confined, OwnState, SavedState, StateDirectory } from './store.ts';

/** What the steps of a create work on. Facts are readonly; what steps find or make is filled in by them, in order. */
export class Creation implements RecipeContext {
  /** The first process: joins and clones, then goes away. */
  builder: StubProcess | undefined;
  /** The socket pair that init will be talked to by. */
  initSocket: { ours: number; theirs: number } = { ours: -1, theirs: -1 };
  /** Namespaces given by path, as the builder's descriptors. */
  readonly joined = new Map<NamespaceType, Result>();
  /** The builder sits in the container's cgroup, and init is born there. */
  builderInCgroup = false;
  /** The container's init. */
  private process: StubProcess | undefined;
  /** Directories of resctrl that go with the container. */
  rdtGroups: readonly string[] = [];
  /** Descriptor of the detached, then attached, mount of the rootfs, in init. */
  private rootFd: Operand | undefined;
  /** The rootfs lies over the root of init's mount namespace, not at its path. */
  rootOnTop = false;
  /** In a mount namespace that is joined: descriptor of what is its root until all else is done. */
  oldRoot: number | undefined;
  /** And from then on the rootfs is the root of all who are in there. */
  rootExchanged = false;
  /** The rootfs is mounted in the runtime's own mount namespace. */
  rootOnHost = false;
  /** The container's /dev/null, in init, once somebody has needed it. */
  nullDevice: number | undefined;
  /** Mounts that paths will be masked in, by their destination, while they are still needed: see kept-mounts.ts. */
  readonly keptMounts = new Map<string, Operand>();
  /** Whether they are where they were, at the moments when it counts. */
  readonly keptMountLooks: KeptMountLook[] = [];
  /** Mounts that may yet turn out to have been refused: what move_mount says. */
  readonly triedMounts = new Map<Mount, Result>();
  /** Mounts whose targets are yet to be told from a procfs. */
  unprovenMounts: UnprovenMount[] = [];
  /** What is known of the places where mounts go. */
  readonly foresight = new Foresight();
  /** The socket that init will park on, if it does: the same number here and there. */
  parkingSocket = -1;
  /** The program, as it was found. */
  looked: Looked | undefined;
  private published: SavedState | undefined;
  /** What a seccomp filter that had to be loaded at create leaves for start. */
  confined: Confined | undefined;
  /** The stub's executable, by which init is recognised while it has not started. */
  stubFile: { dev: number; ino: number } = { dev: 0, ino: 0 };

  constructor(
    readonly facts: CreationFacts,
    readonly state: StateDirectory,
    readonly cgroup: Cgroup,
  ) {}

  get log(): Log {
    return this.facts.log;
  }

  get remote(): RemoteKernel | undefined {
    return (this.process ?? this.builder)?.kernel;
  }

  get builderProcess(): StubProcess {
    if (!this.builder) throw new Error('there is no builder');
    return this.builder;
  }

  get engine(): Machine {
    return this.facts.engine;
  }

  get config(): Config {
    return this.facts.config;
  }

  get init(): StubProcess {
    if (!this.process) throw new Error('init does not run yet');
    return this.process;
  }

  set init(process: StubProcess) {
    this.process = process;
  }

  /** The container as others see it. */
  get saved(): SavedState {
    if (!this.published) throw new Error('the container is not there yet');
    return this.published;
  }

  set saved(state: SavedState) {
    this.published = state;
  }

  get hasInit(): boolean {
    return this.process !== undefined;
  }

  /** The rootfs, as init's descriptor: every path of the container is resolved beneath it. */
  get root(): Operand {
    if (this.rootFd === undefined) throw new Error('the rootfs is not there yet');
    return this.rootFd;
  }

  /** And has been opened: the call may still wait in a batch, or have failed. */
  get hasRoot(): boolean {
    return this.rootFd instanceof Result ? this.rootFd.known && !this.rootFd.failed : this.rootFd !== undefined;
  }

  set root(fd: Operand) {
    this.rootFd = fd;
  }

  /** How many descriptors from 3 on are the container's. */
  get inherited(): number {
    const { listening, options } = this.facts;
    return (listening?.fds ?? 0) + (options.preserveFds ?? 0);
  }

  /** Why init died, as far as the cgroup can tell. */
  obituary(): string | undefined {
    return oomObituary(this.cgroup);
  }
}

export interface CreationFacts {
  readonly engine: Machine;
  readonly log: Log;
  readonly kernel: LocalKernel;
  readonly id: string;
  readonly options: CreateOptions;
  readonly config: Config;
  /** Absolute, symlinks resolved. */
  readonly rootfs: string;
  readonly caller: Caller;
  /** When: RFC 3339, UTC. */
  readonly created: string;
  readonly creator: OwnState['creator'];
  /** What systemd has opened for the container. */
  readonly listening: Listening | undefined;
  /** Init is to wait for another process of the runtime. */
  readonly parks: boolean;
  /** The soft RLIMIT_NOFILE that our caller has. */
  readonly callerNofile: number | undefined;
}

export interface StubProcess {
  readonly pid: number;
  readonly port: RemotePort;
  readonly kernel: RemoteKernel;
}

export type CreationStep = Step<Creation>;

/** Whether the container gets a namespace of this type of its own, or joins one by path. */
export function namespaceOf(config: Config, type: NamespaceType): 'new' | 'joined' | 'host' {
  const entry = config.linux?.namespaces?.find((namespace) => namespace.type === type);
  if (!entry) return 'host';
  return entry.path ? 'joined' : 'new';
}
