import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Container } from '../../integration/support/container.ts';
import { isTsrunc, refused, testTsrunc, transcript } from '../../integration/support/runtime.ts';
import { sandbox } from '../../integration/support/sandbox.ts';
import { hold } from '../../integration/support/user.ts';
import { pause, until } from '../../integration/support/wait.ts';

const box = sandbox('limits');
const MiB = 1 << 20;

/** Without swap, or the machine would use it first. */
const memory = (limit: number) => ({ '/linux/resources/memory': { limit, swap: limit } });
/** Memory that stays in use: a file of a tmpfs. */
const eat = (megabytes: number) => `dd if=/dev/zero of=/dev/shm/eaten bs=1M count=${megabytes}`;

describe('memory.limit', () => {
  test('kills the process that exceeds it, and memory.events counts that', async () => {
    const container = box.create({ patch: memory(32 * MiB), script: `${eat(48)}; echo dd says $?; exec sleep 60` });
    container.start();
    await until('dd is dead', () => container.created.later().includes('dd says 137'));
    expect(count(container, 'memory.events', 'oom_kill')).toBe(1);
    expect(count(container, 'memory.events', 'oom')).toBeGreaterThan(0);
    expect(Number(file(container, 'memory.current'))).toBeLessThanOrEqual(32 * MiB);
    container.kill();
  });

  test('that kills init ends `run` with 137, and tsrunc says why', () => {
    const outcome = box.run({ patch: memory(32 * MiB), script: `exec ${eat(48)}` });
    expect([outcome.status, transcript(outcome)]).toEqual([137, expect.anything()]);
    if (isTsrunc) expect(outcome.stderr).toContain('container init was OOM-killed');
  });

  testTsrunc('that leaves no room for init fails `create`, which says how much would do', () => {
    const { created } = box.tryCreate({ patch: memory(16384) });
    // The peak is what was granted: all of the limit, or less if the last that was asked for was more than one page.
    const peak = '(4096|8192|12288|16384)';
    refused(
      created,
      new RegExp(
        `OOM-killed.*: memory\\.max is 16384, memory\\.peak ${peak}, and 131072 would do for the smallest program`,
      ),
    );
  });

  testTsrunc('that leaves room for init but not for the program fails `start`, which says why', () => {
    const container = box.create({ patch: memory(32 * MiB), script: 'sleep 60' });
    const limit = path.join(cgroupOf(container), 'memory.max');
    // What the kernel holds in advance is given back first, so that the next page is one too many.
    fs.writeFileSync(limit, '65536');
    fs.writeFileSync(limit, file(container, 'memory.current'));
    refused(container.call(['start', container.id]), /OOM-killed.*: memory\.max is \d+/);
  });
});

test('memory.swap is what may be swapped out above the limit, and no more', async () => {
  const container = box.create({
    patch: { '/linux/resources/memory': { limit: 24 * MiB, swap: 56 * MiB } },
    script: `${eat(40)} && echo swapped; until [ -e /dev/shm/go ]; do sleep 0.1; done
      dd if=/dev/zero of=/dev/shm/more bs=1M count=40; echo dd says $?; exec sleep 60`,
  });
  expect(file(container, 'memory.swap.max')).toBe(String(32 * MiB));
  container.start();
  await until('it has more than the limit', () => container.created.later().includes('swapped'));
  expect(Number(file(container, 'memory.swap.current'))).toBeGreaterThan(12 * MiB);
  expect(Number(file(container, 'memory.current'))).toBeLessThanOrEqual(24 * MiB);
  expect(count(container, 'memory.events', 'oom_kill')).toBe(0);
  fs.writeFileSync(`/proc/${container.pid}/root/dev/shm/go`, '');
  await until('dd is dead', () => container.created.later().includes('dd says 137'));
  expect(count(container, 'memory.events', 'oom_kill')).toBe(1);
  expect(Number(file(container, 'memory.swap.current'))).toBeLessThanOrEqual(32 * MiB);
  container.kill();
});

test('pids.limit stops fork', () => {
  const outcome = box.run({
    patch: { '/linux/resources/pids': { limit: 4 } },
    script: 'for i in 1 2 3 4 5 6; do sleep 5 & done; echo not reached',
  });
  expect(outcome.stderr).toMatch(/fork/);
  expect(outcome.stdout).not.toContain('not reached');
});

