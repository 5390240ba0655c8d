import { ContainerError } from '../../errors.ts';
import type { CgroupHost } from '../manager.ts';
import { type Bus, BusError, theBus } from './dbus/bus.ts';
import type { Message, MethodCall } from './dbus/message.ts';
import type { Value } from './dbus/values.ts';
import { connectBus, type Manager } from './places.ts';
import type { Property } from './properties.ts';

/** A systemd, over its bus: connected at the first call, left at {@link close}. */
export class Systemd {
  private connection: Bus | undefined;
  private facts: { controlGroup: string; version: number } | undefined;

  constructor(
    private readonly host: CgroupHost,
    readonly manager: Manager,
  ) {}

  /** Its own cgroup, from the mount point. */
  get controlGroup(): string {
    this.facts ??= this.about();
    return this.facts.controlGroup;
  }

  get version(): number {
    this.facts ??= this.about();
    return this.facts.version;
  }

  /** Starts a transient unit and waits until it runs. What is left of a failed unit of that name is cleared away. */
  start(unit: string, properties: readonly Property[]): void {
    this.doing(`start ${unit}`, () => {
      const body = [unit, 'replace', properties.map(asStruct), []];
      const call = manager('StartTransientUnit', 'ssa(sv)a(sa(sv))', body);
      try {
        this.job(unit, call);
      } catch (error) {
        if (!isBusError(error, 'UnitExists')) throw error;
        this.reset(unit);
        this.job(unit, call);
      }
    });
  }

  /** Stops a unit and forgets it, waiting until that is done. One that is not there is no failure. */
  stop(unit: string): void {
    this.doing(`stop ${unit}`, () => {
      try {
        this.job(unit, manager('StopUnit', 'ss', [unit, 'replace']));
      } catch (error) {
        if (!isBusError(error, 'NoSuchUnit')) throw error;
      }
      this.reset(unit);
    });
  }

  /** As {@link stop}, for a bus that does not answer any more: says it, and waits for nothing. */
  abandon(unit: string): void {
    try {
      this.connection?.send(manager('StopUnit', 'ss', [unit, 'replace']));
    } finally {
      this.close();
    }
  }

  /** Changes properties of a unit until it ends. On return systemd has written them to the cgroup. */
  set(unit: string, properties: readonly Property[]): void {
    this.doing(`set properties of ${unit}`, () => {
      const body = [unit, true, properties.map(asStruct)];
      const change = this.bus.send(manager('SetUnitProperties', 'sba(sv)', body));
      // It answers before it writes, but writes before it looks at the next message.
      const written = this.bus.send({ destination: DESTINATION, path: PATH, interface: PEER, member: 'Ping' });
      this.bus.reply(change, 'SetUnitProperties');
      this.bus.reply(written, 'Ping');
    });
  }

  close(): void {
    this.connection?.close();
    this.connection = undefined;
  }

  private about(): { controlGroup: string; version: number } {
    return this.doing('ask where it is', () => {
      const serials = ['ControlGroup', 'Version'].map((name) => this.bus.send(getProperty(name)));
      const [controlGroup = '', version = ''] = serials.map((serial) => {
        const [value] = this.bus.reply(serial, 'Get').body();
        return typeof value === 'object' && 'value' in value ? String(value.value) : '';
      });
      // "252.38-1", "v259"
      return { controlGroup: controlGroup.replace(/\/$/, ''), version: Number(/[0-9]+/.exec(version)?.[0] ?? 0) };
    });
  }

  private get bus(): Bus {
    this.connection ??= connectBus(this.host, this.manager);
    return this.connection;
  }

  /** Makes a call that begins a job, and waits for the job's end. */
  private job(unit: string, call: MethodCall): void {
    const match = this.bus.send({ ...theBus, member: 'AddMatch', signature: 's', body: [jobsOf(unit)] });
    const reply = this.bus.reply(this.bus.send(call), call.member);
    this.answerTo(match);
    const [job] = reply.body();
    const removed = this.bus.wait(
      // On a bus everybody may send us a signal that looks like this one.
      (message) => isJobRemoved(message) && message.sender === reply.sender && message.body()[1] === job,
      `the end of the job of ${call.member}`,
    );
    const [, , , result] = removed.body();
    if (result !== 'done') throw new ContainerError('cgroup', `the job of ${call.member} ended as ${String(result)}`);
  }

  /** Who is connected to systemd directly hears all of its signals without asking, and asks in vain. */
  private answerTo(match: number): void {
    try {
      this.bus.reply(match, 'AddMatch');
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
    }
  }

  private reset(unit: string): void {
    try {
      this.bus.call(manager('ResetFailedUnit', 's', [unit]));
    } catch (error) {
      // A unit that did not fail is gone by itself.
      if (!isBusError(error, 'NoSuchUnit')) throw error;
    }
  }

  private doing<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const code = error instanceof ContainerError ? error.code : error instanceof BusError ? 'cgroup' : undefined;
      if (code === undefined) throw error;
      throw new ContainerError(code, `${this.manager} systemd: ${what}`, { cause: error });
    }
  }
}

/** Whether systemd refused a call, for this reason if one is given. */
export function isBusError(error: unknown, reason?: string): boolean {
  for (let link = error; link instanceof Error; link = link.cause) {
    if (link instanceof BusError) return reason === undefined || link.errorName === `${DESTINATION}.${reason}`;
  }
  return false;
}

const DESTINATION = 'org.freedesktop.systemd1';
const MANAGER = `${DESTINATION}.Manager`;
const PEER = 'org.freedesktop.DBus.Peer';
const PATH = '/org/freedesktop/systemd1';

function manager(member: string, signature: string, body: readonly Value[]): MethodCall {
  return { destination: DESTINATION, path: PATH, interface: MANAGER, member, signature, body };
}

function getProperty(name: string): MethodCall {
  const call = manager('Get', 'ss', [MANAGER, name]);
  return { ...call, interface: 'org.freedesktop.DBus.Properties' };
}

/** Only of this unit: a busy machine has many jobs, and each message wakes us up. */
function jobsOf(unit: string): string {
  return `type='signal',sender='${DESTINATION}',path='${PATH}',interface='${MANAGER}',member='JobRemoved',arg2='${unit}'`;
}

function isJobRemoved({ type, interface: name, member }: Message): boolean {
  return type === 'signal' && name === MANAGER && member === 'JobRemoved';
}

function asStruct({ name, signature, value }: Property): Value {
  return [name, { signature, value }];
}
