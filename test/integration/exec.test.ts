import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Container } from './support/container.ts';
import { cgroup2Mount, cgroupsNamed, childrenOf, isAlive, linkOf, slurp, statusField } from './support/host.ts';
import type { Json, Patch } from './support/json.ts';
import { type Outcome, ok, type RunOptions, testTsrunc, transcript } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { until } from './support/wait.ts';

const box = sandbox('execute');

/** One container for all tests that leave it as it was. */
let shared: Container;
beforeAll(() => {
  shared = idle();
});

function idle(patch: Patch = {}, ownRootfs = false): Container {
  const id = box.id();
  const cgroupsPath = { '/linux/cgroupsPath': `/${id}` };
  return box.create({ id, script: 'exec sleep 1000', patch: { ...cgroupsPath, ...patch }, ownRootfs }).start();
}

function exec(container: Container, words: readonly string[], options: RunOptions = {}): Outcome {
  const at = words.indexOf('ID');
  const args = at < 0 ? [container.id, ...words] : words.map((word) => (word === 'ID' ? container.id : word));
  return container.call(['exec', ...args], options);
}

/** Demands exit status 255 and nothing but one line with `text` on standard error, apart from the quotes' escapes. */
function failed(outcome: Outcome, text: RegExp, status = 255): void {
  const lines = outcome.stderr.split('\n').filter((line) => line !== '');
  if (outcome.status === status && lines.length === 1 && text.test(outcome.stderr.replaceAll('\\"', '"'))) return;
  throw new Error(`expected exit status ${status} and one line with ${text}\n${transcript(outcome)}`);
}

function processFile(members: { [member: string]: Json }): string {
  const file = path.join(box.scratch(), 'process.json');
  const process = { user: { uid: 0, gid: 0 }, cwd: '/', env: ['PATH=/bin'], args: ['true'] };
  fs.writeFileSync(file, JSON.stringify({ ...process, ...members }));
  return file;
}

describe('the exit status', () => {
  test.each([0, 1, 3, 126, 127, 255])('is that of the process: %i', (status) => {
    expect(exec(shared, ['sh', '-c', `exit ${status}`])).toMatchObject({ status, stdout: '', stderr: '' });
  });

  test.each([
    ['KILL', 137],
    ['TERM', 143],
    ['SEGV', 139],
    ['USR1', 138],
  ])('is 128 and the number of the signal that killed it: %s', (signal, status) => {
    expect(exec(shared, ['sh', '-c', `kill -${signal} $$`])).toMatchObject({ status, stderr: '' });
  });

  test('is 137 when the container is killed meanwhile', async () => {
    const container = idle();
    const running = box.begin(['exec', container.id, 'sh', '-c', 'touch /dev/shm/here; exec sleep 100']);
    await until('it runs', () => fs.existsSync(`/proc/${container.pid}/root/dev/shm/here`));
    container.kill();
    expect(await running.done).toMatchObject({ status: 137, stderr: '' });
  });
});

interface Refusal {
  readonly words: readonly string[];
  readonly says: RegExp;
  readonly status?: number;
}

