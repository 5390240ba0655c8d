import * as fs from 'node:fs';
import { childrenOf, isAlive, linkOf, statusField } from './support/host.ts';
import { reap, sealsOf, setSubreaper } from './support/libc.ts';
import { isTsrunc, ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { count, pause, seeded, until } from './support/wait.ts';

const box = sandbox('init');
const SLEEP = { script: 'exec sleep 100' };

testTsrunc('a created init takes at most 64 KiB of memory, and one thread', () => {
  const { pid } = box.create(SLEEP);
  expect(Number.parseInt(statusField(pid, 'VmRSS') ?? '', 10)).toBeLessThanOrEqual(64);
  expect(statusField(pid, 'Threads')).toBe('1');
});

testTsrunc('the program of a created init is a sealed memfd', () => {
  const { pid } = box.create(SLEEP);
  expect(linkOf(`/proc/${pid}/exe`)).toMatch(/^\/memfd:/);
  const fd = fs.openSync(`/proc/${pid}/exe`, 'r');
  expect(sealsOf(fd)).toEqual(['F_SEAL_SEAL', 'F_SEAL_SHRINK', 'F_SEAL_GROW', 'F_SEAL_WRITE']);
  fs.closeSync(fd);
  expect(() => fs.openSync(`/proc/${pid}/exe`, 'r+')).toThrow(/ETXTBSY|EPERM|EACCES/);
});

testTsrunc('a created init has no descriptors but the three streams and its socket', async () => {
  const { pid } = box.create(SLEEP);
  const descriptors = () => fs.readdirSync(`/proc/${pid}/fd`).sort();
  // Its last request is not awaited by create, and closes the socket it came by.
  await until('the control socket is closed', () => descriptors().length <= 4);
  const fds = descriptors();
  expect(fds).toHaveLength(4);
  expect(fds.slice(0, 3)).toEqual(['0', '1', '2']);
  expect(linkOf(`/proc/${pid}/fd/${fds[3]}`)).toMatch(/^socket:/);
});

testTsrunc(
  'a created init sees nothing of the host: its root, its directory and its mounts are the container’s',
  () => {
    const { pid } = box.create(SLEEP);
    expect([linkOf(`/proc/${pid}/cwd`), linkOf(`/proc/${pid}/root`)]).toEqual(['/', '/']);
    expect(fs.readdirSync(`/proc/${pid}/root`).sort()).toEqual(fs.readdirSync(box.rootfs).sort());
    expect(fs.readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).not.toContain(' /work');
  },
);

test('a created init waits: it sleeps, and has not used any time a moment later', async () => {
  const { pid } = box.create(SLEEP);
  const times = () => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13).join(' ');
  await until('it sleeps', () => /^S/.test(statusField(pid, 'State') ?? ''));
  const before = times();
  await pause(200);
  expect(times()).toBe(before);
});

describe('under a subreaper, as shims are', () => {
  beforeAll(() => setSubreaper(true));
  afterAll(() => setSubreaper(false));

  test('init is the caller’s child once create has returned, and the caller can wait for it', async () => {
    const container = box.create(SLEEP);
    const { pid } = container;
    expect(statusField(pid, 'PPid')).toBe(String(process.pid));
    container.start();
    expect(statusField(pid, 'PPid')).toBe(String(process.pid));
    await container.kill().stopped();
    expect(statusField(pid, 'State')).toMatch(/^Z/);
    expect(container.state().status).toBe('stopped');
    reap(pid);
    expect(statusField(pid, 'State')).toBeUndefined();
    expect(container.state().status).toBe('stopped');
  });

  test('so is the process of run --detach', () => {
    const id = box.id();
    ok(box.run({ id, ...SLEEP, flags: ['-d'] }));
    const { pid }: { pid: number } = JSON.parse(ok(box.runtime(['state', id])).stdout);
    expect(statusField(pid, 'PPid')).toBe(String(process.pid));
    ok(box.runtime(['delete', '--force', id]));
    reap(pid);
  });

  test('create leaves no other child behind', () => {
    const before = childrenOf(process.pid);
    const container = box.create(SLEEP);
    expect(childrenOf(process.pid).filter((pid) => !before.includes(pid))).toEqual([container.pid]);
  });
});

testTsrunc('an init dies with a runtime that is killed before init is parked', async () => {
  const random = seeded(1);
  let hits = 0;
  for (let i = 0; i < count(30, 200); i++) {
    const id = box.id();
    const runtime = box.begin(['create', '--bundle', box.bundle(SLEEP), id]);
    // Without a pause: from its first child to its end the runtime needs a few milliseconds.
    while (isAlive(runtime.pid) && childrenOf(runtime.pid).length === 0);
    await pause(random() * 8);
    // Stopped, it cannot go on between the look at its children and its death.
    runtime.child.kill('SIGSTOP');
    const orphans = childrenOf(runtime.pid);
    runtime.child.kill('SIGKILL');
    await runtime.done;
    const created = box.runtime(['state', id]).stdout.includes('"status": "created"');
    if (!created) {
      hits += orphans.length > 0 ? 1 : 0;
      await until('init is dead', () => !orphans.some(isAlive), 2);
    }
    ok(box.runtime(['delete', '--force', id]));
    await box.clean(id);
  }
  expect(hits).toBeGreaterThan(0);
});

testTsrunc('a create that fails while its first process sits in the cgroup leaves no cgroup', async () => {
  const patch = {
    '/linux/namespaces/-': [{ type: 'user' }, { type: 'time' }],
    '/linux/uidMappings': [{ containerID: 0, hostID: 0, size: 1000 }],
    '/linux/gidMappings': [{ containerID: 0, hostID: 0, size: 1000 }],
    '/linux/timeOffsets': { monotonic: { secs: -999_999_999 } },
  };
  const { id, created } = box.tryCreate({ patch });
  refused(created, 'the clock would become negative');
  await box.clean(id);
});

describe('what the caller has set reaches the container', () => {
  const cases: [name: string, caller: string, script: string, output: string][] = [
    ['a soft limit of core size', 'ulimit -Sc 0', 'ulimit -Sc', '0\n'],
    ['a hard limit of descriptors', 'ulimit -n 888', 'ulimit -Hn', '888\n'],
  ];
  // runc 1.1 gives the container the hard limit: Go has raised its own.
  if (isTsrunc) cases.push(['a soft limit of descriptors', 'ulimit -Sn 777', 'ulimit -Sn', '777\n']);
  test.each(cases)('%s', (_, caller, script, output) => {
    const bundle = box.bundle({ script, patch: { '/process/rlimits': undefined } });
    expect(ok(box.runtime(['run', '--bundle', bundle, box.id()], { caller })).stdout).toBe(output);
  });
});

test('no signal is ignored or blocked inside, whatever the runtime’s engine does with SIGPIPE', () => {
  const { stdout } = ok(box.run({ patch: { '/process/args': ['cat', '/proc/self/status'] } }));
  expect(stdout.match(/^Sig(Ign|Blk|Cgt):\t0{16}$/gm)).toHaveLength(3);
});

test('a writer inside dies of SIGPIPE', () => {
  const script = '(while :; do echo y; done; echo survived >&2) | true; echo end';
  expect(ok(box.run({ script }))).toMatchObject({ stdout: 'end\n', stderr: '' });
});
