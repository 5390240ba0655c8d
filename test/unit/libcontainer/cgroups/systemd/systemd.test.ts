import { SyscallError } from '../../../../../src/engine/errors.ts';
import type { CgroupHost } from '../../../../../src/libcontainer/cgroups/manager.ts';
import { connectBus, hasNoBus, managerFor } from '../../../../../src/libcontainer/cgroups/systemd/places.ts';
import { isBusError, Systemd } from '../../../../../src/libcontainer/cgroups/systemd/systemd.ts';
import { report } from '../../../../../src/libcontainer/errors.ts';
import { FakeTree } from '../tree.ts';
import { type Answers, jobRemoved, refusal, reply, ScriptedBus } from './bus.ts';

const tree = new FakeTree();
afterAll(() => tree.discard());

const UNIT_EXISTS = 'org.freedesktop.systemd1.UnitExists';
const NO_SUCH_UNIT = 'org.freedesktop.systemd1.NoSuchUnit';
const JOB = '/org/freedesktop/systemd1/job/5';

const healthy: Answers = {
  Hello: (_, serial) => [reply(serial, 's', ':1.7')],
  AddMatch: (_, serial) => [reply(serial)],
  Ping: (_, serial) => [reply(serial)],
  Get: ([, name], serial) => [reply(serial, 'v', { signature: 's', value: name === 'Version' ? 'v259.1' : '/' })],
  StartTransientUnit: (_, serial) => [reply(serial, 'o', JOB), jobRemoved(JOB, 'done')],
  StopUnit: (_, serial) => [jobRemoved(JOB, 'done'), reply(serial, 'o', JOB)],
  ResetFailedUnit: (_, serial) => [refusal(serial, NO_SUCH_UNIT)],
  SetUnitProperties: (_, serial) => [reply(serial)],
};

/** A host whose sockets lead to `bus`; `paths` are those where somebody listens. */
function hostOf(
  bus: ScriptedBus,
  env: Record<string, string> = {},
  paths = ['/run/dbus/system_bus_socket'],
): CgroupHost {
  const connect = (path: string) => {
    if (!paths.includes(path)) throw new SyscallError('connect', [], 2, 'ENOENT');
    return bus;
  };
  const { engine, system } = tree.host;
  return { ...tree.host, engine: { ...engine, ...bus.engine, env }, system: { ...system, connect } };
}

function over(answers: Answers, greeting?: string): { bus: ScriptedBus; systemd: Systemd } {
  const bus = new ScriptedBus({ ...healthy, ...answers }, greeting);
  return { bus, systemd: new Systemd(hostOf(bus), 'system') };
}

function failure(action: () => void): ReturnType<typeof report> {
  try {
    action();
  } catch (error) {
    return report(error);
  }
  throw new Error('did not fail');
}

const start = (systemd: Systemd): void => systemd.start('x.scope', []);

test('a unit is started: the signal is asked for first, and the job waited for', () => {
  const { bus, systemd } = over({});
  systemd.start('x.scope', [{ name: 'Slice', signature: 's', value: 'a.slice' }]);
  expect(bus.calls.map(({ member }) => member)).toEqual(['Hello', 'AddMatch', 'StartTransientUnit']);
  expect(bus.calls[1]?.body[0]).toContain("member='JobRemoved',arg2='x.scope'");
  expect(bus.calls[2]?.body).toEqual(['x.scope', 'replace', [['Slice', { signature: 's', value: 'a.slice' }]], []]);
});

test('whatever the pieces that messages arrive in', () => {
  const { bus, systemd } = over({});
  bus.piece = 1;
  start(systemd);
  systemd.stop('x.scope');
});

test('the answers about systemd itself are read, and asked for once', () => {
  const { bus, systemd } = over({});
  expect([systemd.version, systemd.controlGroup, systemd.version]).toEqual([259, '', 259]);
  expect(bus.calls.filter(({ member }) => member === 'Get')).toHaveLength(2);
});

test('stopping a unit that is gone is no failure', () => {
  const { systemd } = over({ StopUnit: (_, serial) => [refusal(serial, NO_SUCH_UNIT)] });
  systemd.stop('x.scope');
});

test('a failed unit of the same name is reset once', () => {
  let attempts = 0;
  const { bus, systemd } = over({
    StartTransientUnit: (body, serial) =>
      attempts++ === 0 ? [refusal(serial, UNIT_EXISTS)] : healthy['StartTransientUnit']?.(body, serial),
  });
  start(systemd);
  const members = bus.calls.map(({ member }) => member).filter((member) => !['Hello', 'AddMatch'].includes(member));
  expect(members).toEqual(['StartTransientUnit', 'ResetFailedUnit', 'StartTransientUnit']);
});