testTsrunc.each([
  ['a weight of a kernel with neither BFQ nor the io cost model', { weight: 500 }, 'neither BFQ nor the io cost model'],
  [
    'a limit of a device that is not there',
    { throttleReadBpsDevice: [{ major: 7, minor: 250, rate: 1000 }] },
    'there is no such block device; a partition has no limits of its own',
  ],
])('%s is refused, and says so', (_, blockIO, hint) => {
  refused(box.tryCreate({ patch: { '/linux/resources/blockIO': blockIO } }).created, hint);
});

testTsrunc('a quota that the kernel does not take says what it does', () => {
  const patch = { '/linux/resources/unified': { 'cpu.max': '500 100000' } };
  refused(box.tryCreate({ patch }).created, 'period: 1000 to 1000000 µs, quota: at least 1000 µs');
});

testTsrunc('a limit of one process leaves no room for another, and exec says so', () => {
  const container = box.create({ patch: { '/linux/resources/pids': { limit: 1 } }, script: 'exec sleep 100' });
  container.start();
  expect(container.call(['exec', container.id, 'true'])).toMatchObject({
    status: 255,
    stderr: expect.stringContaining('is a limit on processes (pids.max, RLIMIT_NPROC) reached?'),
  });
  container.kill();
});

testTsrunc('a limit of one process is enough for init in a user namespace that is joined', async () => {
  const holder = await hold({}, 'unshare --user');
  try {
    for (const map of ['uid_map', 'gid_map']) fs.writeFileSync(`/proc/${holder.pid}/${map}`, '0 100000 65536\n');
    const container = box.create({
      patch: {
        '/linux/namespaces/-': [{ type: 'user', path: `/proc/${holder.pid}/ns/user` }],
        '/linux/resources/pids': { limit: 1 },
      },
      script: 'echo alone; exec sleep 100',
    });
    expect(file(container, 'pids.max')).toBe('1');
    container.start();
    await until('the program runs', () => container.created.later() === 'alone\n');
    expect([file(container, 'pids.current'), file(container, 'pids.max')]).toEqual(['1', '1']);
    container.kill();
  } finally {
    holder.kill('SIGKILL');
  }
});

test('cpu.quota throttles', async () => {
  const container = box.create({
    patch: { '/linux/resources/cpu': { quota: 5000, period: 50000 } },
    script: 'while :; do :; done',
  });
  container.start();
  await until('it was throttled', () => count(container, 'cpu.stat', 'nr_throttled') >= 3);
  container.kill();
});

test('blockIO.throttleReadBpsDevice throttles', () => {
  const disk = { major: 98, minor: 0 };
  const outcome = box.run({
    patch: {
      '/linux/devices': [{ path: '/dev/disk', type: 'b', ...disk }],
      '/linux/resources/devices': [{ allow: true, type: 'b', ...disk, access: 'r' }],
      '/linux/resources/blockIO': { throttleReadBpsDevice: [{ ...disk, rate: MiB / 2 }] },
    },
    script: 'cat /proc/uptime; dd if=/dev/disk of=/dev/null bs=64k count=48; cat /proc/uptime',
  });
  expect([outcome.status, transcript(outcome)]).toEqual([0, expect.anything()]);
  const [begin = 0, end = 0] = outcome.stdout.split('\n').map((line) => Number(line.split(' ')[0]));
  // 3 MiB take 6 s; without the limit some hundredths.
  expect(end - begin).toBeGreaterThan(4);
});

test('pause stops a counter, resume lets it go on', async () => {
  const container = box.create({ script: 'while :; do echo tick; sleep 0.05; done' }).start();
  const written = () => container.created.later().length;
  await until('it counts', () => written() > 0);
  container.call(['pause', container.id]);
  const before = written();
  await pause(1000);
  expect([written(), count(container, 'cgroup.events', 'frozen')]).toEqual([before, 1]);
  container.call(['resume', container.id]);
  await until('it counts again', () => written() > before);
  container.kill();
});

function cgroupOf({ pid }: Container): string {
  const own = fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().slice('0::'.length);
  return path.join('/sys/fs/cgroup', own);
}

function file(container: Container, name: string): string {
  return fs.readFileSync(path.join(cgroupOf(container), name), 'utf8').trim();
}

function count(container: Container, name: string, key: string): number {
  const line = file(container, name)
    .split('\n')
    .find((text) => text.startsWith(`${key} `));
  return Number(line?.split(' ')[1]);
}
