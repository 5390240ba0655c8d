import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { report } from '../../../src/libcontainer/errors.ts';
import type { Resources } from '../../../src/spec/config-linux.ts';
import { testTsrunc } from '../../integration/support/runtime.ts';
import { sandbox } from '../../integration/support/sandbox.ts';
import { until } from '../../integration/support/wait.ts';
import { cgroupOfPath } from '../cgroups.ts';

const box = sandbox('hierarchy');
const ROOT = '/sys/fs/cgroup';
const LIMITED: Resources = { memory: { limit: 1 << 26 } };
const sleepers: ChildProcess[] = [];

const directories: string[] = [];

afterEach(async () => {
  for (const sleeper of sleepers.splice(0)) {
    sleeper.kill('SIGKILL');
    await until('the sleeper is reaped', () => sleeper.signalCode !== null);
  }
  for (const directory of directories.splice(0)) fs.rmdirSync(path.join(ROOT, directory));
});

test('controllers are handed down from the root to a nested cgroup, and go with it', () => {
  const top = box.id();
  const cgroup = cgroupOfPath(`/${top}/b/c`);
  cgroup.create({ resources: { ...LIMITED, pids: { limit: 3 }, cpu: { quota: 10000 } } }, process.pid);
  expect(read(`${top}/b`, 'cgroup.subtree_control').split(' ').sort()).toEqual(['cpu', 'io', 'memory', 'pids']);
  expect([read(`${top}/b/c`, 'memory.max'), read(`${top}/b/c`, 'pids.max')]).toEqual(['67108864', '3']);
  cgroup.undo();
  expect(fs.existsSync(path.join(ROOT, top))).toBe(false);
});

test('a parent that holds processes is named with them, and with what to do', () => {
  const parent = made();
  const sleeper = sleeperIn(parent);
  const message = refusal(`${parent}/c`, LIMITED);
  expect(message).toContain('memory.max cannot be set: the memory controller cannot be enabled in');
  expect(message).toContain(`${ROOT}/${parent}, which holds processes itself: ${sleeper} (sleep)`);
  expect(message).toContain(`mkdir ${ROOT}/${parent}/processes, and for each of them echo PID > `);
});

test('a limit that threads can have is given below a parent that holds processes', () => {
  const parent = made();
  sleeperIn(parent);
  const cgroup = cgroupOfPath(`/${parent}/c`);
  cgroup.create({ resources: { pids: { limit: 5 } } }, process.pid);
  expect([read(`${parent}/c`, 'cgroup.type'), read(`${parent}/c`, 'pids.max')]).toEqual(['threaded', '5']);
  cgroup.undo();
});

test('below the root of a threaded subtree there is no memory limit', () => {
  const parent = made();
  fs.mkdirSync(path.join(ROOT, parent, 'threads'));
  fs.writeFileSync(path.join(ROOT, parent, 'threads/cgroup.type'), 'threaded');
  const where = `cannot enter cgroupv2 "${ROOT}/${parent}" with domain controllers -- it is in domain threaded mode`;
  const message = refusal(`${parent}/c`, LIMITED);
  expect(message).toContain(where);
  expect(message).toContain(`${ROOT}/${parent} is the root of a threaded subtree: name a place outside of it`);
  fs.rmdirSync(path.join(ROOT, parent, 'threads'));
});

test('a cgroup that is frozen, by itself or from above, is refused', () => {
  const parent = made();
  fs.writeFileSync(path.join(ROOT, parent, 'cgroup.freeze'), '1');
  expect(refusal(parent, {})).toContain("container's cgroup unexpectedly frozen");
  expect(refusal(`${parent}/c`, {})).toContain("container's cgroup unexpectedly frozen");
});

test('a cgroup that holds a process is refused', () => {
  const parent = made();
  sleeperIn(parent);
  expect(refusal(parent, LIMITED)).toContain("container's cgroup is not empty: 1 process(es) found");
});

// What runc makes by itself belongs to the host's root: it takes systemd to give it away.
testTsrunc("the container's root divides his cgroup, and cannot raise its limits", () => {
  const container = box.run({
    script: `cd /sys/fs/cgroup && mkdir inner && echo 0 > inner/cgroup.procs && echo +pids > cgroup.subtree_control &&
      cat inner/pids.current; (echo max > pids.max) 2>/dev/null || echo the limit stays`,
    patch: {
      '/linux/namespaces': ['pid', 'network', 'ipc', 'uts', 'mount', 'user', 'cgroup'].map((type) => ({ type })),
      '/linux/uidMappings': [{ containerID: 0, hostID: 100000, size: 65536 }],
      '/linux/gidMappings': [{ containerID: 0, hostID: 100000, size: 65536 }],
      '/linux/resources': { pids: { limit: 20 } },
      '/mounts/6/options': ['nosuid', 'noexec', 'nodev'],
    },
  });
  expect(`${container.stdout}${container.stderr}`).toMatch(/^\d+\nthe limit stays\n$/);
});

function made(): string {
  const name = box.id();
  fs.mkdirSync(path.join(ROOT, name));
  directories.push(name);
  return name;
}

function sleeperIn(directory: string): number {
  const sleeper = spawn('sleep', ['300'], { stdio: 'ignore' });
  sleepers.push(sleeper);
  fs.writeFileSync(path.join(ROOT, directory, 'cgroup.procs'), String(sleeper.pid));
  return sleeper.pid ?? 0;
}

function refusal(name: string, resources: Resources): string {
  const cgroup = cgroupOfPath(`/${name}`);
  try {
    cgroup.create({ resources }, process.pid);
  } catch (error) {
    return report(error).message;
  } finally {
    cgroup.undo();
  }
  return 'not refused';
}

function read(directory: string, file: string): string {
  return fs.readFileSync(path.join(ROOT, directory, file), 'utf8').trim();
}
