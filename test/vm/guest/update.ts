import * as fs from 'node:fs';
import * as path from 'node:path';
import { helpText } from '../../../src/cli/help.ts';
import { main } from '../../../src/cli/main.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { SyscallError } from '../../../src/engine/errors.ts';
import { yargsParser } from '../../../src/engine/node/yargs.ts';
import type { Container } from '../../integration/support/container.ts';
import { isTsrunc, ok, REFERENCE, testTsrunc } from '../../integration/support/runtime.ts';
import { sandbox } from '../../integration/support/sandbox.ts';
import { count, until } from '../../integration/support/wait.ts';
import { engine } from '../../unit/syscalls/support.ts';
import { UPDATES, type Update } from '../updates.ts';

/**
 * The files of a container's cgroup after updates by tsrunc, whose commands run in this process, and by runc. One
 * container each, one update after the other.
 */
const box = sandbox('update');
const SLEEP = { script: 'exec sleep 1000' };
const MiB = 1 << 20;
/** Takes the line of the machine's disk out of io.max. */
const NO_LIMIT = '98:0 rbps=max wbps=max riops=max wiops=max';

const twin = isTsrunc && REFERENCE !== undefined ? test : test.skip;

twin('after each update the files are what they are after runc’s', async () => {
  const [ours, theirs] = [box.create(SLEEP), box.create({ ...SLEEP, runtime: REFERENCE ?? '' })];
  const step = Math.ceil(UPDATES.length / count(15, UPDATES.length));
  const differences: unknown[] = [];
  for (const update of UPDATES.filter((_, i) => i % step === 0)) {
    const argv = argumentsOf(update);
    const [our, their] = [await command([...argv, ours.id]), theirs.call([...argv, theirs.id])];
    const [a, b] = [settings(ours), settings(theirs)];
    const files = Object.keys(b).filter((file) => a[file] !== b[file]);
    const same = (our.status === 0) === (their.status === 0) && files.length === 0;
    // Some differences come of what was updated before, and a sample leaves that out.
    const expected = update.difference === undefined ? same : !same || step > 1;
    if (!expected) {
      const values = files.map((file) => `${file}: ${a[file]} or ${b[file]}`);
      differences.push({ update, our: our.message, their: their.stderr, values });
    }
    // The same ground for the next one. The weight has two names, and one of them is coarse.
    for (const file of files) if (file !== 'cpu.weight.nice') copy(ours, file, b[file] || NO_LIMIT);
  }
  expect(differences).toEqual([]);
});

testTsrunc('an update that is refused leaves every file and the configuration as they were', async () => {
  const container = box.create(SLEEP);
  await command(['update', '--memory', '64m', '--pids-limit', '50', '--cpu-quota', '50000', container.id]);
  const before = [settings(container), saved(container)];
  const refused = UPDATES.filter(({ refused }) => refused);
  expect(refused.length).toBeGreaterThan(10);
  for (const update of refused) {
    const { status } = await command([...argumentsOf(update), container.id]);
    expect([update, status, settings(container), saved(container)]).toEqual([update, 1, ...before]);
  }
});

testTsrunc('whichever of the writes fails, all files are as they were', async () => {
  const container = box.create(SLEEP);
  const limits = {
    pids: { limit: 44 },
    memory: { limit: 128 * MiB, swap: 200 * MiB, reservation: MiB },
    cpu: { quota: 60000, period: 120000, burst: 1000, idle: 1 },
    blockIO: { throttleReadBpsDevice: [{ major: 98, minor: 0, rate: MiB }] },
    unified: { 'memory.high': '100000000' },
  };
  const argv = argumentsOf({ resources: limits });
  const before = [settings(container), saved(container)];
  let failures = 0;
  for (let n = 0; ; n++) {
    const { status, broken, message } = await command([...argv, container.id], n);
    if (!broken) {
      expect([n, status, message]).toEqual([n, 0, '']);
      break;
    }
    failures++;
    expect([n, status, settings(container), saved(container)]).toEqual([n, 1, ...before]);
  }
  // Nine files of the cgroup, then the configuration.
  expect(failures).toBe(10);
  expect(settings(container)).toMatchObject({ 'pids.max': '44\n', 'cpu.idle': '1\n', 'memory.high': '99999744\n' });
});

testTsrunc('checkBeforeUpdate refuses a limit below what is in use', async () => {
  const container = box.create(SLEEP).start();
  const argv = argumentsOf({ resources: { memory: { limit: 4096, checkBeforeUpdate: true } } });
  const { status, message } = await command([...argv, container.id]);
  expect([status, message]).toEqual([1, expect.stringMatching(/^rejecting memory limit 4096 <= usage \d+$/)]);
  expect(settings(container)['memory.max']).toBe('max\n');
});

