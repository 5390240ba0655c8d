import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Container } from './support/container.ts';
import { isTsrunc, ok, REFERENCE, RUNTIME, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

/** Commands that ask or change a living container. Limits that need controllers are in test/vm. */
const box = sandbox('live');
const SLEEP = { script: 'sleep 100 & exec sleep 200' };

function running(): Container {
  return box.create(SLEEP).start();
}

async function stopped(): Promise<Container> {
  const container = running().kill();
  await container.stopped();
  return container;
}

describe('ps', () => {
  const pids = (container: Container): unknown =>
    JSON.parse(ok(container.call(['ps', '-f', 'json', container.id])).stdout);

  test('as JSON has the PIDs of the container, init among them', async () => {
    const container = running();
    await until('both run', () => JSON.stringify(pids(container)).split(',').length === 2);
    expect(pids(container)).toContain(container.pid);
  });

  test('as a table has the title of ps and the lines of the container', () => {
    const container = box.create({ script: 'exec sleep 200' }).start();
    const { stdout } = ok(container.call(['ps', container.id]));
    expect(stdout).toMatch(new RegExp(`^UID .*PID.*\\n\\S+ +${container.pid} .*sleep 200\\n$`));
  });

  test('hands options to ps', () => {
    const container = box.create({ script: 'exec sleep 200' }).start();
    const { stdout } = ok(container.call(['ps', container.id, '-e', '-o', 'pid,comm']));
    expect(stdout).toMatch(new RegExp(`^ *PID COMMAND\\n *${container.pid} sleep\\n$`));
  });

  test('of a container that has not started shows its init', () => {
    const container = box.create(SLEEP);
    expect(pids(container)).toEqual([container.pid]);
  });

  test('of a stopped container has nobody', async () => {
    const container = await stopped();
    expect(pids(container)).toBeNull();
    expect(ok(container.call(['ps', container.id])).stdout.split('\n')).toHaveLength(2);
  });

  test('says what is wrong', () => {
    const container = running();
    refused(container.call(['ps', container.id, '-e', '-o', 'comm']), "couldn't find PID field in ps output");
    refused(container.call(['ps', container.id, '--no-such-option']), 'exit status 1: ');
    refused(container.call(['ps', '--format', 'yaml', container.id]), 'invalid format option');
    refused(box.runtime(['ps', box.id()]), 'container does not exist');
  });

  testTsrunc('says when there is no ps', () => {
    const container = running();
    refused(container.call(['ps', container.id], { env: { PATH: box.scratch() } }), /ps.*no such file or directory/i);
  });
});

describe('events', () => {
  test('--stats prints one line with every part', () => {
    const container = running();
    const lines = ok(container.call(['events', '--stats', container.id])).stdout.split('\n');
    expect(lines).toHaveLength(2);
    const { type, id, data } = JSON.parse(lines[0] ?? '');
    expect([type, id]).toEqual(['stats', container.id]);
    const parts = ['blkio', 'cpu', 'cpuset', 'hugetlb', 'intel_rdt', 'memory', 'network_interfaces', 'pids'];
    expect(Object.keys(data).sort()).toEqual(parts);
    if (isTsrunc) expect(data.pids.current).toBeGreaterThan(0);
    expect(data.cpu.usage.total).toBeGreaterThan(0);
  });

  // On a hybrid machine runc asks cgroup v1, and does not notice the end.
  testTsrunc('prints a line every interval, and ends with the container', async () => {
    const container = running();
    const watching = box.begin(['events', '--interval', '50ms', container.id]);
    await until('there are lines', () => lineCount(watching.pid) >= 3);
    container.kill();
    const { status, stdout, stderr } = await watching.done;
    expect([status, stderr]).toEqual([0, '']);
    for (const line of stdout.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ type: 'stats', id: container.id });
  });

  testTsrunc('uses no CPU time between two lines', async () => {
    const container = running();
    const watching = box.begin(['events', '--interval', '1h', container.id]);
    await until('it sleeps', () => watches(watching.pid) && state(watching.pid) === 'S');
    const before = ticks(watching.pid);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(ticks(watching.pid) - before).toBeLessThanOrEqual(2);
    container.kill();
    expect((await watching.done).stdout).toBe('');
  });

  const testHugetlb = hugetlbMount() === undefined ? test.skip : test;

  testHugetlb('limits of huge pages stand in their files, and in the statistics beside the pressure', () => {
    const stats = (runtime: string) => {
      const id = box.id();
      const patch = {
        '/linux/cgroupsPath': `/${id}`,
        '/linux/resources/hugepageLimits': [{ pageSize: '2MB', limit: 6291456 }],
      };
      const container = box.create({ ...SLEEP, id, patch, user: { runtime, caller: PURE }, runtime }).start();
      try {
        ok(container.call(['pause', id]));
        const directory = path.join(hugetlbMount() ?? '', id);
        const read = (file: string) => fs.readFileSync(path.join(directory, file), 'utf8');
        expect(read('hugetlb.2MB.max')).toBe('6291456\n');
        // runc limits reservations too since 1.2.
        if (isTsrunc && runtime === RUNTIME) expect(read('hugetlb.2MB.rsvd.max')).toBe('6291456\n');
        const before = stalls(read);
        const { data } = JSON.parse(ok(container.call(['events', '--stats', id])).stdout);
        return { data, before, after: stalls(read) };
      } finally {
        container.delete('--force');
      }
    };
    const { data, before, after } = stats(RUNTIME);
    expect(data.hugetlb['2MB']).toEqual({ failcnt: 0 });
    if (REFERENCE !== undefined) expect(data.hugetlb).toEqual(stats(REFERENCE).data.hugetlb);
    if (!isTsrunc) return;
    // runc tells of pressure since 1.2.
    for (const [part, total] of Object.entries(before)) {
      expect(Object.keys(data[part].psi.some).sort()).toEqual(['avg10', 'avg300', 'avg60', 'total']);
      expect(data[part].psi.some.total).toBeGreaterThanOrEqual(total);
      expect(data[part].psi.some.total).toBeLessThanOrEqual(after[part] ?? -1);
    }
  });

  test('refuses a stopped container, and intervals that are none', async () => {
    const container = await stopped();
    refused(container.call(['events', container.id]), `container with id ${container.id} is not running`);
    refused(container.call(['events', '--stats', container.id]), `container with id ${container.id} is not running`);
    refused(container.call(['events', '--interval', '0', container.id]), 'duration interval must be greater than 0');
    refused(box.runtime(['events', box.id()]), 'container does not exist');
  });
});

