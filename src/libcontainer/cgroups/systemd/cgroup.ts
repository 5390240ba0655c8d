import type { Linux } from '../../../spec/config-linux.ts';
import { ContainerError, report } from '../../errors.ts';
import { applyWrites } from '../apply.ts';
import { deviceProgram } from '../devices/program.ts';
import { deviceRules } from '../devices/rules.ts';
import { FsCgroup, refuseInhabited } from '../fs.ts';
import type { CgroupHost, CgroupRequest, UnitReference } from '../manager.ts';
import type { CgroupWrite } from '../resources.ts';
import { type CgroupRoot, findCgroupRoot, rootOfDirectory } from '../root.ts';
import { Snapshot } from '../snapshot.ts';
import { annotatedProperties } from './annotations.ts';
import { deviceProperties } from './devices.ts';
import { hasNoBus, managerFor } from './places.ts';
import { filesOfSystemd, limitProperties, type Property, unitProperties } from './properties.ts';
import { isBusError, Systemd } from './systemd.ts';
import { unitFor, unitPath } from './unit.ts';

/** The cgroup that systemd is to make for a new container. Systemd is asked where, nothing is made yet. */
export function systemdCgroupFor(host: CgroupHost, request: CgroupRequest): FsCgroup {
  const { id, cgroupsPath, annotations, owner } = request;
  const properties = annotatedProperties(host.engine, annotations);
  const systemd = new Systemd(host, managerFor(host));
  const unit = unitFor(cgroupsPath, id, `${systemd.manager}.slice`);
  const path = unitPath(unit);
  const root = findCgroupRoot(host.engine);
  const directory = root.mount + systemd.controlGroup + path;
  const place = { root, directory, unit: unit.name, rootless: systemd.manager === 'user', owner };
  return new SystemdCgroup(host, place, systemd, (pid) => [...unitProperties(unit, id, pid), ...properties]);
}

/** The cgroup that systemd made for a container. */
export function systemdCgroupAt(host: CgroupHost, directory: string, { name, manager }: UnitReference): FsCgroup {
  const place = { root: rootOfDirectory(directory), directory, unit: name, rootless: manager === 'user' };
  return new SystemdCgroup(host, place, new Systemd(host, manager), () => []);
}

interface Place {
  readonly root: Pick<CgroupRoot, 'mount' | 'hybrid'>;
  readonly directory: string;
  readonly unit: string;
  readonly rootless: boolean;
  /** The user of the host that the directory is given to. */
  readonly owner?: number | undefined;
}

/**
 * A cgroup that systemd makes and takes away, as a transient unit. Its limits are told to systemd and written to its
 * files as well: systemd rounds some and does not know others, but writes what it knows again when it likes.
 */
export class SystemdCgroup extends FsCgroup {
  /** The unit is there because of us. */
  private started = false;
  /** Writes with no room for init beside the builder. */
  private tight: readonly CgroupWrite[] = [];

  constructor(
    host: CgroupHost,
    private readonly place: Place,
    private readonly systemd: Systemd,
    private readonly unitProperties: (builder: number) => readonly Property[],
  ) {
    const { root, directory, rootless, owner } = place;
    super(host, root, directory, { rootless, dispensable: false, owner });
  }

  override get unit(): UnitReference {
    return { name: this.place.unit, manager: this.systemd.manager };
  }

  override create(linux: Linux | undefined, builder: number): void {
    const asked = this.plan(linux?.resources ?? {});
    this.tight = asked.filter(({ file, value }) => file === 'pids.max' && value === '1');
    const writes = asked.map((write) => (this.tight.includes(write) ? { ...write, value: '2' } : write));
    const rules = deviceRules(linux);
    const own = this.unitProperties(builder);
    // A user's systemd may load no device program.
    const devices = this.systemd.manager === 'user' ? [] : deviceProperties(rules);
    this.start([...limitProperties(writes, this.systemd.version), ...devices, ...own]);
    if (!this.own.exists()) {
      throw new ContainerError('cgroup', `systemd has started ${this.unit.name}, but not in ${this.own.path}`);
    }
    if (!this.started) refuseInhabited(this.own);
    this.chain.make(writes);
    this.rule(writes, deviceProgram(rules));
    this.systemd.close();
  }

  override builderLeft(): void {
    if (this.tight.length > 0) this.apply(this.tight);
  }

  override undo(): void {
    if (this.started) {
      this.kill();
      this.stop();
    }
    super.undo();
  }

  override remove(): void {
    this.kill();
    this.stop();
    super.remove();
  }

  protected override apply(writes: readonly CgroupWrite[]): void {
    const properties = limitProperties(writes, this.systemd.version);
    if (properties.length > 0) this.set(properties, writes);
    applyWrites(this.own, writes);
  }

  /** Systemd is told the old values too. */
  protected override restorer(writes: readonly CgroupWrite[]): () => void {
    const before = this.valuesNow(writes);
    const restoreFiles = super.restorer(writes);
    return () => {
      try {
        const properties = limitProperties(before, this.systemd.version);
        if (properties.length > 0) this.set(properties, writes);
      } catch (error) {
        this.host.log.warn(`${this.unit.name}: old values not restored: ${report(error).message}`);
      }
      restoreFiles();
    };
  }

  private valuesNow(writes: readonly CgroupWrite[]): { file: string; value: string }[] {
    return writes.flatMap(({ file, otherwise }) => {
      const value = this.own.tryRead(otherwise?.file ?? file);
      return value === undefined
        ? []
        : [{ file: otherwise?.file ?? file, value: value.replace(/^default /, '').trim() }];
    });
  }

  /** Systemd then writes all that it knows of the unit, also what it has rounded: the old values are put back. */
  private set(properties: readonly Property[], writes: readonly CgroupWrite[]): void {
    const others = filesOfSystemd().filter((other) => !writes.some(({ file }) => file === other.file));
    const exact = new Snapshot(this.own, others);
    this.systemd.set(this.unit.name, properties);
    this.systemd.close();
    exact.restore();
  }

  private start(properties: readonly Property[]): void {
    try {
      this.systemd.start(this.unit.name, properties);
      this.started = true;
    } catch (error) {
      // A slice is not one container's alone.
      if (this.unit.name.endsWith('.slice') && isBusError(error, 'UnitExists')) return;
      // Nobody answered: the unit may yet be made. A job that failed leaves a failed unit.
      if (error instanceof ContainerError && error.code === 'timeout') this.systemd.abandon(this.unit.name);
      else this.started = !isBusError(error);
      throw error;
    }
  }

  private stop(): void {
    try {
      this.systemd.stop(this.unit.name);
    } catch (error) {
      // With a systemd that is gone, a user's after the last logout, its units are gone too.
      if (!hasNoBus(error)) throw error;
      this.host.log.debug(`${this.unit.name} is not stopped: ${error.message}`);
    } finally {
      this.systemd.close();
    }
  }
}
