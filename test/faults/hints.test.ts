import type { Patch } from '../integration/support/json.ts';
import { ok, type RunOptions, testTsrunc, transcript } from '../integration/support/runtime.ts';
import { sandbox } from '../integration/support/sandbox.ts';
import { Faulty, faultyRuntime } from './sweep.ts';

/**
 * Hints whose causes this machine need not have: another kernel, another security module, a race. The one call that would
 * meet the cause fails as it would there. Those that can be had for real are in integration/hints.test.ts and test/vm.
 */
const box = sandbox('fault-hints');

let faulty: Faulty;
beforeAll(() => {
  faulty = new Faulty(box, faultyRuntime(box.scratch(), 'faulty-hints'));
});

const FILTER = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['swapon'], action: 'SCMP_ACT_ERRNO' }] };
const DEADLINE = { policy: 'SCHED_DEADLINE', runtime: 1_000_000, deadline: 10_000_000, period: 10_000_000 };
const PROCESS_LIMIT = 'is a limit on processes (pids.max, RLIMIT_NPROC) reached?';
const IDMAPPED = {
  destination: '/tmp',
  type: 'bind',
  source: '/tmp',
  options: ['bind'],
  uidMappings: [{ containerID: 0, hostID: 1, size: 1 }],
  gidMappings: [{ containerID: 0, hostID: 1, size: 1 }],
};

/** What lies on a mount of the host is not foreseen: it is looked for, made, and looked for again. */
const BESIDE_A_MOUNT: Patch = {
  '/mounts/-': [
    { destination: '/srv', type: 'bind', source: 'rootfs/tmp', options: ['bind'] },
    { destination: '/srv/data/deep', type: 'tmpfs', source: 'tmpfs' },
  ],
};

interface Hint {
  readonly patch?: Patch;
  readonly call: RegExp;
  readonly fail: string;
  readonly says: string;
}