describe('update', () => {
  test('refuses a stopped container, and an unknown one', async () => {
    const container = await stopped();
    refused(container.call(['update', '--pids-limit', '7', container.id]), 'container not running');
    refused(box.runtime(['update', '--pids-limit', '7', box.id()]), 'container does not exist');
  });

  test('of nothing succeeds, created, running and paused', () => {
    const container = box.create(SLEEP);
    for (const verb of [undefined, 'start', 'pause']) {
      if (verb !== undefined) ok(container.call([verb, container.id]));
      ok(container.call(['update', container.id]));
    }
    ok(container.call(['resume', container.id]));
  });

  test.each([
    ['--memory abc', "invalid value for memory: invalid size: 'abc'"],
    ['--cpu-period x', 'invalid value for cpu-period: '],
    ['--resources /no/such/file', 'no such file or directory'],
  ])('%s is refused', (typed, text) => {
    const container = running();
    refused(container.call(['update', ...typed.split(' '), container.id]), new RegExp(text, 'i'));
  });

  /** The one controller that cgroup v2 has on many hybrid machines; pure ones have it too. */
  const hugetlb = isTsrunc && hugetlbMount() !== undefined;
  const testHugetlb = hugetlb ? test : test.skip;

  testHugetlb('changes the file and the configuration; one that is refused changes neither', () => {
    const container = running();
    const file = path.join(cgroupOf(container), 'hugetlb.2MB.max');
    const saved = (): string => fs.readFileSync(path.join(box.root, container.id, 'config.json'), 'utf8');
    const update = (resources: object) => {
      const scratch = path.join(box.scratch(), 'resources.json');
      fs.writeFileSync(scratch, JSON.stringify(resources));
      return container.call(['update', '-r', '-', container.id], { caller: `exec < ${scratch}` });
    };
    ok(update({ hugepageLimits: [{ pageSize: '2MB', limit: 4194304 }], devices: [] }));
    expect(fs.readFileSync(file, 'utf8')).toBe('4194304\n');
    const before = saved();
    expect(JSON.parse(before).linux.resources).toMatchObject({ hugepageLimits: [{ pageSize: '2MB', limit: 4194304 }] });
    refused(update({ unified: { 'hugetlb.2MB.max': '8388608', 'hugetlb.2MB.nope': '1' } }), 'hugetlb.2MB.nope');
    expect(fs.readFileSync(file, 'utf8')).toBe('4194304\n');
    expect(saved()).toBe(before);
  });
});

