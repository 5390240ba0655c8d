import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isAlive, slurp } from './support/host.ts';
import type { Patch } from './support/json.ts';
import { ok, type RunOptions, refused, testTsrunc } from './support/runtime.ts';
import { type CreateOptions, sandbox } from './support/sandbox.ts';
import { count, until } from './support/wait.ts';

// Runc only talks to a systemd that has booted the machine, so that these are tests of tsrunc. A real systemd is met in
// test/vm; here is one that can be told to misbehave.
const box = sandbox('systemd');
const MOUNT = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((directory) =>
  fs.existsSync(path.join(directory, 'cgroup.controllers')),
);
const testScope = MOUNT === undefined ? test.skip : testTsrunc;

interface Call {
  readonly member: string;
  readonly body: readonly unknown[];
}

/** A systemd that runs until the file ends. */
class FakeSystemd {
  readonly socket: string;
  private readonly log: string;
  private readonly output: string;
  private readonly child: ChildProcess;

  constructor(fault: string) {
    const directory = box.scratch();
    [this.socket, this.log, this.output] = ['bus', 'log', 'out'].map((name) => path.join(directory, name)) as [
      string,
      string,
      string,
    ];
    const out = fs.openSync(this.output, 'a');
    const program = path.join(__dirname, '../tools/fake-systemd.mjs');
    const args = [program, this.socket, MOUNT ?? '', `/${box.name}`, this.log, fault];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', out, 'inherit'] });
    fs.closeSync(out);
  }

  static async ready(fault = 'none'): Promise<FakeSystemd> {
    const systemd = new FakeSystemd(fault);
    started.push(systemd);
    await until('the systemd listens', () => slurp(systemd.output).includes('ready'));
    return systemd;
  }

