import { SyscallError } from '../../../../../src/engine/errors.ts';
import { SystemdCgroup } from '../../../../../src/libcontainer/cgroups/systemd/cgroup.ts';
import type { Value } from '../../../../../src/libcontainer/cgroups/systemd/dbus/values.ts';
import { Systemd } from '../../../../../src/libcontainer/cgroups/systemd/systemd.ts';
import { FakeTree } from '../tree.ts';
import { type Answers, jobRemoved, refusal, reply, ScriptedBus } from './bus.ts';

const JOB = '/org/freedesktop/systemd1/job/5';

let tree: FakeTree;
beforeEach(() => {
  tree = new FakeTree();
});
afterEach(() => tree.discard());

/** Systemd as it treats the tree: the scope comes and goes with its jobs. */
const answers: Answers = {
  Hello: (_, serial) => [reply(serial, 's', ':1.7')],
  AddMatch: (_, serial) => [reply(serial)],
  Ping: (_, serial) => [reply(serial)],
  Get: ([, name], serial) => [reply(serial, 'v', { signature: 's', value: name === 'Version' ? '259' : '/' })],
  StartTransientUnit: (_, serial) => {
    tree.mkdir('x.scope');
    return [reply(serial, 'o', JOB), jobRemoved(JOB, 'done')];
  },
  StopUnit: (_, serial) => {
    if (!tree.has('x.scope')) return [refusal(serial, 'org.freedesktop.systemd1.NoSuchUnit')];
    tree.host.engine.files.rmdir(tree.path('x.scope'));
    return [reply(serial, 'o', JOB), jobRemoved(JOB, 'done')];
  },
  ResetFailedUnit: (_, serial) => [refusal(serial, 'org.freedesktop.systemd1.NoSuchUnit')],
  SetUnitProperties: (_, serial) => {
    tree.set('x.scope/cpu.max', '34000 100000\n');
    return [reply(serial)];
  },
};

interface Made {
  readonly cgroup: SystemdCgroup;
  readonly buses: ScriptedBus[];
  members(): string[];
  /** The properties that a call gave. */
  given(member: string): Record<string, Value>;
  all(member: string): Record<string, Value>[];
}

/** The cgroup of x.scope. Each connection of its systemd is a bus of its own. */
function make(more: Answers = {}, unit = 'x.scope', manager: 'system' | 'user' = 'system'): Made {
  const buses: ScriptedBus[] = [];
  const connect = () => {
    const bus = new ScriptedBus({ ...answers, ...more });
    buses.push(bus);
    return bus;
  };
  const engine = { ...tree.host.engine, monotonic: () => buses.at(-1)?.now ?? 0n };
  const host = { ...tree.host, engine, system: { ...tree.host.system, connect } };
  const place = { root: { mount: tree.mount, hybrid: false }, directory: tree.path('x.scope'), unit, rootless: false };
  const cgroup = new SystemdCgroup(host, place, new Systemd(host, manager), (pid) => [
    { name: 'PIDs', signature: 'au', value: [pid] },
  ]);
  const all = (member: string): Record<string, Value>[] => {
    const called = calls().filter((call) => call.member === member);
    return called.map(({ body }) => Object.fromEntries(body.find(Array.isArray) ?? []));
  };
  const calls = () => buses.flatMap((bus) => bus.calls);
  return {
    cgroup,
    buses,
    members: () =>
      calls()
        .map(({ member }) => member)
        .filter((name) => !/^(Hello|AddMatch|Get|Ping)$/.test(name)),
    given: (member) => all(member)[0] ?? {},
    all,
  };
}

const uint64 = (value: bigint): Value => ({ signature: 't', value });

test('create tells systemd the limits and writes them to the files', () => {
  const { cgroup, members, given, buses } = make();
  cgroup.create({ resources: { pids: { limit: 5 }, cpu: { quota: 33333 } } }, 42);
  expect(members()).toEqual(['StartTransientUnit']);
  expect(given('StartTransientUnit')).toMatchObject({
    PIDs: { value: [42] },
    TasksMax: uint64(5n),
    DevicePolicy: { value: 'strict' },
  });
  expect(tree.writes).toEqual(expect.arrayContaining(['x.scope/pids.max=5', 'x.scope/cpu.max=33333 100000']));
  expect(tree.programs).toHaveLength(1);
  expect(buses.every(({ closed }) => closed)).toBe(true);
  cgroup.builderLeft();
  expect(members()).toEqual(['StartTransientUnit']);
});

test("a user's systemd is told nothing of devices", () => {
  const { cgroup, given } = make({}, 'x.scope', 'user');
  cgroup.create(undefined, 42);
  expect(Object.keys(given('StartTransientUnit'))).toEqual(['PIDs']);
});

test('one process more has room until the builder has left', () => {
  const { cgroup, given } = make();
  cgroup.create({ resources: { pids: { limit: 1 }, cpu: { quota: 33333 } } }, 42);
  expect(given('StartTransientUnit')['TasksMax']).toEqual(uint64(2n));
  expect(tree.read('x.scope/pids.max')).toBe('2');
  cgroup.builderLeft();
  expect(given('SetUnitProperties')).toEqual({ TasksMax: uint64(1n) });
  expect(tree.read('x.scope/pids.max')).toBe('1');
  expect(tree.read('x.scope/cpu.max')).toBe('33333 100000');
});

test('update tells systemd, and keeps what systemd would round', () => {
  const { cgroup, given } = make();
  cgroup.create({ resources: { cpu: { quota: 33333 } } }, 42);
  cgroup.update({ memory: { limit: 8192 } });
  expect(given('SetUnitProperties')).toEqual({ MemoryMax: uint64(8192n) });
  expect(tree.read('x.scope/memory.max')).toBe('8192');
  expect(tree.read('x.scope/cpu.max')).toBe('33333 100000');
});

