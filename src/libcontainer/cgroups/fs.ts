import { isErrno } from '../../engine/errors.ts';
import type { Linux, Resources } from '../../spec/config-linux.ts';
import { ContainerError } from '../errors.ts';
import { applyWrites, checkMemoryUsage } from './apply.ts';
import { requireControllers } from './controllers.ts';
import { delegate } from './delegation.ts';
import { deviceProgramOf } from './devices/program.ts';
import type { CgroupDirectory } from './directory.ts';
import { freeze, isFrozen, standsStill, thaw } from './freezer.ts';
import { CgroupChain } from './making.ts';
import type { Cgroup, CgroupHost, UnitReference } from './manager.ts';
import { cgroupRemarks } from './remarks.ts';
import { endTree, killTree } from './removal.ts';
import { type CgroupWrite, cgroupWrites } from './resources.ts';
import type { CgroupRoot } from './root.ts';
import { Snapshot } from './snapshot.ts';
import { type CgroupStatistics, readStatistics } from './statistics/statistics.ts';
import { CgroupWatch } from './watch.ts';

/** A cgroup that is made and ruled by writing to the cgroup2 file system. */
export class FsCgroup implements Cgroup {
  protected readonly chain: CgroupChain;
  protected readonly own: CgroupDirectory;
  private absent = false;
  /** A limit of one process has room for two until {@link builderLeft}. */
  private widened = false;

  constructor(
    protected readonly host: CgroupHost,
    private readonly root: Pick<CgroupRoot, 'mount' | 'hybrid'>,
    directory: string,
    private readonly options: FsCgroupOptions,
  ) {
    this.chain = new CgroupChain(host, root.mount, directory);
    this.own = this.chain.own;
  }

  get directory(): string | undefined {
    return this.absent ? undefined : this.own.path;
  }

  get unit(): UnitReference | undefined {
    return undefined;
  }

  create(linux: Linux | undefined, _builder?: number): void {
    const writes = this.plan(linux?.resources ?? {});
    const program = deviceProgramOf(linux);
    refuseInhabited(this.own);
    if (!this.makeDirectories(writes)) return;
    refuseFrozen(this.own, this.chain.isNew);
    this.rule(writes, program);
  }

  builderLeft(): void {
    if (this.widened) this.own.write('pids.max', '1');
  }

  undo(): void {
    this.chain.undo();
  }

  update(resources: Resources): () => void {
    const writes = this.plan(resources);
    requireControllers(this.chain.all, writes, this.root.hybrid);
    checkMemoryUsage(this.own, resources);
    const restore = this.restorer(writes);
    try {
      this.apply(writes);
    } catch (error) {
      restore();
      throw error;
    }
    return restore;
  }

  add(pid: number): void {
    if (this.absent) return;
    try {
      // Init is born beside the builder.
      this.widened = this.own.tryRead('pids.max')?.trim() === '1';
      if (this.widened) this.own.write('pids.max', '2');
      this.own.write('cgroup.procs', String(pid));
    } catch (error) {
      throw new ContainerError('cgroup', `move process ${pid} into ${this.own.path}`, { cause: error });
    }
  }

  pids(): number[] {
    return this.absent ? [] : this.own.allProcesses();
  }

  kill(): void {
    if (!this.absent) killTree(this.own, this.host);
  }

  freeze(): void {
    freeze(this.own, this.host);
  }

  thaw(): void {
    thaw(this.own);
  }

  isFrozen(): boolean {
    return !this.absent && isFrozen(this.own);
  }

  statistics(): CgroupStatistics {
    return readStatistics(this.own);
  }

  watch(): CgroupWatch {
    return new CgroupWatch(this.own, this.host);
  }

  oomKills(): number {
    return this.absent ? 0 : this.own.count('memory.events', 'oom_kill');
  }

  fact(file: 'memory.max' | 'memory.peak'): string | undefined {
    return this.absent ? undefined : this.own.tryRead(file)?.trim();
  }

  remove(): void {
    if (!this.absent) endTree(this.own, this.host);
  }

  /** What puts the files that `writes` are for back to what they say now. */
  protected restorer(writes: readonly CgroupWrite[]): () => void {
    const snapshot = new Snapshot(this.own, writes);
    return () => {
      const lost = snapshot.restore();
      if (lost.length > 0) this.host.log.warn(`${this.own.path}: old values not restored: ${lost.join(', ')}`);
    };
  }

  protected plan(resources: Resources): CgroupWrite[] {
    for (const { level, pointer, message } of cgroupRemarks(resources)) this.host.log[level](`${pointer}: ${message}`);
    return cgroupWrites(resources);
  }

  /** Puts all into force, in a directory that is there. */
  protected rule(writes: readonly CgroupWrite[], program: Uint8Array): void {
    requireControllers(this.chain.all, writes, this.root.hybrid);
    applyWrites(this.own, writes);
    this.attach(program);
    if (this.options.owner !== undefined) delegate(this.own, this.options.owner, this.host);
  }

  protected apply(writes: readonly CgroupWrite[]): void {
    applyWrites(this.own, writes);
  }

  /** False if the container has to do, and can do, without a cgroup. */
  private makeDirectories(writes: readonly CgroupWrite[]): boolean {
    try {
      this.chain.make(writes);
      return true;
    } catch (error) {
      if (error instanceof ContainerError) throw error;
      this.absent = this.options.dispensable && isErrno(error, 'EACCES', 'EPERM', 'EROFS');
      const limit = writes.find(({ optional }) => !optional);
      if (!this.absent || limit) throw this.notMade(error, this.absent ? limit : undefined);
      this.host.log.debug(`the container shares the runtime's cgroup: ${this.own.path} may not be made`);
      return false;
    }
  }

  private notMade(cause: unknown, limit: CgroupWrite | undefined): ContainerError {
    if (!limit) return new ContainerError('cgroup', `make cgroup ${this.own.path}`, { cause });
    const message = 'rootless needs no limits + no cgrouppath when no permission is granted for cgroups';
    return new ContainerError('cgroup', message, { pointer: limit.pointer, cause });
  }

  private attach(program: Uint8Array): void {
    try {
      this.host.system.devices.replace(this.own.path, program);
    } catch (error) {
      if (!this.options.rootless) {
        throw new ContainerError('cgroup', `attach the device program to ${this.own.path}`, {
          pointer: '/linux/resources/devices',
          cause: error,
        });
      }
      // Without privileges there is no bpf(2), but also no way to make a device node.
      this.host.log.debug(`device rules are not enforced: ${error}`);
    }
  }
}

export interface FsCgroupOptions {
  /** Device rules are best effort. */
  readonly rootless: boolean;
  /** Without permission to make the directory, a container without limits goes without. */
  readonly dispensable: boolean;
  /** Whom the directory is given to: see delegation.ts. */
  readonly owner?: number | undefined;
}

/** Limits and a later `delete` would hit processes that are not the container's. */
export function refuseInhabited(directory: CgroupDirectory): void {
  if (!directory.exists()) return;
  const count = directory.allProcesses().length;
  if (count > 0) throw new ContainerError('cgroup', `container's cgroup is not empty: ${count} process(es) found`);
}

/** By itself, as only one that was there before can be, or from above: init would never run, and the create never end. */
function refuseFrozen(directory: CgroupDirectory, isNew: boolean): void {
  if (!standsStill(directory) && (isNew || !isFrozen(directory))) return;
  throw new ContainerError('cgroup', `container's cgroup unexpectedly frozen`);
}