  get options(): RunOptions {
    return { env: { PATH: process.env['PATH'] ?? '', DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${this.socket}` } };
  }

  get calls(): Call[] {
    const lines = slurp(this.log).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }

  get members(): string[] {
    return this.calls.map(({ member }) => member).filter((member) => !['Hello', 'AddMatch', 'Get'].includes(member));
  }

  tryCreate(options: CreateOptions = {}) {
    const id = options.id ?? box.id();
    const bundle = box.bundle(options);
    const args = ['--systemd-cgroup', 'create', '--bundle', bundle, id];
    return { id, created: box.runtime(args, { ...this.options, ...options }) };
  }

  create(options: CreateOptions = {}): string {
    const { id, created } = this.tryCreate(options);
    ok(created);
    return id;
  }

  delete(id: string): void {
    ok(box.runtime(['delete', '--force', id], this.options));
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

const started: FakeSystemd[] = [];
afterEach(() => {
  for (const systemd of started.splice(0)) systemd.stop();
});

function stateOf(id: string): { cgroup_paths: Record<string, string>; init_process_pid: number } {
  return JSON.parse(slurp(path.join(box.root, id, 'state.json')));
}

function propertiesOf(systemd: FakeSystemd): Record<string, unknown> {
  const call = systemd.calls.find(({ member }) => member === 'StartTransientUnit');
  return Object.fromEntries(call?.body[2] as [string, unknown][]);
}

testScope('a container lives in the scope that systemd made, and its cgroup namespace begins there', async () => {
  const systemd = await FakeSystemd.ready();
  const patch: Patch = {
    '/linux/cgroupsPath': 'a-b.slice:libpod:one',
    '/linux/namespaces/-': [{ type: 'cgroup' }],
  };
  const { id, created } = systemd.tryCreate({ script: 'cat /proc/self/cgroup', patch });
  ok(created);
  const directory = `${MOUNT}/${box.name}/a.slice/a-b.slice/libpod-one.scope`;
  expect(stateOf(id).cgroup_paths).toEqual({ '': directory });
  expect(slurp(path.join(directory, 'cgroup.procs'))).toBe(`${stateOf(id).init_process_pid}\n`);
  expect(propertiesOf(systemd)).toMatchObject({
    Description: `tsrunc container ${id}`,
    Slice: 'a-b.slice',
    Delegate: true,
    DefaultDependencies: false,
    TasksAccounting: true,
    DevicePolicy: 'strict',
  });
  expect(systemd.members).toEqual(['StartTransientUnit']);
  ok(box.runtime(['start', id]));
  await until('it has said where it is', () => created.later().split('\n').includes('0::/'));
  systemd.delete(id);
  expect(systemd.members).toEqual(['StartTransientUnit', 'StopUnit', 'ResetFailedUnit']);
  expect(fs.existsSync(directory)).toBe(false);
});

testScope('annotations become properties of the unit', async () => {
  const systemd = await FakeSystemd.ready();
  const annotations = {
    'org.systemd.property.TimeoutStopUSec': 'uint64 5000000',
    'org.systemd.property.RuntimeMaxSec': '2.5',
    'org.systemd.property.After': "['crio.service']",
    'org.systemd.property.DefaultDependencies': 'true',
  };
  systemd.delete(systemd.create({ patch: { '/annotations': annotations } }));
  expect(propertiesOf(systemd)).toMatchObject({
    TimeoutStopUSec: '5000000',
    RuntimeMaxUSec: '2500000',
    After: ['crio.service'],
    DefaultDependencies: true,
  });
});

testScope('what a failed unit of the same name left is cleared away once', async () => {
  const systemd = await FakeSystemd.ready('linger');
  const id = systemd.create();
  systemd.delete(id);
  expect(systemd.members.slice(0, 3)).toEqual(['StartTransientUnit', 'ResetFailedUnit', 'StartTransientUnit']);
});

testScope('a create that fails later has the scope stopped', async () => {
  const systemd = await FakeSystemd.ready();
  const { id, created } = systemd.tryCreate({ patch: { '/process/args': ['/no/such/program'] } });
  refused(created, '/no/such/program');
  expect(systemd.members).toEqual(['StartTransientUnit', 'StopUnit', 'ResetFailedUnit']);
  await box.clean(id);
});

const REFUSED = 'org.freedesktop.DBus.Error.AccessDenied';

testScope.each([
  [`error StartTransientUnit ${REFUSED}`, `StartTransientUnit is refused (${REFUSED})`],
  ['job StartTransientUnit failed', 'the job of StartTransientUnit ended as failed'],
  ['garbage', 'does not speak D-Bus'],
])('%s: create fails, says so, and leaves nothing', async (fault, message) => {
  const systemd = await FakeSystemd.ready(fault);
  const { id, created } = systemd.tryCreate();
  refused(created, message);
  await box.clean(id);
});

const hangs = ['StartTransientUnit', 'authentication', 'Hello', 'Get'];

// Ten seconds each: the moments differ little, and unit tests have them all.
testScope.each(hangs.slice(0, count(1, hangs.length)))(
  'a bus that does not answer %s ends the create after ten seconds',
  async (member) => {
    const systemd = await FakeSystemd.ready(`hang ${member}`);
    const before = Date.now();
    const { id, created } = systemd.tryCreate();
    const seconds = (Date.now() - before) / 1000;
    refused(created, `${systemd.socket} does not answer ${member} within 10 s`);
    expect(seconds).toBeGreaterThan(9.9);
    expect(seconds).toBeLessThan(15);
    await box.clean(id);
  },
);

testScope('a bus that does not answer StopUnit ends the delete, which can be repeated', async () => {
  const [healthy, hung] = [await FakeSystemd.ready(), await FakeSystemd.ready('hang StopUnit')];
  const id = healthy.create();
  const { init_process_pid: pid } = stateOf(id);
  refused(box.runtime(['delete', '--force', id], hung.options), 'does not answer StopUnit within 10 s');
  expect(isAlive(pid)).toBe(false);
  healthy.delete(id);
});

testScope('a container can be deleted where systemd is gone', async () => {
  const systemd = await FakeSystemd.ready();
  const id = systemd.create();
  systemd.stop();
  fs.unlinkSync(systemd.socket);
  systemd.delete(id);
  await box.clean(id);
  for (const slice of ['/system.slice', '']) fs.rmdirSync(`${MOUNT}/${box.name}${slice}`);
});

testScope.each([
  ['/a/b', /expected cgroupsPath to be of format .*slice:prefix:name.* for systemd cgroups, got .*\/a\/b.* instead/],
  ['a--b.slice:x:y', 'invalid slice name'],
  ['system.slice:x:', 'has no name'],
  ['system.slice:x:a b', 'is no unit name'],
])('cgroupsPath %s is refused, without a word to systemd', (cgroupsPath, message) => {
  const args = ['--systemd-cgroup', 'create', '--bundle', box.bundle({ patch: { '/linux/cgroupsPath': cgroupsPath } })];
  refused(box.runtime([...args, box.id()]), message);
});

testScope('without a bus the error says where it was looked for', () => {
  const env = { PATH: process.env['PATH'] ?? '', DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${box.dir}/none` };
  const args = ['--systemd-cgroup', 'create', '--bundle', box.bundle(), box.id()];
  refused(box.runtime(args, { env }), `there is no system bus of systemd at ${box.dir}/none`);
});