describe('events', () => {
  testTsrunc('tells of each kill by the memory limit, and ends with the container', async () => {
    const eat = 'dd if=/dev/zero of=/dev/shm/eaten bs=1M count=48';
    const script = `until [ -e /mnt/go ]; do sleep 0.1; done; ${eat}; exec sleep 1000`;
    const directory = box.scratch();
    const container = box.create({
      script,
      patch: {
        '/linux/resources/memory': { limit: 32 * MiB, swap: 32 * MiB },
        '/mounts/-': [{ type: 'bind', source: directory, destination: '/mnt', options: ['bind'] }],
      },
    });
    container.start();
    const watching = box.begin(['events', '--interval', '1h', container.id], { timeout: 120 });
    await until('it watches', () => filesOf(watching.pid).some((file) => file.endsWith('/memory.events')), 60);
    fs.writeFileSync(path.join(directory, 'go'), 'go\n');
    await until('it has told', () => fs.readFileSync(`/proc/${watching.pid}/fd/1`, 'utf8') !== '', 60);
    container.kill();
    const { status, stdout } = await watching.done;
    expect([status, stdout]).toEqual([0, `{"type":"oom","id":"${container.id}"}\n`]);
  });

  twin('--stats has runc’s keys, and its values where they stand still', async () => {
    const container = box.create({ ...SLEEP, patch: { '/linux/resources/memory': { limit: 64 * MiB } } });
    ok(container.call(['pause', container.id]));
    const theirs = box.create({
      ...SLEEP,
      runtime: REFERENCE ?? '',
      patch: { '/linux/resources/memory': { limit: 64 * MiB } },
    });
    const ours = JSON.parse((await command(['events', '--stats', container.id])).stdout);
    const other = JSON.parse(ok(theirs.call(['events', '--stats', theirs.id])).stdout);
    expect(shapeOf(ours.data)).toEqual(shapeOf(other.data));
    expect(ours.data.memory.usage.limit).toBe(64 * MiB);
    for (const part of ['cpuset', 'hugetlb', 'intel_rdt', 'network_interfaces'])
      expect(ours.data[part]).toEqual(other.data[part]);
    for (const part of ['usage', 'swap', 'kernel', 'kernelTCP'])
      expect(ours.data.memory[part].limit).toBe(other.data.memory[part].limit);
    expect(ours.data.pids.limit).toBe(other.data.pids.limit);
  });
});

/** Its keys, at every depth. Counters that happen to be zero are left out by both, each for itself. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return Array.isArray(value) ? 'list' : 'value';
  const counters = ['usage', 'max', 'cache', 'periods', 'throttledPeriods', 'throttledTime', 'psi', 'current', 'total'];
  const lists = Object.entries(value).filter(
    ([key]) => !counters.includes(key) || typeof Object(value)[key] === 'object',
  );
  return Object.fromEntries(
    lists
      .filter(([key]) => key !== 'psi')
      .map(([key, member]) => [key, shapeOf(member)])
      .sort(),
  );
}

function argumentsOf({ options, resources }: Update): string[] {
  if (resources === undefined) return ['update', ...(options ?? '').split(' ')];
  const file = path.join(box.scratch(), 'resources.json');
  fs.writeFileSync(file, typeof resources === 'string' ? resources : JSON.stringify(resources));
  return ['update', '--resources', file];
}

interface Done {
  readonly status: number;
  readonly stdout: string;
  readonly message: string;
  /** The write that was to fail has been reached. */
  readonly broken: boolean;
}

/** A command of tsrunc in this process. Write number `fail` to a cgroup or the state directory fails. */
async function command(argv: readonly string[], fail = -1): Promise<Done> {
  const streams = new Map([
    [1, ''],
    [2, ''],
  ]);
  let writes = 0;
  const files: Engine['files'] = {
    ...engine.files,
    write(fd, bytes) {
      const text = streams.get(fd);
      if (text !== undefined) return void streams.set(fd, text + engine.decode(bytes));
      const file = fs.readlinkSync(`/proc/self/fd/${fd}`);
      if (!file.endsWith('/log') && writes++ === fail) throw new SyscallError('write', [file], 5, 'EIO');
      engine.files.write(fd, bytes);
    },
  };
  class Exit extends Error {}
  let status = -1;
  const exit = (code: number): never => {
    status = code;
    throw new Exit();
  };
  const log = path.join(box.scratch(), 'log');
  const whole = ['--root', box.root, '--log', log, ...argv];
  await main({ ...engine, argv: whole, files, exit }, yargsParser(helpText)).catch((error) => {
    if (!(error instanceof Exit)) throw error;
  });
  return {
    status,
    stdout: streams.get(1) ?? '',
    message: (streams.get(2) ?? '').trim(),
    broken: writes > fail && fail >= 0,
  };
}

function cgroupOf(container: Container): string {
  return JSON.parse(fs.readFileSync(path.join(box.root, container.id, 'state.json'), 'utf8')).cgroup_paths[''];
}

function saved(container: Container): string {
  return fs.readFileSync(path.join(box.root, container.id, 'config.json'), 'utf8');
}

/** Every file that can be read and written. */
function settings(container: Container): Record<string, string> {
  const directory = cgroupOf(container);
  const names = fs.readdirSync(directory).filter((name) => {
    const both = (fs.statSync(path.join(directory, name)).mode & 0o600) === 0o600;
    return both && !/^cgroup\.(procs|threads)$/.test(name);
  });
  return Object.fromEntries(names.sort().map((name) => [name, fs.readFileSync(path.join(directory, name), 'utf8')]));
}

function copy(container: Container, file: string, value: string): void {
  try {
    fs.writeFileSync(path.join(cgroupOf(container), file), value);
  } catch {
    // cgroup.type and the like.
  }
}

function filesOf(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  return fs.readdirSync(directory).flatMap((fd) => {
    try {
      return [fs.readlinkSync(`${directory}/${fd}`)];
    } catch {
      return [];
    }
  });
}
