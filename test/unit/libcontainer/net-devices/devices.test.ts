import { addressesOf, devicesOf } from '../../../../src/libcontainer/net-devices/devices.ts';
import { RouteSocket } from '../../../../src/libcontainer/net-devices/route-socket.ts';
import { local } from '../../syscalls/support.ts';

test('x', () => {
  const fd = local.calls.socket('AF_NETLINK', ['SOCK_RAW', 'SOCK_CLOEXEC'], 0);
  const s = new RouteSocket(local, fd);
  const d = devicesOf(s).find((x) => x.name === 'tvx1');
  console.log(JSON.stringify(addressesOf(s, d?.index ?? 0)));
});
