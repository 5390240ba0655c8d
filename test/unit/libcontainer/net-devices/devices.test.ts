import { addressesOf, asListed, devicesOf, setUp } from '../../../../src/libcontainer/net-devices/devices.ts';
import {
  attributesAfter,
  decodeReplies,
  encode,
  encodeRequest,
} from '../../../../src/libcontainer/net-devices/messages.ts';
import { RouteSocket } from '../../../../src/libcontainer/net-devices/route-socket.ts';
import { routeMessages } from '../../../../src/syscalls/constants.ts';
import { ifinfomsg } from '../../../../src/syscalls/structs.ts';
import { utf8 } from '../../../../src/syscalls/utf8.ts';
import { engine, local } from '../../syscalls/support.ts';

const request = encodeRequest({
  type: 'RTM_NEWLINK',
  flags: ['NLM_F_REQUEST', 'NLM_F_ACK'],
  sequence: 7,
  body: encode(ifinfomsg, { ifi_index: 3, ifi_flags: ['IFF_UP'], ifi_change: ['IFF_UP'] }),
  attributes: [
    { type: 3, value: utf8('eth0\0') },
    { type: 28, value: Uint8Array.of(1, 2, 3, 4) },
  ],
});

test('a message has its parts at multiples of four, and lengths that do not count the gaps', () => {
  const view = new DataView(request.buffer);
  expect(request.length).toBe(16 + 16 + 12 + 8);
  expect([view.getUint32(0, true), view.getUint16(4, true), view.getUint16(6, true)]).toEqual([52, 16, 5]);
  expect([view.getUint16(32, true), view.getUint16(34, true)]).toEqual([9, 3]);
  expect([view.getUint16(44, true), view.getUint16(46, true)]).toEqual([8, 28]);
});

test('what is encoded is decoded, also as the second of a datagram', () => {
  const replies = decodeReplies(Uint8Array.of(...request, ...request));
  expect(replies.map(({ type, sequence }) => [type, sequence])).toEqual([
    [routeMessages.RTM_NEWLINK, 7],
    [routeMessages.RTM_NEWLINK, 7],
  ]);
  const attributes = attributesAfter(ifinfomsg.size, replies[1]?.payload ?? new Uint8Array());
  expect(attributes.map(({ type, value }) => [type, [...value]])).toEqual([
    [3, [...utf8('eth0\0')]],
    [28, [1, 2, 3, 4]],
  ]);
});

test.each([
  ['ends early', request.subarray(0, 40), 0],
  ['says a length of zero', new Uint8Array(32), 0],
  ['is shorter than a header', request.subarray(0, 10), 0],
  ['has a second that ends early', Uint8Array.of(...request, ...request.subarray(0, 20)), 1],
])('a datagram that %s is read as far as it makes sense', (_, datagram, count) => {
  expect(decodeReplies(datagram)).toHaveLength(count);
});

test('an attribute that says more than there is ends the list', () => {
  expect(attributesAfter(0, Uint8Array.of(200, 0, 3, 0, 1, 2, 3, 4))).toEqual([]);
  expect(attributesAfter(0, Uint8Array.of(0, 0, 3, 0))).toEqual([]);
});

describe('over a socket of this network namespace', () => {
  const socket = (): RouteSocket =>
    new RouteSocket(local, local.calls.socket('AF_NETLINK', ['SOCK_RAW', 'SOCK_CLOEXEC'], 0));

  test('the devices are those that /sys knows, by name and index', () => {
    const { files, decode } = engine;
    const expected = files
      .readdir('/sys/class/net')
      .filter((name) => files.stat(`/sys/class/net/${name}`).kind === 'directory');
    const found = devicesOf(socket());
    expect(found.map(({ name }) => name).sort()).toEqual(expected.map(asListed).sort());
    for (const { name, index } of found) {
      expect(decode(files.read(`/sys/class/net/${name}/ifindex`)).trim()).toBe(String(index));
    }
  });

  test('the addresses of the loopback device are not global', () => {
    const route = socket();
    const { index = 0 } = devicesOf(route).find(({ name }) => name === 'lo') ?? {};
    expect(addressesOf(route, index).filter(({ family }) => family === 2)).toEqual([]);
  });

  test('what the kernel refuses is an error with its name', () => {
    expect(() => setUp(socket(), 2 ** 30, true)).toThrow(/RTM_NEWLINK\(device 1073741824, up\): (ENODEV|EPERM)/);
  });
});