test('an update is taken back in systemd as well', () => {
  const { cgroup, all } = make();
  cgroup.create({ resources: { memory: { limit: 4096 }, cpu: { quota: 33333 } } }, 42);
  cgroup.update({ memory: { limit: 8192 } })();
  expect(all('SetUnitProperties')).toEqual([{ MemoryMax: uint64(8192n) }, { MemoryMax: uint64(4096n) }]);
  expect(tree.read('x.scope/memory.max')).toBe('4096');
  expect(tree.read('x.scope/cpu.max')).toBe('33333 100000');
});

test('an update that the kernel refuses half-way is taken back', () => {
  const { cgroup, all } = make();
  cgroup.create({ resources: { memory: { limit: 4096 }, pids: { limit: 5 } } }, 42);
  tree.refusals.push((name, value) => (name.endsWith('memory.max') && value === '8192' ? 'EBUSY' : undefined));
  expect(() => cgroup.update({ memory: { limit: 8192 }, pids: { limit: 7 } })).toThrow('memory.max');
  expect(all('SetUnitProperties').at(-1)).toEqual({ TasksMax: uint64(5n), MemoryMax: uint64(4096n) });
  expect(tree.read('x.scope/pids.max')).toBe('5');
});

test('an update that is refused is not told to systemd', () => {
  const { cgroup, members } = make();
  cgroup.create(undefined, 42);
  tree.set('x.scope/memory.current', '9000\n');
  expect(() => cgroup.update({ memory: { limit: 8192, checkBeforeUpdate: true } })).toThrow('rejecting memory limit');
  expect(members()).toEqual(['StartTransientUnit']);
});

test('an update of what systemd does not know is not told to it', () => {
  const { cgroup, members } = make();
  cgroup.create(undefined, 42);
  cgroup.update({ unified: { 'hugetlb.2MB.max': '0' } });
  expect(members()).toEqual(['StartTransientUnit']);
});

test('undo stops what was started, and remove as well', () => {
  for (const way of ['undo', 'remove'] as const) {
    const { cgroup, members } = make();
    cgroup.create(undefined, 42);
    cgroup[way]();
    expect(members()).toEqual(['StartTransientUnit', 'StopUnit', 'ResetFailedUnit']);
    expect(tree.has('x.scope')).toBe(false);
  }
});

test('undo leaves a unit alone that was refused: it is somebody else’s', () => {
  const { cgroup, members } = make({
    StartTransientUnit: (_, serial) => [refusal(serial, 'org.freedesktop.systemd1.UnitExists')],
  });
  expect(() => cgroup.create(undefined, 42)).toThrow('start x.scope');
  cgroup.undo();
  expect(members()).toEqual(['StartTransientUnit', 'ResetFailedUnit', 'StartTransientUnit']);
});

test('undo clears a unit away whose job failed', () => {
  const { cgroup, members } = make({
    StartTransientUnit: (_, serial) => [reply(serial, 'o', JOB), jobRemoved(JOB, 'failed')],
  });
  expect(() => cgroup.create(undefined, 42)).toThrow('start x.scope');
  cgroup.undo();
  expect(members()).toEqual(['StartTransientUnit', 'StopUnit', 'ResetFailedUnit']);
});

test('a start that is not answered is taken back without waiting again', () => {
  const { cgroup, buses, members } = make({ StartTransientUnit: () => undefined });
  expect(() => cgroup.create(undefined, 42)).toThrow('start x.scope');
  cgroup.undo();
  expect(members()).toEqual(['StartTransientUnit', 'StopUnit']);
  expect(buses.map(({ now }) => now)).toEqual([10_000_000_000n]);
});

test('a slice that is there already is used, unless it holds processes, and never stopped by undo', () => {
  const exists: Answers = {
    StartTransientUnit: (_, serial) => [refusal(serial, 'org.freedesktop.systemd1.UnitExists')],
  };
  tree.mkdir('x.scope');
  const { cgroup, members } = make(exists, 'x.slice');
  cgroup.create({ resources: { pids: { limit: 5 } } }, 42);
  expect(tree.read('x.scope/pids.max')).toBe('5');
  cgroup.undo();
  expect(members()).not.toContain('StopUnit');
  tree.set('x.scope/cgroup.procs', '7\n');
  expect(() => make(exists, 'x.slice').cgroup.create(undefined, 42)).toThrow("container's cgroup is not empty");
});

test('a scope that is not where it has to be is an error', () => {
  const { cgroup } = make({ StartTransientUnit: (_, serial) => [reply(serial, 'o', JOB), jobRemoved(JOB, 'done')] });
  expect(() => cgroup.create(undefined, 42)).toThrow(`has started x.scope, but not in ${tree.path('x.scope')}`);
});

test('where systemd is gone, remove takes the directory away', () => {
  const { cgroup } = make();
  cgroup.create(undefined, 42);
  const connect = () => {
    throw new SyscallError('connect', [], 111, 'ECONNREFUSED');
  };
  const host = { ...tree.host, system: { ...tree.host.system, connect } };
  const place = { root: { mount: tree.mount, hybrid: false }, directory: tree.path('x.scope'), rootless: false };
  new SystemdCgroup(host, { ...place, unit: 'x.scope' }, new Systemd(host, 'system'), () => []).remove();
  expect(tree.has('x.scope')).toBe(false);
  expect(tree.logged.join()).toContain('x.scope is not stopped');
});
