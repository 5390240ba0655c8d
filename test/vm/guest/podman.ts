import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { IMAGE, makeImage } from '../../clients/support/image.ts';
import { which } from '../../integration/support/host.ts';
import { RUNTIME } from '../../integration/support/runtime.ts';
import { sandbox } from '../../integration/support/sandbox.ts';

const box = sandbox('podman');
const testPodman = ['podman', 'conmon'].every((program) => which(program) !== undefined) ? test : test.skip;

/** The limits that users of podman set, where the kernel has controllers for them: test/clients has the rest. */
beforeAll(() => {
  if (which('podman') === undefined) return;
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/var/lib/containers']);
  makeImage(which('busybox') ?? '', box.scratch(), path.join(box.dir, 'image.tar'));
  const lines = ['[engine]', 'runtime = "tsrunc"', 'runtime_supports_json = ["tsrunc"]', 'events_logger = "file"'];
  // No network of its own: the machine has none, and /etc is read-only.
  const network = ['[containers]', 'netns = "none"', '[network]', `network_config_dir = "${box.dir}"`];
  fs.writeFileSync(
    path.join(box.dir, 'containers.conf'),
    [...lines, '[engine.runtimes]', `tsrunc = ["${RUNTIME}"]`, ...network, ''].join('\n'),
  );
  expect(podman('load', '--quiet', '--input', path.join(box.dir, 'image.tar'))).toMatchObject({
    status: 0,
    stderr: '',
  });
});

afterEach(() => {
  podman('rm', '--all', '--force', '--time', '0');
});

afterAll(() => {
  if (which('podman') === undefined) return;
  execFileSync('umount', ['-l', '/var/lib/containers']);
});

testPodman('limits of memory, CPU and processes are those of the cgroup', () => {
  const files = ['memory.max', 'cpu.max', 'pids.max'].map((file) => `/sys/fs/cgroup/${file}`);
  const limits = ['--memory', '32m', '--cpus', '0.5', '--pids-limit', '50'];
  const result = podman('run', '--rm', ...limits, IMAGE, 'cat', ...files);
  expect(result).toMatchObject({ status: 0, stdout: '33554432\n50000 100000\n50\n' });
});

testPodman('without a limit there is the one of podman, for processes', () => {
  const result = podman('run', '--rm', IMAGE, 'cat', '/sys/fs/cgroup/pids.max');
  expect(result).toMatchObject({ status: 0, stdout: '2048\n' });
});

testPodman('who takes more memory than there is is killed', () => {
  const result = podman('run', '--rm', '--memory', '16m', IMAGE, 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M');
  expect(result).toMatchObject({ status: 137 });
});

testPodman('too little memory to begin with is said', () => {
  const { status, stderr } = podman('run', '--rm', '--memory', '4096', IMAGE, 'true');
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/memory|OOM/i);
});

testPodman('a limit is changed while it runs; stats count its processes', () => {
  podman('run', '-d', '--name', 'one', '--memory', '32m', IMAGE, 'sleep', '600');
  expect(podman('update', '--memory', '64m', 'one')).toMatchObject({ status: 0 });
  expect(podman('exec', 'one', 'cat', '/sys/fs/cgroup/memory.max')).toMatchObject({ stdout: '67108864\n' });
  const { stdout } = podman('stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}} {{.MemUsage}}', 'one');
  expect(stdout).toMatch(/^one 1 \d\S+B \/ \d+/);
});

function podman(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    'podman',
    ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', ...args],
    {
      encoding: 'utf8',
      timeout: 120_000,
      env: { ...process.env, CONTAINERS_CONF: path.join(box.dir, 'containers.conf') },
    },
  );
  return { status, stdout, stderr };
}
