import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Kubelet } from '../../clients/cri/kubelet.ts';
import { ContainerStats } from '../../clients/cri/messages.ts';
import { makePodImage } from '../../clients/cri/pod-image.ts';
import { IMAGE } from '../../clients/support/image.ts';
import { slurp, which } from '../../integration/support/host.ts';
import { RUNTIME } from '../../integration/support/runtime.ts';
import { sandbox } from '../../integration/support/sandbox.ts';
import { until } from '../../integration/support/wait.ts';

/** The limits of pods, where the kernel has controllers for them: test/clients/cri has the rest. */
const box = sandbox('kubernetes');
const PROGRAMS = ['containerd', 'ctr', 'containerd-shim-runc-v2'];
const isInstalled = PROGRAMS.every((program) => which(program) !== undefined);
const testPods = isInstalled ? test : test.skip;
/** A pod takes many seconds here. */
const inFull = isInstalled && process.env['TSRUNC_FULL'] === '1' ? test : test.skip;
const CRI = 'plugins."io.containerd.grpc.v1.cri"';
/** There is no overlayfs. */
const CONFIGURATION = `
version = 2
root = "/tmp/containerd"
[${CRI}]
  sandbox_image = "${IMAGE}"
[${CRI}.containerd]
  snapshotter = "native"
  default_runtime_name = "tested"
[${CRI}.containerd.runtimes.tested]
  runtime_type = "io.containerd.runc.v2"
[${CRI}.containerd.runtimes.tested.options]
  BinaryName = "${RUNTIME}"
`;
/** Outside the sandbox: the daemon ends after it. */
const CONFIGURATION_FILE = '/tmp/containerd.toml';
const CGROUPS = '/sys/fs/cgroup';
const OWN_CGROUP = path.join(CGROUPS, 'containerd');
const MiB = 1 << 20;
const FILES = ['memory.max', 'cpu.max', 'cpu.weight', 'pids.max'];
const RESOURCES = {
  memory_limit_in_bytes: 64 * MiB,
  cpu_period: 100_000,
  cpu_quota: 50_000,
  cpu_shares: 512,
  unified: [{ key: 'pids.max', value: '50' }],
};

const kubelet = new Kubelet({ pathOf: (file) => file, shell: async (command) => call('sh', '-c', command) }, 'tested');
let daemon: ChildProcess | undefined;

beforeAll(async () => {
  if (!isInstalled) return;
  const image = path.join(box.dir, 'pods.tar');
  makePodImage(image);
  fs.writeFileSync(CONFIGURATION_FILE, CONFIGURATION);
  const log = '/tmp/containerd.log';
  const output = fs.openSync(log, 'a');
  fs.mkdirSync(OWN_CGROUP);
  const line = `echo 0 > ${OWN_CGROUP}/cgroup.procs; exec containerd --config ${CONFIGURATION_FILE}`;
  daemon = spawn('sh', ['-c', line], { stdio: ['ignore', output, output] });
  fs.closeSync(output);
  try {
    await until('containerd answers', () => call('ctr', 'version').status === 0, 30);
    expect(call('ctr', '-n', 'k8s.io', 'image', 'import', '--snapshotter', 'native', image)).toMatchObject({
      status: 0,
    });
    await kubelet.ready();
  } catch (error) {
    throw new Error(`${String(error)}\n${slurp(log)}`);
  }
});

afterEach(async () => {
  await kubelet.clear();
});

afterAll(async () => {
  if (daemon === undefined) return;
  daemon.kill('SIGKILL');
  await until('containerd has ended', () => daemon?.signalCode !== null, 5);
});

testPods('limits of a container, below the pod’s cgroup; other ones while it runs; what it has used', async () => {
  const pod = await kubelet.pod({ linux: { cgroup_parent: '/kubepods/burstable/pod1' } });
  const container = await pod.start({ command: ['sleep', '600'], linux: { resources: RESOURCES } });
  expect(limitsOf(`kubepods/burstable/pod1/${container.id}`)).toEqual([
    '67108864',
    '50000 100000',
    weight(20, 59),
    '50',
  ]);
  await container.update({
    memory_limit_in_bytes: 128 * MiB,
    cpu_period: 100_000,
    cpu_quota: 25_000,
    cpu_shares: 1024,
  });
  expect(limitsOf(`kubepods/burstable/pod1/${container.id}`)).toEqual([
    '134217728',
    '25000 100000',
    weight(39, 100),
    '50',
  ]);
  const { stats } = await kubelet.call(ContainerStats, { container_id: container.id });
  expect(stats?.cpu?.usage_core_nano_seconds?.value).toBeGreaterThan(0);
  expect(stats?.memory?.working_set_bytes?.value).toBeGreaterThan(0);
});

inFull('OOMKilled: who takes more memory than there is', async () => {
  const pod = await kubelet.pod();
  const linux = { resources: { memory_limit_in_bytes: 16 * MiB } };
  const outcome = await pod.run({ command: ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M'], linux });
  expect(outcome).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
});

inFull('what holds a pod has the smallest share, and is the last to be killed', async () => {
  const { id } = await kubelet.pod({ linux: { cgroup_parent: '/kubepods/pod2' } });
  const cgroup = path.join(CGROUPS, 'kubepods/pod2', id);
  const [pid] = slurp(path.join(cgroup, 'cgroup.procs')).split('\n');
  expect(slurp(path.join(cgroup, 'cpu.weight')).trim()).toBe('1');
  expect(slurp(`/proc/${pid}/oom_score_adj`).trim()).toBe('-998');
});

/** What becomes of shares: in runc before 1.3.2, and since. */
function weight(before: number, since: number): unknown {
  return expect.stringMatching(new RegExp(`^(${before}|${since})$`));
}

function limitsOf(cgroup: string): string[] {
  return FILES.map((file) => slurp(path.join(CGROUPS, cgroup, file)).trim());
}

function call(program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  return { status, stdout, stderr };
}