describe('what cannot be done is told in one line', () => {
  test.each<[string, Refusal]>([
    ['no command', { words: ['ID'], says: /args cannot be empty/ }],
    [
      'a program that is not there',
      { words: ['ID', 'nosuch'], says: /exec: "nosuch": executable file not found in \$PATH/ },
    ],
    ['a path that is not there', { words: ['ID', '/no/such'], says: /stat \/no\/such: no such file or directory/ }],
    ['a directory', { words: ['ID', '/etc'], says: /is a directory|permission denied/ }],
    ['a file that is no program', { words: ['ID', '/etc/passwd'], says: /permission denied/ }],
    ['a PATH that leads nowhere', { words: ['-e', 'PATH=/no', 'ID', 'sh'], says: /not found in \$PATH/ }],
    [
      'a directory that is not there',
      { words: ['--cwd', '/no', 'ID', 'true'], says: /chdir.*no such file or directory/ },
    ],
    ['a relative directory', { words: ['--cwd', 'tmp', 'ID', 'true'], says: /must be (an )?absolute/ }],
    ['a directory in another', { words: ['--cwd', '/etc/passwd', 'ID', 'true'], says: /chdir.*not a directory/ }],
    ['a variable without a name', { words: ['-e', '=1', 'ID', 'true'], says: /name/ }],
    [
      'a variable without a value',
      { words: ['-e', 'A', 'ID', 'true'], says: /NAME=value|invalid environment variable/ },
    ],
    ['a user by name', { words: ['-u', 'root', 'ID', 'true'], says: /parsing "?root"? as int for uid failed/ }],
    ['a group by name', { words: ['-u', '0:root', 'ID', 'true'], says: /parsing "?root"? as int for gid failed/ }],
    ['a user without a group after the colon', { words: ['-u', '0:', 'ID', 'true'], says: /as int for gid failed/ }],
    ['a negative user', { words: ['-u', '-1', 'ID', 'true'], says: /uid/ }],
    ['a negative group', { words: ['-g', '-1', 'ID', 'true'], says: /additional-gids/ }],
    ['a process file that is not there', { words: ['-p', '/no', 'ID'], says: /no such file or directory/ }],
    ['a cgroup that is not there', { words: ['--cgroup', 'no', 'ID', 'true'], says: /no such file or directory/ }],
    ['a cgroup above', { words: ['--cgroup', '..', 'ID', 'true'], says: /\.\. is not a sub cgroup path/ }],
    ['a cgroup beside', { words: ['--cgroup', '../other', 'ID', 'true'], says: /is not a sub cgroup path/ }],
  ])('%s', (_, { words, says, status }) => failed(exec(shared, words), says, status));

  testTsrunc.each<[string, Refusal]>([
    ['an ID with a sign', { words: ['-u', '+1', 'ID', 'true'], says: /parsing "\+1" as int for uid failed/ }],
    ['an ID that is none', { words: ['-u', '4294967295', 'ID', 'true'], says: /as int for uid failed/ }],
    ['a hexadecimal ID', { words: ['-u', '0x0', 'ID', 'true'], says: /as int for uid failed/ }],
    ['a controller', { words: ['--cgroup', 'memory:a', 'ID', 'true'], says: /unknown controller memory/ }],
    ['two cgroups', { words: ['--cgroup', 'a', '--cgroup', 'b', 'ID', 'true'], says: /--cgroup can be given once/ }],
    [
      'descriptors that are not there',
      { words: ['--preserve-fds', '2', 'ID', 'true'], says: /preserved-fd 0 \(of 2\)/ },
    ],
    ['a profile without AppArmor', { words: ['--apparmor', 'x', 'ID', 'true'], says: /apparmor/i }],
    ['a label without SELinux', { words: ['--process-label', 'x', 'ID', 'true'], says: /selinux/i }],
    ['a directory through a descriptor', { words: ['--cwd', '/proc/self/fd/3', 'ID', 'true'], says: /chdir/ }],
  ])('%s', (_, { words, says, status }) => failed(exec(shared, words), says, status));

  test('a container that is not there', () => {
    failed(box.runtime(['exec', 'nosuch', 'true']), /container does not exist/);
  });

  test('a process file that is no JSON', () => {
    const file = path.join(box.scratch(), 'process.json');
    fs.writeFileSync(file, '{"args": [');
    failed(exec(shared, ['-p', file, 'ID']), /process\.json|unexpected/i);
  });

  testTsrunc('all that is wrong with a process file, with its places', () => {
    const file = processFile({
      cwd: 'tmp',
      args: ['true', 5],
      env: ['A'],
      rlimits: [{ type: 'RLIMIT_X', hard: 1, soft: 2 }],
    });
    const outcome = exec(shared, ['-p', file, 'ID']);
    for (const says of [
      /1:\d+: \/cwd: must be absolute/,
      / \/args\/1: must be/,
      / \/env\/0: /,
      / \/rlimits\/0\/type: /,
    ])
      failed(outcome, says);
  });

  testTsrunc('options that are none: usage, exit status 1', () => {
    expect(exec(shared, ['--nosuch', 'ID', 'true']).status).toBe(1);
    expect(shared.call(['exec']).status).toBe(1);
  });

  testTsrunc('the log gets one line, an error', () => {
    const { log } = exec(shared, ['nosuch'], { log: true });
    expect(log.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(log)).toMatchObject({ level: 'error', msg: expect.stringMatching(/^exec failed: /) });
  });
});

