import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { makeImage } from '../../clients/support/image.ts';
import { slurp, which } from '../../integration/support/host.ts';
import { isTsrunc, RUNTIME } from '../../integration/support/runtime.ts';
import { sandbox } from '../../integration/support/sandbox.ts';
import { until } from '../../integration/support/wait.ts';

/**
 * The limits that users of Docker and containerd set, where the kernel has controllers for them: test/clients has the
 * rest. One daemon serves both: dockerd's own containerd.
 */
const box = sandbox('docker');
const PROGRAMS = ['dockerd', 'docker', 'docker-init', 'containerd', 'containerd-shim-runc-v2', 'ctr'];
const isInstalled = PROGRAMS.every((program) => which(program) !== undefined);
const testDocker = isInstalled ? test : test.skip;
/** A container of Docker's takes several seconds here. */
const inFull = isInstalled && process.env['TSRUNC_FULL'] === '1' ? test : test.skip;
const CONTAINERD = '/run/docker/containerd/containerd.sock';
/** Outside the sandbox: the machine ends after these, and nobody waits until the daemons have. */
const DATA = '/tmp/docker';
const MiB = 1 << 20;
const CGROUPS = '/sys/fs/cgroup';
/** Docker limits swap only if there is a limit of swap for itself, which the root of the hierarchy has not. */
const OWN_CGROUP = path.join(CGROUPS, 'dockerd');

let daemon: ChildProcess | undefined;
/** For ctr, which takes a directory as well: an import costs seconds. */
let rootfs = '';

beforeAll(async () => {
  if (!isInstalled) return;
  const image = path.join(box.dir, 'image.tar');
  const scratch = box.scratch();
  makeImage(which('busybox') ?? '', scratch, image);
  rootfs = path.join(scratch, 'rootfs');
  const log = '/tmp/dockerd.log';
  const output = fs.openSync(log, 'a');
  fs.writeFileSync(path.join(CGROUPS, 'cgroup.subtree_control'), '+memory');
  fs.mkdirSync(OWN_CGROUP);
  const enter = ['-c', `echo 0 > ${OWN_CGROUP}/cgroup.procs; exec dockerd "$@"`, 'sh'];
  daemon = spawn('sh', [...enter, ...daemonArguments()], { stdio: ['ignore', output, output] });
  fs.closeSync(output);
  try {
    await until('dockerd answers', () => fs.existsSync('/run/docker.sock') && docker('version').status === 0, 60);
  } catch (error) {
    throw new Error(`${String(error)}\n${slurp(log)}`);
  }
  expect(docker('load', '--quiet', '--input', image)).toMatchObject({ status: 0 });
});

afterEach(() => {
  docker('rm', '--force', 'one');
});

afterAll(async () => {
  if (daemon === undefined) return;
  // Its containerd ends with it.
  daemon.kill('SIGKILL');
  await until('dockerd has ended', () => daemon?.signalCode !== null, 5);
});

inFull('docker run: limits of memory, CPU and processes are those of the cgroup', () => {
  const files = ['memory.max', 'cpu.max', 'pids.max'].map((file) => `/sys/fs/cgroup/${file}`);
  const limits = ['--memory', '32m', '--cpus', '0.5', '--pids-limit', '50'];
  const result = docker('run', '--rm', ...limits, 'busybox:test', 'cat', ...files);
  expect(result).toMatchObject({ status: 0, stdout: '33554432\n50000 100000\n50\n' });
});

testDocker('docker stats, docker update: the numbers of the cgroup, and other limits while it runs', () => {
  const first = ['--memory', '32m', '--cpus', '0.5', '--pids-limit', '50'];
  const { stdout: id } = docker('run', '-d', '--name', 'one', ...first, 'busybox:test', 'sleep', '600');
  const cgroup = `docker/${id.trim()}`;
  expect(limitsOf(cgroup)).toEqual(['33554432', '50000 100000', '50']);
  const stats = docker('stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}} {{.MemUsage}}', 'one');
  expect(stats.stdout).toMatch(/^one 1 [1-9]\S+B \/ 32MiB/);
  const others = ['--memory', '64m', '--memory-swap', '64m', '--cpus', '0.25', '--pids-limit', '60'];
  expect(docker('update', ...others, 'one')).toMatchObject({ status: 0 });
  expect(limitsOf(cgroup)).toEqual(['67108864', '25000 100000', '60']);
});

inFull('docker run: one process too many is refused to the container', () => {
  const script = 'sleep 9 & sleep 9 & sleep 9';
  const result = docker('run', '--rm', '--pids-limit', '2', 'busybox:test', 'sh', '-c', script);
  expect(result.stderr).toMatch(/can't fork: Resource temporarily unavailable/);
});

inFull('docker run: a CPU quota slows it down', () => {
  const script = 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; cat /sys/fs/cgroup/cpu.stat';
  const { stdout } = docker('run', '--rm', '--cpus', '0.1', 'busybox:test', 'sh', '-c', script);
  expect(Number(/nr_throttled (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(0);
});

inFull('docker run: who takes more memory than there is is killed', () => {
  const limits = ['--memory', '16m', '--memory-swap', '16m'];
  const result = docker('run', '--rm', ...limits, 'busybox:test', 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M');
  expect(result).toMatchObject({ status: 137, stderr: '' });
});

inFull('ctr run, ctr task metrics: limits and numbers of the cgroup', () => {
  const limits = ['--memory-limit', String(32 * MiB), '--cpus', '0.5'];
  expect(run('-d', ...limits, rootfs, 'one', '/bin/sleep', '600')).toMatchObject({ status: 0, stderr: '' });
  expect(limitsOf('default/one')).toEqual(['33554432', '50000 100000', 'max']);
  const { stdout } = ctr('task', 'metrics', 'one');
  expect(stdout).toMatch(/^pids\.current +1 *$/m);
  expect(stdout).toMatch(/^memory\.usage +[1-9]\d+ *$/m);
  ctr('task', 'delete', '--force', 'one');
  ctr('container', 'delete', 'one');
});

testDocker('ctr run: too little memory to begin with is said in the words of the runtime', () => {
  const { status, stderr } = run('--rm', '--memory-limit', '16384', rootfs, 'tiny', '/bin/true');
  expect(status).not.toBe(0);
  expect(stderr).toMatch(isTsrunc ? /OOM-killed.*memory\.max is 16384/ : /memory|OOM/i);
});

/** ctr does not let its containers see them. */
function limitsOf(cgroup: string): string[] {
  return ['memory.max', 'cpu.max', 'pids.max'].map((file) => slurp(path.join(CGROUPS, cgroup, file)).trim());
}

function daemonArguments(): string[] {
  return [
    ...['--data-root', DATA, '--storage-driver', 'vfs'],
    ...[
      '--add-runtime',
      `tested=${RUNTIME}`,
      '--default-runtime',
      'tested',
      '--exec-opt',
      'native.cgroupdriver=cgroupfs',
    ],
    ...['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--log-level', 'warn'],
  ];
}

function docker(...args: readonly string[]) {
  return call('docker', args);
}

function ctr(...args: readonly string[]) {
  return call('ctr', ['--address', CONTAINERD, ...args]);
}

function run(...args: readonly string[]) {
  return ctr('run', '--rootfs', '--runc-binary', RUNTIME, ...args);
}

function call(program: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  return { status, stdout, stderr };
}
