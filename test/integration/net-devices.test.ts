import { execFileSync } from 'node:child_process';
import { which } from './support/host.ts';
import type { Json, Patch } from './support/json.ts';
import { refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { hold } from './support/user.ts';
import { until } from './support/wait.ts';

const box = sandbox('netdev');

/** A pair of virtual devices; what happens to one of them can be seen. */
const withDevices = canMakeDevices() ? testTsrunc : test.skip;
let counter = 0;

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function canMakeDevices(): boolean {
  if (which('ip') === undefined || which('nsenter') === undefined) return false;
  try {
    ip('link', 'add', 'tsr-probe0', 'type', 'veth', 'peer', 'name', 'tsr-probe1');
    ip('link', 'delete', 'tsr-probe0');
    return true;
  } catch {
    return false;
  }
}

/** Makes a pair; the second is to be moved, and has addresses. */
function pair(): { stays: string; moves: string; done: () => void } {
  const stays = `tsr${process.pid % 10_000}a${++counter}`;
  const moves = stays.replace('a', 'b');
  ip('link', 'add', stays, 'type', 'veth', 'peer', 'name', moves);
  ip('address', 'add', '10.77.0.1/24', 'dev', moves);
  ip('-6', 'address', 'add', 'fd00:77::1/64', 'dev', moves);
  ip('link', 'set', moves, 'mtu', '1400', 'up');
  const done = (): void => {
    if (devices().includes(stays)) ip('link', 'delete', stays);
  };
  return { stays, moves, done };
}

function devices(): string[] {
  return [...ip('-o', 'link').matchAll(/^\d+: ([^:@]+)/gm)].map(([, name = '']) => name);
}

const netDevices = (value: Json): Patch => ({ '/linux/netDevices': value });

/** `ip -o address` in the container's network namespace. */
function inside(pid: number, ...args: string[]): string {
  return execFileSync('nsenter', ['-t', String(pid), '-n', 'ip', '-o', ...args], { encoding: 'utf8' });
}

const USER_NAMESPACE: Patch = {
  '/linux/namespaces/-': [{ type: 'user' }],
  '/linux/uidMappings': [{ containerID: 0, hostID: 100_000, size: 65_536 }],
  '/linux/gidMappings': [{ containerID: 0, hostID: 100_000, size: 65_536 }],
};

withDevices.each<[string, Patch]>([
  ['in a container', {}],
  ['in a user namespace', USER_NAMESPACE],
])('a device arrives %s with its addresses and its MTU, and is up', (_, more) => {
  const { moves, done } = pair();
  const { pid } = box.create({ patch: { ...more, ...netDevices({ [moves]: {} }) } });
  expect(devices()).not.toContain(moves);
  expect(inside(pid, 'link', 'show', moves)).toMatch(/[<,]UP[,>].* mtu 1400 /);
  const addresses = inside(pid, 'address', 'show', moves);
  expect(addresses).toContain('inet 10.77.0.1/24');
  expect(addresses).toContain('inet6 fd00:77::1/64');
  done();
});

withDevices.each([
  ['another name', 'eth7', /: eth7[@:]/],
  ['a template', 'net%d', /: net0[@:]/],
])('it can get %s', (_, name, expected) => {
  const { moves, done } = pair();
  const { pid } = box.create({ patch: netDevices({ [moves]: { name } }) });
  expect(inside(pid, 'link')).toMatch(expected);
  expect(inside(pid, 'address')).toContain('10.77.0.1/24');
  done();
});

withDevices('after delete the device is gone with its namespace', async () => {
  const { stays, moves, done } = pair();
  const container = box.create({ patch: netDevices({ [moves]: {} }) });
  container.delete('--force');
  // The kernel takes a network namespace down in its own time; one half of a pair takes the other with it.
  await until('the pair is gone', () => !devices().includes(stays));
  expect(devices()).not.toContain(moves);
  done();
});

withDevices('two that ask for one name do not get it, and both come back with their addresses', () => {
  const first = pair();
  const second = pair();
  const { created } = box.tryCreate({
    patch: netDevices({ [first.moves]: { name: 'eth0' }, [second.moves]: { name: 'eth0' } }),
  });
  refused(created, /eth0 already \(a name that ends in %d gets a number that is free\)/);
  expect(devices()).toEqual(expect.arrayContaining([first.moves, second.moves]));
  first.done();
  second.done();
});

withDevices('after a create that fails later the device is as it was', () => {
  const { moves, done } = pair();
  const before = ip('-o', 'address', 'show', moves).replace(/^\d+: /gm, '');
  const patch = { ...netDevices({ [moves]: { name: 'eth9' } }), '/process/args': ['/nothing'] };
  expect(box.tryCreate({ patch }).created.status).toBe(1);
  const after = ip('-o', 'address', 'show', moves).replace(/^\d+: /gm, '');
  const facts = (text: string): string[] => [...text.matchAll(/inet6? (\S+)/g)].map(([, address = '']) => address);
  expect(facts(after).filter((address) => !address.startsWith('fe80'))).toEqual(
    facts(before).filter((address) => !address.startsWith('fe80')),
  );
  expect(ip('-o', 'link', 'show', moves)).toMatch(/[<,]UP[,>]/);
  done();
});

testTsrunc('a device that does not exist is an error that names it', () => {
  const { created } = box.tryCreate({ patch: netDevices({ 'no-such-dev': {} }) });
  refused(
    created,
    '/linux/netDevices/no-such-dev: move the network device no-such-dev: there is no such network device',
  );
});

testTsrunc('the loopback device stays', () => {
  const { created } = box.tryCreate({ patch: netDevices({ lo: { name: 'lo7' } }) });
  refused(created, /\/linux\/netDevices\/lo: .*the kernel does not move every device: a loopback stays/);
});

withDevices(
  'in a namespace that is joined: a name that is another device’s second one, and no CAP_NET_ADMIN',
  async () => {
    const { moves, done } = pair();
    const holder = await hold({}, 'unshare --net');
    try {
      const there = (...args: string[]) => execFileSync('nsenter', ['-t', String(holder.pid), '-n', 'ip', ...args]);
      there('link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth1');
      there('link', 'property', 'add', 'dev', 'veth0', 'altname', 'second');
      const namespaces = ['mount', 'pid', 'ipc', 'uts'].map((type) => ({ type }));
      const network = { type: 'network', path: `/proc/${holder.pid}/ns/net` };
      const patch = { ...netDevices({ [moves]: { name: 'second' } }), '/linux/namespaces': [...namespaces, network] };
      const args = ['create', '--bundle', box.bundle({ patch })];
      refused(box.runtime([...args, box.id()]), 'is the name taken?');
      const caller = 'exec setpriv --bounding-set=-net_admin "$@"';
      refused(box.runtime([...args, box.id()], { caller }), 'it takes CAP_NET_ADMIN in both network namespaces');
      expect(devices()).toContain(moves);
    } finally {
      holder.kill('SIGKILL');
      done();
    }
  },
);