describe('kill', () => {
  const shared = { '/linux/namespaces': ['network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) };
  // A child that outlives init where both share the host's PIDs, in the cgroup of the container.
  const orphan = { script: 'sleep 100 & exec sleep 200', patch: shared };

  testTsrunc('KILL of a stopped container ends who has outlived it; then nobody is there', async () => {
    const container = box.create(orphan).start();
    await until('both run', () => processes(container).length === 2);
    process.kill(container.pid, 'SIGKILL');
    await container.stopped();
    expect(processes(container)).toHaveLength(1);
    refused(container.call(['kill', container.id, 'TERM']), 'container not running');
    expect(processes(container)).toHaveLength(1);
    container.kill();
    await until('nobody is left', () => processes(container).length === 0);
    refused(container.call(['kill', container.id, 'KILL']), 'container not running');
    ok(container.call(['kill', '--all', container.id, 'KILL']));
  });

  // runc 1.1 kills init only.
  testTsrunc('KILL with shared PIDs ends all at once', async () => {
    const container = box.create(orphan).start();
    await until('both run', () => processes(container).length === 2);
    container.kill();
    await until('nobody is left', () => processes(container).length === 0);
  });

  test.each(['KILL', 'TERM'])('--all %s reaches every process', async (signal) => {
    const container = box.create(orphan).start();
    await until('both run', () => processes(container).length === 2);
    ok(container.call(['kill', '--all', container.id, signal]));
    await until('nobody is left', () => processes(container).length === 0);
  });

  testTsrunc('--all gives init its signal once', async () => {
    const script = 'trap "echo got" USR1; echo ready; while :; do sleep 0.05; done';
    const container = box.create({ script }).start();
    await until('it is ready', () => container.created.later() !== '');
    ok(container.call(['kill', '--all', container.id, 'USR1']));
    await until('it got it', () => container.created.later().includes('got'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(container.created.later()).toBe('ready\ngot\n');
  });
});

function cgroupOf(container: Container): string {
  const text = fs.readFileSync(path.join(box.root, container.id, 'state.json'), 'utf8');
  return JSON.parse(text).cgroup_paths[''];
}

function processes(container: Container): number[] {
  return JSON.parse(ok(container.call(['ps', '--format', 'json', container.id])).stdout) ?? [];
}

/** A view of the machine in which cgroup v2 is all there is, for whatever is called. */
const PURE = `exec unshare --mount --propagation private sh -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"' sh "$@"`;

/** Microseconds that something waited, by the part of the statistics that tells it. */
function stalls(read: (file: string) => string): Record<string, number> {
  const parts = Object.entries({ cpu: 'cpu', memory: 'memory', blkio: 'io' });
  const there = parts.filter(([, file]) => fs.existsSync(`/proc/pressure/${file}`));
  return Object.fromEntries(
    there.map(([part, file]) => [part, Number(/^some .*total=(\d+)/.exec(read(`${file}.pressure`))?.[1])]),
  );
}

function hugetlbMount(): string | undefined {
  const mount = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((root) =>
    fs.existsSync(`${root}/cgroup.controllers`),
  );
  if (mount === undefined) return undefined;
  return fs.readFileSync(`${mount}/cgroup.controllers`, 'utf8').includes('hugetlb') ? mount : undefined;
}

/** What a runtime that was begun has written by now. */
function lineCount(pid: number): number {
  return fs.readFileSync(`/proc/${pid}/fd/1`, 'utf8').split('\n').length - 1;
}

function stat(pid: number): string[] {
  return fs
    .readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
}

function state(pid: number): string | undefined {
  return stat(pid)[0];
}

/** It has the file open whose changes it waits for. */
function watches(pid: number): boolean {
  return fs.readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith('/cgroup.events');
    } catch {
      return false;
    }
  });
}

function ticks(pid: number): number {
  return Number(stat(pid)[11]) + Number(stat(pid)[12]);
}