describe('the command line', () => {
  test('leaves the options behind the ID to the command', () => {
    expect(ok(exec(shared, ['echo', '-e', '--cwd', '-d'])).stdout).toMatch(/--cwd -d\n$/);
  });

  testTsrunc('may have two dashes before the command', () => {
    expect(ok(exec(shared, ['--', 'echo', 'here'])).stdout).toBe('here\n');
  });
});

describe('streams', () => {
  test('both outputs come through, byte for byte', () => {
    const outcome = exec(shared, ['sh', '-c', 'printf "a\\0b\\n"; printf "c\\r\\n" >&2']);
    expect(outcome).toMatchObject({ status: 0, stdout: 'a\0b\n', stderr: 'c\r\n' });
  });

  test('standard input comes through to its end', () => {
    const input = path.join(box.scratch(), 'input');
    fs.writeFileSync(input, 'x'.repeat(300_000));
    const files = [fs.openSync(input, 'r'), fs.openSync(`${input}.out`, 'w')] as const;
    ok(exec(shared, ['cat'], { stdio: [...files, 'ignore'] }));
    expect(fs.readFileSync(`${input}.out`).equals(fs.readFileSync(input))).toBe(true);
    for (const fd of files) fs.closeSync(fd);
  });
});

test.each(['TERM', 'HUP', 'INT', 'USR1', 'QUIT'] as const)('SIG%s is forwarded', async (signal) => {
  const script = `trap "echo got ${signal}; exit 9" ${signal}; echo ready; while :; do sleep 0.05; done`;
  const running = box.begin(['exec', shared.id, 'sh', '-c', script]);
  const output = path.join(box.dir, 'io');
  const file = fs
    .readdirSync(output)
    .filter((name) => name.endsWith('.out'))
    .map((name) => path.join(output, name));
  const last = file.sort((a, b) => Number(path.parse(a).name) - Number(path.parse(b).name)).at(-1) ?? '';
  await until('the trap is set', () => slurp(last) === 'ready\n');
  process.kill(running.pid, `SIG${signal}`);
  expect(await running.done).toMatchObject({ status: 9, stdout: `ready\ngot ${signal}\n` });
});

describe('--detach', () => {
  test('returns while the process runs, whose PID is in the file', async () => {
    const file = path.join(box.scratch(), 'pid');
    ok(exec(shared, ['-d', '--pid-file', file, 'ID', 'sleep', '777']));
    const text = fs.readFileSync(file, 'utf8');
    expect(text).toMatch(/^\d+$/);
    const pid = Number(text);
    expect(slurp(`/proc/${pid}/cmdline`)).toBe('sleep\u0000777\u0000');
    expect(linkOf(`/proc/${pid}/ns/pid`)).toBe(linkOf(`/proc/${shared.pid}/ns/pid`));
    process.kill(pid, 'SIGKILL');
    await until('it is gone', () => !isAlive(pid));
  });

  test('writes the file also for a process that has ended by then', () => {
    const file = path.join(box.scratch(), 'pid');
    ok(exec(shared, ['-d', '--pid-file', file, 'ID', 'true']));
    expect(fs.readFileSync(file, 'utf8')).toMatch(/^\d+$/);
  });

  test('fails if the program cannot be executed, and leaves no file', () => {
    const file = path.join(box.scratch(), 'pid');
    failed(exec(shared, ['-d', '--pid-file', file, 'ID', '/etc/passwd']), /permission denied/);
    expect(fs.existsSync(file)).toBe(false);
  });

  test('leaves no process where the PID file cannot be written', async () => {
    const container = idle();
    expect(exec(container, ['-d', '--pid-file', '/no/such/pid', 'ID', 'sleep', '778']).status).toBe(255);
    await until('nothing but init is there', () => processesIn(container).length === 1);
  });
});

