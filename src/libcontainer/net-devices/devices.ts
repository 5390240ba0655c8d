import {
  addressAttributes,
  addressFlags,
  bitsOf,
  interfaceFlags,
  linkAttributes,
  RT_SCOPE_UNIVERSE,
} from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { ifaddrmsg, ifinfomsg } from '../../syscalls/structs.ts';
import { cString, utf8 } from '../../syscalls/utf8.ts';
import { type Attribute, attributesAfter, encode } from './messages.ts';
import type { RouteSocket } from './route-socket.ts';

/** A network device, as one network namespace knows it. */
export interface Device {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
}

/** What an address is made of, without the device that has it. */
export interface Address {
  readonly family: number;
  readonly prefix: number;
  readonly attributes: readonly Attribute[];
}

export function devicesOf(socket: RouteSocket): Device[] {
  return socket.list({ type: 'RTM_GETLINK', body: encode(ifinfomsg, {}) }, 'all').map((payload) => ({
    index: readField(ifinfomsg, 'ifi_index', payload),
    name: nameIn(attributesAfter(ifinfomsg.size, payload)),
    up: (readField(ifinfomsg, 'ifi_flags', payload) & interfaceFlags.IFF_UP) !== 0,
  }));
}

function nameIn(attributes: readonly Attribute[]): string {
  const { value = new Uint8Array() } = attributes.find(({ type }) => type === linkAttributes.IFLA_IFNAME) ?? {};
  // A name is any bytes without slash, colon and space; ours come from JSON and are compared in UTF-8.
  return String.fromCharCode(...value.subarray(0, Math.max(0, value.indexOf(0))));
}

/** The name of a device as {@link devicesOf} gives it. */
export function asListed(name: string): string {
  return String.fromCharCode(...utf8(name));
}

/** Those that the specification wants kept: permanent ones, of global scope. */
export function addressesOf(socket: RouteSocket, index: number): Address[] {
  return socket
    .list({ type: 'RTM_GETADDR', body: encode(ifaddrmsg, {}) }, 'all')
    .filter((payload) => {
      const field = (name: 'ifa_index' | 'ifa_scope' | 'ifa_flags'): number => readField(ifaddrmsg, name, payload);
      const permanent = (field('ifa_flags') & bitsOf(addressFlags, ['IFA_F_PERMANENT'])) !== 0;
      return field('ifa_index') === index && field('ifa_scope') === RT_SCOPE_UNIVERSE && permanent;
    })
    .map((payload) => ({
      family: readField(ifaddrmsg, 'ifa_family', payload),
      prefix: readField(ifaddrmsg, 'ifa_prefixlen', payload),
      attributes: attributesAfter(ifaddrmsg.size, payload).filter(({ type }) => KEPT.has(type)),
    }));
}

const KEPT: ReadonlySet<number> = new Set(Object.values(addressAttributes));

/** One that is there already stays. */
export function addAddress(socket: RouteSocket, index: number, { family, prefix, attributes }: Address): void {
  const body = encode(ifaddrmsg, { ifa_family: family, ifa_prefixlen: prefix, ifa_index: index });
  socket.change({ type: 'RTM_NEWADDR', flags: ['NLM_F_CREATE', 'NLM_F_REPLACE'], body, attributes }, `device ${index}`);
}

export function setUp(socket: RouteSocket, index: number, up: boolean): void {
  const body = encode(ifinfomsg, { ifi_index: index, ifi_flags: up ? ['IFF_UP'] : [], ifi_change: ['IFF_UP'] });
  socket.change({ type: 'RTM_NEWLINK', body }, `device ${index}, ${up ? 'up' : 'down'}`);
}

/** Moves a device from the socket's network namespace to the one that `namespace` is a descriptor of. */
export function moveDevice(socket: RouteSocket, index: number, namespace: number, name: string): void {
  const descriptor = new Uint8Array(4);
  new DataView(descriptor.buffer).setUint32(0, namespace, true);
  socket.change(
    {
      type: 'RTM_NEWLINK',
      body: encode(ifinfomsg, { ifi_index: index }),
      attributes: [
        { type: linkAttributes.IFLA_NET_NS_FD, value: descriptor },
        { type: linkAttributes.IFLA_IFNAME, value: cString(name) },
      ],
    },
    `device ${index} as ${JSON.stringify(name)}`,
  );
}