test('a unit that stays is an error that can be told from others', () => {
  const { systemd } = over({ StartTransientUnit: (_, serial) => [refusal(serial, UNIT_EXISTS)] });
  expect(failure(() => start(systemd)).message).toBe(`system systemd: start x.scope: no (${UNIT_EXISTS})`);
  try {
    start(systemd);
  } catch (error) {
    expect([isBusError(error), isBusError(error, 'UnitExists'), isBusError(error, 'NoSuchUnit')]).toEqual([
      true,
      true,
      false,
    ]);
  }
});

test.each(['failed', 'timeout', 'canceled', 'dependency', 'skipped'])('a job that ends as %s is an error', (result) => {
  const { systemd } = over({
    StartTransientUnit: (_, serial) => [reply(serial, 'o', JOB), jobRemoved(JOB, result)],
  });
  expect(failure(() => start(systemd))).toMatchObject({
    code: 'cgroup',
    message: `system systemd: start x.scope: the job of StartTransientUnit ended as ${result}`,
  });
});

test('only systemd itself can say that a job is done', () => {
  const { systemd } = over({
    StartTransientUnit: (_, serial) => [
      jobRemoved(JOB, 'failed', ':1.99'),
      reply(serial, 'o', JOB),
      jobRemoved('/org/freedesktop/systemd1/job/4', 'failed'),
      jobRemoved(JOB, 'done'),
    ],
  });
  start(systemd);
});

test.each(['Hello', 'AddMatch', 'StartTransientUnit'])('a bus that does not answer %s is left after 10 s', (member) => {
  const { bus, systemd } = over({ [member]: () => undefined });
  const { code, message } = failure(() => start(systemd));
  expect([code, message]).toEqual([
    'timeout',
    `system systemd: start x.scope: /run/dbus/system_bus_socket does not answer ${member} within 10 s`,
  ]);
  expect(bus.now).toBe(10_000_000_000n);
});

test('a job that does not end is left after 10 s', () => {
  const { systemd } = over({ StartTransientUnit: (_, serial) => [reply(serial, 'o', JOB)] });
  expect(failure(() => start(systemd)).message).toContain('does not answer the end of the job of StartTransientUnit');
});

test.each([
  ['REJECTED EXTERNAL\r\n', 'refuses us: REJECTED EXTERNAL'],
  ['', 'does not answer authentication within 10 s'],
])('a bus that greets us with %j is left', (greeting, message) => {
  const { bus, systemd } = over({}, greeting);
  expect(failure(() => start(systemd)).message).toContain(message);
  expect(bus.closed).toBe(true);
});

test('properties are set for as long as the unit lives, and written when set returns', () => {
  const { bus, systemd } = over({});
  systemd.set('x.scope', [{ name: 'TasksMax', signature: 't', value: 5n }]);
  expect(bus.calls.slice(1)).toEqual([
    { member: 'SetUnitProperties', body: ['x.scope', true, [['TasksMax', { signature: 't', value: 5n }]]] },
    { member: 'Ping', body: [] },
  ]);
});

test.each<['system' | 'user', Record<string, string>, string]>([
  ['system', {}, '/run/dbus/system_bus_socket'],
  ['system', {}, '/run/systemd/private'],
  ['system', { DBUS_SYSTEM_BUS_ADDRESS: 'unix:guid=1,path=/a%20b' }, '/a b'],
  ['user', { XDG_RUNTIME_DIR: '/run/user/7' }, '/run/user/7/bus'],
  ['user', { XDG_RUNTIME_DIR: '/run/user/7' }, '/run/user/7/systemd/private'],
  ['user', { DBUS_SESSION_BUS_ADDRESS: 'tcp:host=a;unix:path=/x,guid=2' }, '/x'],
])('the bus of the %s manager with %j can be at %s', (manager, env, path) => {
  const bus = new ScriptedBus(healthy);
  connectBus(hostOf(bus, env, [path]), manager);
  // Systemd itself, without a bus, gives out no names.
  expect(bus.calls.map(({ member }) => member)).toEqual(path.endsWith('/private') ? [] : ['Hello']);
});

test('where nobody listens the error says so, and can be told from others', () => {
  const host = hostOf(new ScriptedBus(healthy), {}, []);
  const { message, hint } = failure(() => connectBus(host, 'user'));
  expect(message).toContain('there is no user bus of systemd at /run/user/');
  expect(hint).toContain('XDG_RUNTIME_DIR');
  try {
    new Systemd(host, 'user').stop('x.scope');
  } catch (error) {
    expect(hasNoBus(error)).toBe(true);
  }
});

test.each([
  [0, 0, 'system'],
  [0, 65534, 'user'],
  [1000, 0, 'user'],
])('of user %d, where the system bus belongs to %d, it is the %s manager', (own, buss, manager) => {
  const { files } = tree.host.engine;
  const stat = (path: string) => ({ ...files.stat('/'), uid: path === '/proc/self' ? own : buss });
  expect(managerFor({ ...tree.host, engine: { ...tree.host.engine, files: { ...files, stat } } })).toBe(manager);
});
