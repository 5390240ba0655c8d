import { baseConfig } from '../integration/support/config.ts';
import { type Patch, patched } from '../integration/support/json.ts';
import { isTsrunc } from '../integration/support/runtime.ts';
import { LACKING, SystemdMachine } from './machine.ts';

/** Until the machine is ended from outside. */
const SECONDS = 900;
const limits = {
  memory: { limit: 64 << 20, swap: 96 << 20 },
  cpu: { shares: 512, quota: 33333, period: 100000 },
};
/** A device that no kernel here has a driver for: who may open it is told that it is not there. */
const ALLOWED = { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' };

function config(script: string, patch: Patch) {
  return patched(baseConfig('rootfs'), {
    '/process/args': ['sh', '-c', script],
    ...patch,
  });
}

const LOOP = `while :; do for name in allowed denied; do ( : < /dev/$name ); done 2>&1; echo round; sleep 1; done`;

if (LACKING !== undefined || !isTsrunc) {
  test.skip(`a machine with systemd: needs ${LACKING ?? 'tsrunc'}`, () => {});
} else {
  const machine = new SystemdMachine();

  beforeAll(
    () => {
      machine.bundle(
        'devices',
        config(LOOP, {
          '/annotations': { 'org.systemd.property.TimeoutStopSec': '7' },
          '/linux/devices': ['allowed', 'denied'].map((name, i) => ({
            path: `/dev/${name}`,
            type: 'c',
            major: 10,
            minor: 229 + i,
          })),
          '/linux/cgroupsPath': 'test-a.slice:vm:c1',
          '/linux/resources': { ...limits, pids: { limit: 20 }, devices: [{ allow: false, access: 'rwm' }, ALLOWED] },
        }),
      );
      machine.bundle('one', config('exec sleep 1000', { '/linux/resources': { ...limits, pids: { limit: 1 } } }));
      machine.bundle('broken', config('', { '/process/args': ['/no/such/program'] }));
      machine.bundle(
        'user',
        config('exec sleep 1000', {
          '/mounts': [{ destination: '/proc', type: 'proc', source: 'proc' }],
          '/linux/namespaces/-': [{ type: 'user' }],
          '/linux/uidMappings': [{ containerID: 0, hostID: 1, size: 1 }],
          '/linux/gidMappings': [{ containerID: 0, hostID: 1, size: 1 }],
          '/linux/resources': { memory: limits.memory, pids: { limit: 1 } },
        }),
      );
      return machine.run(SECONDS);
    },
    (SECONDS + 20) * 1000,
  );
  afterAll(() => machine.discard());

  test.each([
    'create',
    'start',
    'pause',
    'resume',
    'delete',
    'create-one',
    'start-one',
    'delete-one',
    'update',
    'create-user',
    'start-user',
    'delete-user',
  ])('%s succeeds', (name) => {
    expect(machine.fact(name)).toBe('exit status 0\n');
  });

  test('the scope has what the configuration asks for', () => {
    const shown = machine.fact('scope').split('\n');
    expect(shown).toEqual(
      expect.arrayContaining([
        'ActiveState=active',
        'ControlGroup=/test.slice/test-a.slice/vm-c1.scope',
        'Slice=test-a.slice',
        'Delegate=yes',
        `MemoryMax=${64 << 20}`,
        `MemorySwapMax=${32 << 20}`,
        'CPUWeight=59',
        'CPUQuotaPerSecUSec=340ms',
        'TasksMax=20',
        'TimeoutStopUSec=7s',
        'DevicePolicy=strict',
        'DeviceAllow=/dev/char/10:229 rw',
      ]),
    );
  });

  test('init alone is in it, and the files have the exact values', () => {
    expect(machine.fact('files')).toMatch(
      /^cgroup\.procs:[0-9]+\ncpu\.max:33333 100000\ncpu\.weight:59\nmemory\.max:67108864\nmemory\.swap\.max:33554432\npids\.max:20\n/,
    );
  });

  test.each(['opens', 'opens-after-reload'])('%s: what is allowed can be opened, the rest cannot', (name) => {
    const said = machine.fact(name);
    expect(said).toMatch(/allowed: No such device/);
    expect(said).not.toMatch(/allowed: Operation not permitted/);
    expect(said).toMatch(/denied: Operation not permitted/);
  });

  test('daemon-reload leaves the limits, and of the CPU quota whole percents', () => {
    expect(machine.fact('files-after-reload')).toMatch(
      /^cpu\.max:(33333|34000) 100000\ncpu\.weight:59\nmemory\.max:67108864\nmemory\.swap\.max:33554432\npids\.max:20\n/,
    );
  });

  test('a paused container reads as paused', () => {
    expect(machine.fact('paused')).toContain('"status": "paused"');
  });

  test('delete leaves neither cgroup nor unit', () => {
    expect(machine.fact('gone')).toMatch(/^ls: .*No such file or directory\nexit status 0\n$/);
  });

  test('a limit of one process is enough, and does not round the CPU quota', () => {
    expect(machine.fact('limits-of-one')).toBe('pids.max:1\ncpu.max:33333 100000\nTasksMax=1\nexit status 0\n');
  });

  test('a create that fails leaves neither cgroup nor unit', () => {
    expect(machine.fact('create-broken')).toMatch(/\/no\/such\/program.*\nexit status 1\n$/);
    expect(machine.fact('left')).toMatch(/^ls: .*No such file or directory\nexit status 0\n$/);
  });

  test('update changes what it says, in systemd and in the files, and nothing else', () => {
    expect(machine.fact('updated')).toBe(`MemoryMax=${32 << 20}\n${32 << 20}\n33333 100000\nexit status 0\n`);
  });

  test("a user's systemd makes a scope below its own cgroup, and takes it away", () => {
    const path = '/system.slice/user.service/user.slice/tsrunc-u1.scope';
    for (const line of [`ControlGroup=${path}`, `MemoryMax=${64 << 20}`, 'TasksMax=1', 'ActiveState=active']) {
      expect(machine.fact('user-scope').split('\n')).toContain(line);
    }
    expect(machine.fact('user-left')).toBe('exit status 0\n');
  });

  test('the guest came to its end', () => {
    expect(machine.fact('end')).toBe('');
  });
}