const creations: Readonly<Record<string, Hint>> = {
  'a rootfs on a ramdisk': {
    call: /^init: pivot_root/,
    fail: 'EINVAL',
    says: 'is the rootfs on a ramdisk? --no-pivot',
  },
  'a flag of seccomp that is too new': {
    patch: {
      '/linux/seccomp': {
        ...FILTER,
        flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],
        listenerPath: '/x',
        syscalls: [{ names: ['swapon'], action: 'SCMP_ACT_NOTIFY' }],
      },
    },
    call: /^runtime: seccomp\(.*WAIT_KILLABLE_RECV/,
    fail: 'EINVAL',
    says: 'Linux 5.19 does',
  },
  'a bandwidth for deadlines that is spent': {
    patch: { '/process/scheduler': DEADLINE },
    call: /^runtime: sched_setattr/,
    fail: 'EBUSY',
    says: 'there is not enough bandwidth left for such a deadline task',
  },
  'a deadline task in a cpuset': {
    patch: { '/process/scheduler': DEADLINE },
    call: /^runtime: sched_setattr/,
    fail: 'EPERM',
    says: 'a deadline task must be allowed on all CPUs: a cpuset, as of linux.resources.cpu.cpus, forbids it',
  },
  'a scheduler with more fields than the kernel knows': {
    patch: { '/process/scheduler': DEADLINE },
    call: /^runtime: sched_setattr/,
    fail: 'E2BIG',
    says: 'does this kernel know all of the flags and values?',
  },
  'no right to load a device program': {
    call: /^runtime: bpf\(BPF_PROG_LOAD/,
    fail: 'EPERM',
    says: 'it takes CAP_BPF or CAP_SYS_ADMIN, and a kernel with CONFIG_CGROUP_BPF',
  },
  'a device program on a kernel without bpf': {
    call: /^runtime: bpf\(BPF_PROG_LOAD/,
    fail: 'ENOSYS',
    says: 'it takes CAP_BPF or CAP_SYS_ADMIN, and a kernel with CONFIG_CGROUP_BPF',
  },
  'idmapped mounts on an old kernel': {
    patch: { '/mounts/-': [IDMAPPED] },
    call: /^runtime: mount_setattr.*MOUNT_ATTR_IDMAP/,
    fail: 'ENOSYS',
    says: 'idmapped mounts need Linux 5.12',
  },
  'idmapped mounts of a file system of another user namespace': {
    patch: { '/mounts/-': [IDMAPPED] },
    call: /^runtime: mount_setattr.*MOUNT_ATTR_IDMAP/,
    fail: 'EPERM',
    says: 'idmapped mounts take CAP_SYS_ADMIN where the file system was mounted',
  },
  'idmapped mounts of a file system that cannot': {
    patch: { '/mounts/-': [IDMAPPED] },
    call: /^runtime: mount_setattr.*MOUNT_ATTR_IDMAP/,
    fail: 'EINVAL',
    says: 'does this kernel support idmapped mounts of ',
  },
  'a mount point on a file system that is read-only': {
    patch: { '/mounts/-': [{ destination: '/absent', type: 'tmpfs', source: 'tmpfs' }] },
    call: /^init: mkdirat\(.*absent/,
    fail: 'EROFS',
    says: 'the mount point does not exist and the file system is read-only',
  },
  'a mount point that is gone when it was made': {
    patch: BESIDE_A_MOUNT,
    call: /^init: openat2\(.*"srv\/data\/deep"/,
    fail: 'ENOENT',
    says: '/srv/data/deep was there and is not any more (is somebody changing the rootfs meanwhile?)',
  },
  'a directory on the way to a mount point that becomes a link': {
    patch: BESIDE_A_MOUNT,
    call: /^init: openat2\(.*"srv\/data", .*RESOLVE_NO_SYMLINKS/,
    fail: 'ELOOP',
    says: '/srv/data was there and is not any more (is somebody changing the rootfs meanwhile?)',
  },
  'a mount that is moved away after it was made': {
    call: /^init: openat2\(\d+, "proc", .*RESOLVE_IN_ROOT\|RESOLVE_NO_MAGICLINKS\}/,
    fail: 'ENOENT',
    says: '/proc is not what was mounted there any more (is somebody changing the rootfs meanwhile?)',
  },
  'no more processes': {
    call: /^runtime: posix_spawn/,
    fail: 'EAGAIN',
    says: PROCESS_LIMIT,
  },
  'no more processes in the cgroup': {
    call: /^builder: clone3/,
    fail: 'EAGAIN',
    says: PROCESS_LIMIT,
  },
};

testTsrunc.each(Object.entries(creations))('create: %s', (_, { patch = {}, call, fail, says }) => {
  const bundle = box.bundle({ ownRootfs: true, patch });
  hinted(['create', '--bundle', bundle, box.id()], { call, fail, says });
});

testTsrunc('create: a namespace of somebody else', () => {
  const { pid } = box.create();
  const patch = { '/linux/namespaces/-': [{ type: 'network', path: `/proc/${pid}/ns/net` }] };
  const bundle = box.bundle({ patch: { '/linux/namespaces': [{ type: 'mount' }, { type: 'uts' }], ...patch } });
  const says = 'it takes CAP_SYS_ADMIN in the user namespace that owns it';
  hinted(['create', '--bundle', bundle, box.id()], { call: /^builder: setns/, fail: 'EPERM', says });
});

testTsrunc('create: a sysctl where neither a procfs may be mounted nor the visible one is one', () => {
  const maps = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const patch: Patch = {
    '/linux/namespaces/-': [{ type: 'user' }],
    '/linux/uidMappings': maps,
    '/linux/gidMappings': maps,
    '/linux/sysctl': { 'net.ipv4.ip_forward': '1' },
  };
  // What hides a part of the procfs keeps user namespaces from a new one, as a container's masks do.
  const caller = 'exec unshare -m sh -c \'mount -t tmpfs tmpfs /proc/driver && exec "$@"\' sh "$@"';
  const hint: Hint = {
    call: /^init: fstatfs\(<"\/proc">/,
    fail: 'NOTHING',
    says: 'in a nested container: does the outer one’s AppArmor profile forbid to mount a procfs?',
  };
  hinted(['create', '--bundle', box.bundle({ patch }), box.id()], hint, 1, { caller });
});

const starts: Readonly<Record<string, Hint>> = {
  'a kernel without seccomp filters': {
    patch: { '/linux/seccomp': FILTER },
    call: /^init: seccomp/,
    fail: 'EINVAL',
    says: 'was the kernel built with CONFIG_SECCOMP_FILTER?',
  },
  'a kernel without seccomp': {
    patch: { '/linux/seccomp': FILTER },
    call: /^init: seccomp/,
    fail: 'ENOSYS',
    says: 'was the kernel built with CONFIG_SECCOMP_FILTER?',
  },
  'a filter without privileges': {
    patch: { '/linux/seccomp': FILTER, '/process/noNewPrivileges': false },
    call: /^init: seccomp/,
    fail: 'EACCES',
    says: 'without noNewPrivileges it takes CAP_SYS_ADMIN in the user namespace of the container',
  },
  'an ID that is not mapped': {
    call: /^init: setresuid/,
    fail: 'EINVAL',
    says: 'is the ID mapped in the user namespace?',
  },
};

testTsrunc.each(Object.entries(starts))('start: %s', (_, { patch = {}, call, fail, says }) => {
  const { id } = box.create({ patch });
  hinted(['start', id], { call, fail, says });
});

const execs: Readonly<Record<string, Hint>> = {
  'a namespace of somebody else': {
    call: /^in the cgroup: setns/,
    fail: 'EPERM',
    says: 'it takes CAP_SYS_ADMIN in the user namespace that owns it',
  },
  'the container stops meanwhile': {
    call: /^in the cgroup: clone3/,
    fail: 'ENOMEM',
    says: 'has the container just stopped?',
  },
  'no more processes': {
    call: /^in the cgroup: clone3/,
    fail: 'EAGAIN',
    says: PROCESS_LIMIT,
  },
  'no more processes in the cgroup': {
    call: /^builder: clone3/,
    fail: 'EAGAIN',
    says: PROCESS_LIMIT,
  },
  'no more processes for the caller': {
    call: /^runtime: posix_spawn/,
    fail: 'EAGAIN',
    says: PROCESS_LIMIT,
  },
};

testTsrunc('exec', () => {
  const { id } = box.create({ script: 'sleep 100' });
  ok(box.runtime(['start', id]));
  for (const hint of Object.values(execs)) hinted(['exec', id, 'true'], hint, 255);
});

function hinted(args: readonly string[], { call, fail, says }: Hint, status = 1, options: RunOptions = {}): void {
  const outcome = faulty.run(args, { call, fail }, options);
  if (outcome.victim === undefined) throw new Error(`no call is ${call}\n${transcript(outcome)}`);
  if (outcome.status !== status || !outcome.stderr.includes(says)) {
    throw new Error(`expected ${says} after ${outcome.victim}\n${transcript(outcome)}`);
  }
}
