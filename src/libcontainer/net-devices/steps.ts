import type { Config } from '../../spec/config.ts';
import { joinPointer } from '../../spec/json.ts';
import { takeDescriptor } from '../../syscalls/stub/rights.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import {
  type Address,
  addAddress,
  addressesOf,
  asListed,
  type Device,
  devicesOf,
  moveDevice,
  setUp,
} from './devices.ts';
import { RouteSocket } from './route-socket.ts';

/**
 * Network devices of the host that the container gets (config-linux.md, "Network Devices"). The kernel takes their
 * addresses away on the way, so those are given again. `move` comes where init has its network namespace, `done` when
 * nothing can fail any more.
 */
export function netDeviceSteps(config: Config): { move: CreationStep[]; done: CreationStep[] } {
  const devices = Object.entries(config.linux?.netDevices ?? {});
  if (devices.length === 0) return { move: [], done: [] };
  const ends = new Ends();
  const steps = devices.map(([name, { name: inside }]) => moveStep(ends, name, inside || name));
  return { move: [ends.open, ...steps], done: [ends.close] };
}

/** The two network namespaces: a socket in each, and each as a descriptor to move devices to. */
class Ends {
  private ends: { host: End; container: End } | undefined;

  readonly open: CreationStep = {
    name: 'open sockets to both network namespaces',
    pointer: '/linux/netDevices',
    do: ({ facts, init, engine }) => {
      const { kernel } = facts;
      const socket = init.kernel.calls.socket('AF_NETLINK', ['SOCK_RAW', 'SOCK_CLOEXEC'], NETLINK_ROUTE);
      const theirs = takeDescriptor(kernel, init.kernel, init.port, socket);
      init.kernel.calls.close(socket);
      const ours = kernel.calls.socket('AF_NETLINK', ['SOCK_RAW', 'SOCK_CLOEXEC'], NETLINK_ROUTE);
      const namespace = (pid: number | 'self'): number => engine.files.open(`/proc/${pid}/ns/net`, ['O_RDONLY']);
      this.ends = {
        host: { socket: new RouteSocket(kernel, ours), namespace: namespace('self') },
        container: { socket: new RouteSocket(kernel, theirs), namespace: namespace(init.pid) },
      };
    },
    undo: (creation) => this.closeAll(creation),
  };

  readonly close: CreationStep = {
    name: 'leave the network namespaces',
    do: (creation) => this.closeAll(creation),
  };

  get(): { host: End; container: End } {
    if (!this.ends) throw new Error('the network namespaces are not open');
    return this.ends;
  }

  private closeAll({ engine }: Creation): void {
    for (const { socket, namespace } of Object.values(this.ends ?? {})) {
      engine.files.close(socket.fd);
      engine.files.close(namespace);
    }
    this.ends = undefined;
  }
}

interface End {
  readonly socket: RouteSocket;
  readonly namespace: number;
}

interface Moved {
  readonly device: Device;
  readonly addresses: readonly Address[];
  /** Its index in the container. */
  index?: number;
}

function moveStep(ends: Ends, name: string, inside: string): CreationStep {
  let moved: Moved | undefined;
  return {
    name: `move the network device ${name}${inside === name ? '' : ` as ${inside}`}`,
    pointer: joinPointer('linux', 'netDevices', name),
    do() {
      const { host, container } = ends.get();
      const device = find(host, name);
      if (!device) throw new ContainerError('host', 'there is no such network device');
      refuseClash(container, inside);
      moved = { device, addresses: addressesOf(host.socket, device.index) };
      const before = new Set(devicesOf(container.socket).map(({ index }) => index));
      // Down first: it would else go on with what its configuration in the other namespace was.
      setUp(host.socket, device.index, false);
      moveDevice(host.socket, device.index, container.namespace, inside);
      const index = devicesOf(container.socket).find((candidate) => !before.has(candidate.index))?.index;
      if (index === undefined) throw new ContainerError('host', 'the device has not arrived');
      moved.index = index;
      for (const address of moved.addresses) addAddress(container.socket, index, address);
      setUp(container.socket, index, true);
    },
    undo() {
      if (moved) moveBack(ends.get(), moved, name);
    },
    hint: (error) => hints[error.code],
  };
}

function find({ socket }: End, name: string): Device | undefined {
  return devicesOf(socket).find((device) => device.name === asListed(name));
}

/** A template such as `eth%d` has the kernel choose a number. */
function refuseClash(container: End, inside: string): void {
  if (inside.includes('%d') || !find(container, inside)) return;
  throw new ContainerError('host', `the container has a network device ${inside} already`, {
    hint: 'a name that ends in %d gets a number that is free',
  });
}

/** As it was. Where the kernel has failed half-way the device may be on either side. */
function moveBack(
  { host, container }: { host: End; container: End },
  { device, addresses, index }: Moved,
  name: string,
): void {
  const inside = index ?? (find(host, name) ? undefined : find(container, name)?.index);
  if (inside !== undefined) {
    setUp(container.socket, inside, false);
    moveDevice(container.socket, inside, host.namespace, name);
  }
  const back = find(host, name);
  if (!back) return;
  if (device.up) setUp(host.socket, back.index, true);
  // Going down was enough to lose those of IPv6.
  for (const address of addresses) addAddress(host.socket, back.index, address);
}

const hints: Readonly<Record<string, string>> = {
  EPERM: 'it takes CAP_NET_ADMIN in both network namespaces',
  EINVAL: 'the kernel does not move every device: a loopback stays, and so does a bridge',
  EEXIST: 'is the name taken?',
};

const NETLINK_ROUTE = 0;
