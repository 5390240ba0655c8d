import type { Engine } from '../../engine/engine.ts';
import type { Config } from '../../spec/config.ts';
import type { Linux, Resources } from '../../spec/config-linux.ts';
import { ContainerError } from '../errors.ts';
import type { CgroupManager, Log } from '../host.ts';
import type { Beneath } from './beneath.ts';
import type { DevicePrograms } from './devices/attach.ts';
import { NoCgroup, Unlimited } from './disabled.ts';
import { FsCgroup } from './fs.ts';
import { cgroupDirectory } from './path.ts';
import { type CgroupRoot, findCgroupRoot, rootOfDirectory } from './root.ts';
import type { CgroupStatistics } from './statistics/statistics.ts';
import { systemdCgroupAt, systemdCgroupFor } from './systemd/cgroup.ts';
import type { BusSocket } from './systemd/dbus/socket.ts';
import type { Manager } from './systemd/places.ts';
import type { CgroupWatch } from './watch.ts';

/** The cgroup of one container: what holds its processes together, counts them, and limits them. */
export interface Cgroup {
  /** Absolute path of its directory; undefined if the container has no cgroup of its own. */
  readonly directory: string | undefined;
  /** What systemd knows it as; undefined if systemd does not. */
  readonly unit: UnitReference | undefined;
  /**
   * Makes the directory with all limits and device rules in place, ready for init. A directory that is there already
   * is taken if it holds no process. Systemd makes none without a process: it moves `builder` in.
   */
  create(linux: Linux | undefined, builder: number): void;
  /** Init is there and the builder is gone: a limit with no room for both is now set as it was asked for. */
  builderLeft(): void;
  /** Removes what this object's {@link create} made, also after it failed half-way, and nothing else. */
  undo(): void;
  /**
   * Sets limits of a living container. What is absent stays as it is; device rules are not touched. If one is refused,
   * none is changed. Returns what puts the old values back.
   */
  update(resources: Resources): () => void;
  /** Moves the builder in: its children will be born here. */
  add(pid: number): void;
  /** All processes in it and below, as this process's PID namespace numbers them. */
  pids(): number[];
  /** SIGKILL to all of them, frozen or not. They are not waited for. */
  kill(): void;
  /** Returns when all of them stand still. */
  freeze(): void;
  thaw(): void;
  isFrozen(): boolean;
  /** What it has used so far. */
  statistics(): CgroupStatistics;
  watch(): CgroupWatch;
  /** How many processes the memory limit has cost so far. */
  oomKills(): number;
  /** What the kernel says in a file of the cgroup's own; undefined where it has no such file. */
  fact(file: 'memory.max' | 'memory.peak'): string | undefined;
  /** Ends whoever is left, and removes the directory and those below it, waiting a second at most for the last to go. */
  remove(): void;
}

/** A unit of systemd's, as `state.json` keeps it. */
export interface UnitReference {
  /** `tsrunc-1234.scope`. */
  readonly name: string;
  readonly manager: Manager;
}

/** What a cgroup needs from the machine. */
export interface CgroupHost {
  readonly engine: Pick<Engine, 'files' | 'encode' | 'decode' | 'monotonic' | 'env'>;
  readonly log: Log;
  readonly system: CgroupSystem;
}

/** System calls behind a cgroup. */
export interface CgroupSystem {
  readonly devices: DevicePrograms;
  readonly beneath: Beneath;
  sleep(milliseconds: number): void;
  /** Until one of the files says something else than when it was read, or the time is over, or a signal has come. */
  wait(fds: readonly number[], nanoseconds: bigint): void;
  /** `kill(2)`. A process that is gone is no failure. */
  kill(pid: number, signal: number): void;
  /** A stream socket to the server at `path`, on which nothing takes longer than `nanoseconds`. */
  connect(path: string, nanoseconds: bigint): BusSocket;
}

export interface CgroupRequest {
  readonly driver: CgroupManager;
  readonly id: string;
  readonly cgroupsPath: string | undefined;
  /** Cgroup permissions may be lacking: a container without limits then does without a cgroup. */
  readonly rootless: boolean;
  /** The user of the host that the directory is given to. */
  readonly owner?: number | undefined;
  readonly annotations?: Config['annotations'];
}

/** The cgroup for a new container. Nothing is made yet. */
export function cgroupFor(host: CgroupHost, request: CgroupRequest): Cgroup {
  const { driver, id, cgroupsPath, rootless, owner } = request;
  if (driver === 'disabled') return new NoCgroup();
  if (driver === 'systemd') return systemdCgroupFor(host, request);
  const dispensable = rootless && (cgroupsPath === undefined || cgroupsPath === '');
  const root = rootOrReason(host);
  if (root instanceof ContainerError) {
    if (dispensable) return new Unlimited(host.log, root);
    throw root;
  }
  return new FsCgroup(host, root, cgroupDirectory(root, cgroupsPath, id), { rootless, dispensable, owner });
}

function rootOrReason({ engine }: CgroupHost): CgroupRoot | ContainerError {
  try {
    return findCgroupRoot(engine);
  } catch (error) {
    if (error instanceof ContainerError) return error;
    throw error;
  }
}

/** The cgroup of a container that exists, by the directory and the unit that its state recorded. */
export function cgroupAt(host: CgroupHost, directory: string | undefined, unit?: UnitReference): Cgroup {
  if (directory === undefined || directory === '') return new NoCgroup();
  if (unit) return systemdCgroupAt(host, directory, unit);
  return new FsCgroup(host, rootOfDirectory(directory), directory, { rootless: false, dispensable: false });
}
