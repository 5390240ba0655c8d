import { isErrno } from '../../../engine/errors.ts';
import { ContainerError } from '../../errors.ts';
import type { CgroupHost } from '../manager.ts';
import { Bus, CALL_TIMEOUT } from './dbus/bus.ts';
import type { BusSocket } from './dbus/socket.ts';

/** Whose systemd: the machine's, or that of a user's session. */
export type Manager = 'system' | 'user';

/**
 * The systemd that a container of ours belongs to. Root in a user namespace of an ordinary user is no root to the
 * machine's systemd, whose socket then belongs to nobody we know.
 */
export function managerFor({ engine }: Pick<CgroupHost, 'engine'>): Manager {
  if (engine.files.stat('/proc/self').uid !== 0) return 'user';
  try {
    return engine.files.stat(SYSTEM_BUS).uid === 0 ? 'system' : 'user';
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return 'system';
    throw error;
  }
}

/** Connects to the first bus that there is, and says who we are. */
export function connectBus(host: CgroupHost, manager: Manager): Bus {
  const failures: { place: Place; error: unknown }[] = [];
  for (const place of placesOf(host, manager)) {
    try {
      return connect(host, place);
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'EACCES')) throw error;
      failures.push({ place, error });
    }
  }
  const [first] = failures;
  throw new NoBus(`there is no ${manager} bus of systemd${first ? ` at ${first.place.path}` : ''}`, {
    cause: first?.error,
    hint:
      manager === 'system'
        ? 'is systemd running here? The cgroupfs driver does without'
        : 'DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR tell where: they come with a login session (loginctl enable-linger)',
  });
}

/** Nobody listens: there is no systemd here, or no longer. */
class NoBus extends ContainerError {
  constructor(message: string, context: { cause: unknown; hint: string }) {
    super('host', message, context);
  }
}

export function hasNoBus(error: unknown): error is Error {
  for (let link = error; link instanceof Error; link = link.cause) if (link instanceof NoBus) return true;
  return false;
}

interface Place {
  readonly path: string;
  /** Systemd itself listens here: there are no names, and no Hello. */
  readonly direct?: boolean;
}

const SYSTEM_BUS = '/run/dbus/system_bus_socket';

function placesOf({ engine }: CgroupHost, manager: Manager): Place[] {
  const { env, files } = engine;
  if (manager === 'system') {
    const named = socketPaths(env['DBUS_SYSTEM_BUS_ADDRESS']);
    return named ?? [{ path: SYSTEM_BUS }, { path: '/run/systemd/private', direct: true }];
  }
  const runtime = env['XDG_RUNTIME_DIR'] || `/run/user/${files.stat('/proc/self').uid}`;
  return [
    ...(socketPaths(env['DBUS_SESSION_BUS_ADDRESS']) ?? [{ path: `${runtime}/bus` }]),
    { path: `${runtime}/systemd/private`, direct: true },
  ];
}

/** The sockets of a D-Bus address list: `unix:path=/run/bus,guid=…;…`. Undefined if no address is given. */
function socketPaths(addresses: string | undefined): Place[] | undefined {
  if (!addresses) return undefined;
  return addresses.split(';').flatMap((address) => {
    const path = /^unix:(?:[^,]*,)*path=([^,]+)/.exec(address)?.[1];
    return path === undefined ? [] : [{ path: unescaped(path) }];
  });
}

function unescaped(value: string): string {
  return value.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function connect(host: CgroupHost, { path, direct = false }: Place): Bus {
  const bus = new Bus(host.engine, open(host, path), path);
  try {
    bus.authenticate(!direct);
  } catch (error) {
    bus.close();
    throw error;
  }
  return bus;
}

function open(host: CgroupHost, path: string): BusSocket {
  try {
    return host.system.connect(path, CALL_TIMEOUT);
  } catch (error) {
    if (!isErrno(error, 'EAGAIN')) throw error;
    throw new ContainerError('timeout', `${path} does not accept a connection within 10 s`);
  }
}