/** In its cgroup. */
function processesIn({ id }: Container): number[] {
  return cgroupsNamed(id)
    .filter((directory) => directory.startsWith(`${cgroup2Mount()}/`))
    .flatMap((directory) => slurp(`${directory}/cgroup.procs`).split('\n').filter(Boolean).map(Number));
}

describe('a container', () => {
  test('that is created can be entered', () => {
    const container = box.create({ script: 'exec sleep 100' });
    expect(ok(exec(container, ['sh', '-c', 'echo in $HOSTNAME; cat /proc/sys/kernel/hostname'])).stdout).toContain(
      'runc\n',
    );
    expect(container.state().status).toBe('created');
    container.start();
  });

  test('that is stopped cannot', async () => {
    const container = idle();
    container.kill();
    await container.stopped();
    failed(exec(container, ['true']), /cannot exec in a (container that has )?stopped( container)?/);
  });

  test('that is paused cannot, unless that is asked for', async () => {
    const container = idle();
    ok(container.call(['pause', container.id]));
    failed(exec(container, ['true']), /cannot exec in a paused container \(use --ignore-paused to override\)/);
    const running = box.begin(['exec', '--ignore-paused', container.id, 'echo', 'awake']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isAlive(running.pid)).toBe(true);
    ok(container.call(['resume', container.id]));
    expect(await running.done).toMatchObject({ status: 0, stdout: 'awake\n' });
  });

  testTsrunc('has the configuration that it was created with, whatever became of the bundle', () => {
    const bundle = box.bundle({ script: 'exec sleep 100' });
    const container = box.create({ bundle }).start();
    const file = path.join(bundle, 'config.json');
    fs.writeFileSync(file, slurp(file).replace('TERM=xterm', 'TERM=changed'));
    expect(ok(exec(container, ['sh', '-c', 'echo $TERM'])).stdout).toBe('xterm\n');
    fs.rmSync(file);
    expect(ok(exec(container, ['sh', '-c', 'echo $TERM'])).stdout).toBe('xterm\n');
  });

  test.each<[string, Patch]>([
    ['without a namespace but that of mounts', { '/linux/namespaces': [{ type: 'mount' }], '/hostname': undefined }],
    ['with a cgroup namespace', { '/linux/namespaces/-': [{ type: 'cgroup' }] }],
    [
      'with a user namespace',
      {
        '/linux/namespaces/-': [{ type: 'user' }],
        '/linux/uidMappings': [{ containerID: 0, hostID: 100000, size: 65536 }],
        '/linux/gidMappings': [{ containerID: 0, hostID: 100000, size: 65536 }],
      },
    ],
  ])('%s: a process of it has its namespaces and its root', async (_, patch) => {
    const container = idle(patch);
    const file = path.join(box.scratch(), 'pid');
    ok(exec(container, ['-d', '--pid-file', file, 'ID', 'sleep', '100']));
    const pid = Number(fs.readFileSync(file, 'utf8'));
    const namespacesOf = (process: number) =>
      fs.readdirSync(`/proc/${process}/ns`).map((name) => linkOf(`/proc/${process}/ns/${name}`));
    expect(namespacesOf(pid)).toEqual(namespacesOf(container.pid));
    const rootOf = (process: number) => fs.statSync(`/proc/${process}/root/.`, { bigint: true }).ino;
    expect(rootOf(pid)).toBe(rootOf(container.pid));
    expect(slurp(`/proc/${pid}/cgroup`)).toBe(slurp(`/proc/${container.pid}/cgroup`));
    expect(statusField(pid, 'Uid')).toBe(statusField(container.pid, 'Uid'));
    container.delete('--force');
    // Where the death of init does not take it along.
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });

  testTsrunc('without a mount namespace: a process of it has its root', () => {
    const container = idle(
      {
        '/linux/namespaces': [{ type: 'pid' }],
        '/mounts': [],
        '/hostname': undefined,
        '/linux/maskedPaths': [],
        '/linux/readonlyPaths': [],
        '/root/readonly': false,
      },
      true,
    );
    expect(ok(exec(container, ['pwd'])).stdout).toBe('/\n');
    expect(ok(exec(container, ['ls', '/home'])).stdout).toBe('user\n');
  });

  testTsrunc('with a time namespace: a process of it has its clock', () => {
    const container = idle({
      '/linux/namespaces/-': [{ type: 'time' }],
      '/linux/timeOffsets': { boottime: { secs: 1_000_000_000, nanosecs: 0 } },
    });
    expect(Number(ok(exec(container, ['cat', '/proc/uptime'])).stdout.split('.')[0])).toBeGreaterThan(1_000_000_000);
  });
});

