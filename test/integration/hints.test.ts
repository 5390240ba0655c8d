import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cgroup2Mount } from './support/host.ts';
import type { Patch } from './support/json.ts';
import { invoke, type Outcome, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { hold, user } from './support/user.ts';

/** Where an errno misleads, the line says what to look at: each of these causes is brought about here. */
const box = sandbox('hints');

beforeAll(() => {
  fs.mkdirSync(box.root);
  fs.chmodSync(box.root, 0o1777);
});

const SCHEDULER = { policy: 'SCHED_FIFO', priority: 1 };
const MAPPED: Patch = {
  '/linux/uidMappings': [{ containerID: 0, hostID: 100_000, size: 65_536 }],
  '/linux/gidMappings': [{ containerID: 0, hostID: 100_000, size: 65_536 }],
};
const cases: readonly [string, Patch, string][] = [
  [
    'a file on a directory',
    { '/mounts/-': [{ destination: '/tmp', type: 'bind', source: '/etc/passwd', options: ['bind'] }] },
    'a file cannot be mounted on a directory, nor a directory on what is not a directory',
  ],
  [
    'a node of memory that is not there',
    { '/linux/memoryPolicy': { mode: 'MPOL_BIND', nodes: '63' } },
    'are the nodes there, and does this kernel know the mode?',
  ],
  [
    'a source that is not there',
    { '/mounts/-': [{ destination: '/tmp', type: 'bind', source: '/nonexistent', options: ['bind'] }] },
    'does /nonexistent exist?',
  ],
  [
    'a remount where nothing is mounted',
    { '/mounts/-': [{ destination: '/tmp', type: 'none', source: 'none', options: ['remount', 'ro'] }] },
    'is anything mounted on /tmp?',
  ],
  [
    'a user namespace without a mount namespace',
    {
      ...MAPPED,
      '/linux/namespaces': [{ type: 'user' }, { type: 'pid' }, { type: 'uts' }],
      '/linux/maskedPaths': [],
      '/linux/readonlyPaths': [],
      '/root/readonly': false,
    },
    'a container with a user namespace needs a mount namespace too',
  ],
  [
    'a procfs without a PID namespace',
    { ...MAPPED, '/linux/namespaces': [{ type: 'user' }, { type: 'mount' }, { type: 'network' }, { type: 'uts' }] },
    'a procfs takes a PID namespace of the container’s own',
  ],
  [
    'a group that is not mapped',
    {
      ...MAPPED,
      '/linux/namespaces/-': [{ type: 'user' }],
      '/mounts/-': [{ destination: '/tmp', type: 'devpts', source: 'devpts', options: ['newinstance', 'gid=99999'] }],
    },
    'is the gid of gid= mapped in the user namespace?',
  ],
  [
    'a bandwidth for deadlines that the machine has not',
    { '/process/scheduler': { policy: 'SCHED_DEADLINE', runtime: 0, deadline: 10_000_000, period: 1_000_000 } },
    'does this kernel know all of the flags and values?',
  ],
  [
    'an idmap option of another form',
    { '/mounts/-': [{ destination: '/tmp', type: 'bind', source: '/tmp', options: ['bind', 'idmap=uids=x'] }] },
    'the form is uids=FIRST-AS-COUNT#…;gids=…',
  ],
  [
    'the mount namespace of the runtime',
    { '/linux/namespaces': [{ type: 'mount', path: '/proc/self/ns/mnt' }, { type: 'pid' }, { type: 'uts' }] },
    'its root would become the rootfs: leave the namespace out to share those mounts',
  ],
  ['no resctrl', { '/linux/intelRdt': { closID: 'x' } }, 'the CPU and the kernel must have it, and resctrl be mounted'],
];

testTsrunc.each(cases)('create: %s', (_, patch, hint) => {
  const bundle = box.bundle({ ownRootfs: true, patch });
  refused(box.runtime(['create', '--bundle', bundle, box.id()]), hint);
});

testTsrunc('exec without CAP_SYS_PTRACE into a container of another user', () => {
  const { id } = box.create({ patch: { '/process/user': { uid: 1, gid: 1 } }, script: 'sleep 100' });
  box.runtime(['start', id]);
  const caller = 'exec setpriv --bounding-set=-sys_ptrace "$@"';
  expect(box.runtime(['exec', id, 'true'], { caller })).toMatchObject({
    status: 255,
    stderr: expect.stringContaining('it takes CAP_SYS_PTRACE, or to be the owner of the container'),
  });
});

const unprivileged: readonly [string, Patch, string][] = [
  [
    'a hard limit is raised',
    { '/process/rlimits': [{ type: 'RLIMIT_CORE', soft: 0, hard: 18446744073709551615n }] },
    'a hard limit can only be raised with CAP_SYS_RESOURCE',
  ],
  ['oom_score_adj is lowered', { '/process/oomScoreAdj': -1000 }, 'lowering it needs CAP_SYS_RESOURCE'],
  [
    'real-time input and output',
    { '/process/ioPriority': { class: 'IOPRIO_CLASS_RT', priority: 1 } },
    'IOPRIO_CLASS_RT takes CAP_SYS_NICE or CAP_SYS_ADMIN',
  ],
  ['a real-time scheduler', { '/process/scheduler': SCHEDULER }, 'it takes CAP_SYS_NICE'],
];

testTsrunc.each(unprivileged)('by nobody in particular: %s', (_, patch, hint) => {
  const bundle = box.bundle({ patch: { '/linux/resources': undefined, ...patch } });
  const limits = 'ulimit -Hc 0; ulimit -Sc 0; echo 500 > /proc/self/oom_score_adj';
  const caller = user(box, { uid: 65534, before: `{ ${limits}; }` });
  refused(box.runtime(['run', '--bundle', bundle, box.id()], caller), hint);
});

testTsrunc('a limit on namespaces', () => {
  const caller = 'exec unshare -Ur sh -c \'echo 0 > /proc/sys/user/max_uts_namespaces && exec "$@"\' sh "$@"';
  const bundle = box.bundle({ patch: { '/linux/resources': undefined } });
  refused(box.runtime(['create', '--bundle', bundle, box.id()], { caller }), 'is a limit under /proc/sys/user');
});

testTsrunc('run with a terminal where there is none', () => {
  const bundle = box.bundle({ patch: { '/process/terminal': true } });
  const caller = 'exec setsid "$@"';
  const says = 'a container with a terminal wants one here too, or --detach and --console-socket';
  refused(box.runtime(['run', '--bundle', bundle, box.id()], { caller }), says);
});

testTsrunc('no bus of systemd', () => {
  const args = ['--systemd-cgroup', 'create', '--bundle', box.bundle(), box.id()];
  const caller = 'exec unshare -m sh -c \'mount -t tmpfs tmpfs /run && exec "$@"\' sh "$@"';
  refused(box.runtime(args, { caller }), 'is systemd running here? The cgroupfs driver does without');
});

testTsrunc('no bus of systemd for a user', () => {
  const args = ['--systemd-cgroup', 'create', '--bundle', box.bundle(), box.id()];
  const says = 'DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR tell where: they come with a login session';
  refused(box.runtime(args, user(box, { uid: 65534 })), says);
});

testTsrunc('a state directory that is not the user’s to make', () => {
  const args = ['--root', path.join(box.scratch(), 'roots'), 'create', '--bundle', box.bundle(), box.id()];
  const says = 'without root, --root or $XDG_RUNTIME_DIR must name a directory of the caller’s';
  refused(invoke(args, box.io(), user(box, { uid: 65534 })), says);
});

testTsrunc('no cgroup v2', () => {
  const caller = 'exec unshare -m sh -c \'mount -t tmpfs tmpfs /sys/fs/cgroup && exec "$@"\' sh "$@"';
  const outcome = box.runtime(['create', '--bundle', box.bundle(), box.id()], { caller });
  refused(outcome, 'boot with systemd.unified_cgroup_hierarchy=1, or mount -t cgroup2 cgroup2 there');
});

const testHybrid = cgroup2Mount()?.endsWith('/unified') ? testTsrunc : test.skip; // a machine of cgroup v2 has it

testHybrid('a memory limit where cgroup v1 holds the controller', () => {
  const patch = { '/linux/resources/memory': { limit: 1 << 30 } };
  const outcome = box.runtime(['create', '--bundle', box.bundle({ patch }), box.id()]);
  refused(outcome, 'cgroup v1 may hold it: boot with systemd.unified_cgroup_hierarchy=1');
});

describe('a controller that is not handed down', () => {
  const HUGE = { hugepageLimits: [{ pageSize: '2MB', limit: 0 }] };
  const cgroup = path.join(cgroup2Mount() ?? '', box.name);

  /** Makes a container below a cgroup of the test's, and takes that away. */
  function below(prepare: () => void, done: () => void): Outcome {
    fs.mkdirSync(cgroup);
    try {
      prepare();
      const patch = { '/linux/cgroupsPath': `/${box.name}/c`, '/linux/resources': HUGE };
      return box.runtime(['create', '--bundle', box.bundle({ patch }), box.id()]);
    } finally {
      done();
      fs.rmdirSync(cgroup);
    }
  }

  testTsrunc('since its cgroup holds processes', async () => {
    const sleeper = spawn('sleep', ['100'], { stdio: 'ignore' });
    const ended = once(sleeper, 'exit');
    try {
      const outcome = below(
        () => fs.writeFileSync(path.join(cgroup, 'cgroup.procs'), `${sleeper.pid}`),
        () => fs.writeFileSync(path.join(cgroup, '../cgroup.procs'), `${sleeper.pid}`),
      );
      refused(outcome, `which holds processes itself: ${sleeper.pid} (sleep)`);
      refused(outcome, 'a cgroup with processes has no controllers to hand down. Move them into one below it: mkdir');
    } finally {
      sleeper.kill('SIGKILL');
      await ended;
    }
  });

  testTsrunc('since its cgroup is the root of a threaded subtree', () => {
    const threads = path.join(cgroup, 'threads');
    const outcome = below(
      () => {
        fs.mkdirSync(threads);
        fs.writeFileSync(path.join(threads, 'cgroup.type'), 'threaded');
      },
      () => fs.rmdirSync(threads),
    );
    refused(outcome, 'is of the hugetlb controller, which limits whole processes');
    refused(outcome, `${cgroup} is the root of a threaded subtree: name a place outside of it by cgroupsPath`);
  });
});

testTsrunc('check: a config that is wrong', () => {
  const bundle = box.bundle({ patch: { '/process/cwd': 'relative' } });
  refused(box.runtime(['check', '--bundle', bundle]), 'tsrunc validate says all that is wrong with it');
});

testTsrunc.each([
  ['is no file', 'mkdir hook', 'it is not a regular file'],
  ['may not be executed', 'touch hook; mount -o remount,exec .', 'it has no execute permission, its mode is 0644'],
  ['lies on a file system without programs', 'cp /bin/true hook', 'its file system is mounted noexec'],
])('a hook that %s', (_, make, says) => {
  const directory = box.scratch();
  const caller = `exec unshare -m sh -c 'mount -t tmpfs -o noexec tmpfs ${directory}; cd ${directory}; ${make}; exec "$@"' sh "$@"`;
  const patch = { '/hooks/createRuntime': [{ path: path.join(directory, 'hook') }] };
  refused(box.runtime(['create', '--bundle', box.bundle({ patch }), box.id()], { caller }), says);
});

testTsrunc('a sysfs where the network belongs to somebody else', () => {
  const namespaces = ['mount', 'pid', 'ipc', 'uts'].map((type) => ({ type }));
  const mounts = [{ destination: '/sys', type: 'sysfs', source: 'sysfs' }];
  const patch = { '/linux/resources': undefined, '/linux/namespaces': namespaces, '/mounts': mounts };
  const args = ['create', '--bundle', box.bundle({ patch }), box.id()];
  const outcome = box.runtime(args, { caller: 'exec unshare -Ur "$@"' });
  refused(outcome, 'a sysfs takes a network namespace of the container’s own');
});

testTsrunc('a user namespace that is joined, and does not map root', async () => {
  const holder = await hold({}, 'unshare --user');
  try {
    for (const map of ['uid_map', 'gid_map']) fs.writeFileSync(`/proc/${holder.pid}/${map}`, '1 100000 1000');
    const patch = { '/linux/namespaces/-': [{ type: 'user', path: `/proc/${holder.pid}/ns/user` }] };
    const outcome = box.runtime(['create', '--bundle', box.bundle({ patch }), box.id()]);
    refused(outcome, 'root of the container, 0, must be mapped in the user namespace');
  } finally {
    holder.kill('SIGKILL');
  }
});

testTsrunc('a limit of memory that the program does not fit in', () => {
  const patch = { '/process/rlimits': [{ type: 'RLIMIT_AS', soft: 8192, hard: 8192 }] };
  const container = box.create({ patch });
  refused(box.runtime(['start', container.id]), 'is a limit (RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK) too low');
});

testTsrunc.each([
  ['CollectMode', 'not GVariant', "values are GVariant text: uint64 5, true, 'text'"],
  ['TimeoutStopSec', "'long'", 'a time in seconds is a number'],
])('a property of systemd that has no such value: %s', (name, value, hint) => {
  const patch = { '/annotations': { [`org.systemd.property.${name}`]: value } };
  const args = ['--systemd-cgroup', 'create', '--bundle', box.bundle({ patch }), box.id()];
  refused(box.runtime(args), hint);
});

testTsrunc('exec: a cgroup that is not there, and CPUs that are not there', () => {
  const { id } = box.create({ script: 'sleep 100' });
  box.runtime(['start', id]);
  const exec = (args: readonly string[]) => box.runtime(['exec', ...args]);
  expect(exec(['--cgroup', 'none', id, 'true'])).toMatchObject({
    status: 255,
    stderr: expect.stringContaining('there is no such cgroup'),
  });
  const file = path.join(box.scratch(), 'process.json');
  const process = { args: ['true'], cwd: '/', execCPUAffinity: { initial: '1000' } };
  fs.writeFileSync(file, JSON.stringify(process));
  expect(exec(['--process', file, id])).toMatchObject({
    status: 255,
    stderr: expect.stringContaining('is any of these CPUs there, and in the cpuset?'),
  });
});

testTsrunc('validate: what the host has not, and what may bring it', () => {
  const patch = {
    '/process/rlimits': [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 4294967295 }],
    '/mounts/-': [{ destination: '/x', type: 'nosuchfs', source: 'none' }],
    '/linux/intelRdt': { closID: 'x' },
  };
  const { stdout } = box.runtime(['validate', '--bundle', box.bundle({ patch })]);
  for (const hint of ['raise fs.nr_open, or ask for less', 'see /proc/filesystems', 'where the processor has it']) {
    expect(stdout).toContain(hint);
  }
});