describe('the cgroup', () => {
  testTsrunc('may be one below the container’s', () => {
    const container = idle();
    const below = `${cgroup2Mount()}/${container.id}/below`;
    fs.mkdirSync(below);
    expect(ok(exec(container, ['--cgroup', 'below', 'ID', 'cat', '/proc/self/cgroup'])).stdout).toContain(
      `0::/${container.id}/below\n`,
    );
    expect(ok(exec(container, ['--cgroup', '/below/../below/', 'ID', 'cat', '/proc/self/cgroup'])).stdout).toContain(
      '/below\n',
    );
    fs.rmdirSync(below);
  });

  testTsrunc('is init’s where that has moved and the container’s own cannot hold processes', () => {
    const controllers = slurp(`${cgroup2Mount()}/cgroup.controllers`).trim().split(' ');
    const container = idle();
    const own = `${cgroup2Mount()}/${container.id}`;
    fs.mkdirSync(`${own}/init`);
    fs.writeFileSync(`${own}/init/cgroup.procs`, String(container.pid));
    fs.writeFileSync(`${own}/cgroup.subtree_control`, `+${controllers[0]}`);
    expect(ok(exec(container, ['cat', '/proc/self/cgroup'])).stdout).toContain(`0::/${container.id}/init\n`);
    failed(exec(container, ['--cgroup', '/', 'ID', 'true']), /cannot hold processes|busy/);
  });
});

testTsrunc('scheduler, I/O priority and CPU affinity of a process file', () => {
  const status = (members: { [member: string]: Json }, script: string) =>
    ok(exec(shared, ['-p', processFile({ ...members, args: ['sh', '-c', script] }), 'ID'])).stdout;
  const policy = `set -- $(cat /proc/self/stat); echo \${41} \${40} \${19}`;
  expect(status({ scheduler: { policy: 'SCHED_FIFO', priority: 7 } }, policy)).toBe('1 7 0\n');
  expect(status({ scheduler: { policy: 'SCHED_BATCH', nice: 4 } }, policy)).toBe('3 0 4\n');
  const allowed = 'grep Cpus_allowed_list /proc/self/status';
  expect(status({ execCPUAffinity: { final: '0' } }, allowed)).toMatch(/\t0\n$/);
  expect(status({ execCPUAffinity: { initial: '0' } }, allowed)).toMatch(/\t0\n$/);
});

testTsrunc('nothing is left of an exec whose runtime is killed', async () => {
  const container = idle();
  for (const delay of [0, 30, 60, 70, 80, 90, 100, 120]) {
    const running = box.begin(['exec', container.id, 'true']);
    await new Promise((resolve) => setTimeout(resolve, delay));
    const stubs = childrenOf(running.pid);
    running.child.kill('SIGKILL');
    await running.done;
    await until('its stubs are gone', () => stubs.every((pid) => !isAlive(pid)));
  }
  await until('nothing but init is there', () => processesIn(container).length === 1);
});
