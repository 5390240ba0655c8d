import type { Config } from '../../spec/config.ts';
import type { Result } from '../../syscalls/batch.ts';
import type { Calls } from '../../syscalls/calls.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { statx } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { type Answer, always, failureOf, missing, never, ok, type Probe, unknown } from './probe.ts';

/** A system call that some kernel, or some filter around us, does not have. */
export interface CallProbe {
  readonly name: string;
  /** The first Linux that has it. */
  readonly since: string;
  readonly lost: string;
  readonly needed: (config: Config | undefined) => boolean;
  /** Makes it in a process that ends afterwards. Where success would do something, it is made to fail of its arguments. */
  readonly make: (calls: Calls<Result>, kernel: RemoteKernel) => Result;
  /** What is said where there is no such call; ENOSYS for most. */
  readonly absent?: readonly string[];
}

const NO_CONTAINER = 'there is no container without it';
const ABSENT = ['ENOSYS'];
/** No descriptor. */
const NONE = -1;
/** A descriptor that nobody has open. */
const UNUSED = 0x7fffffff;

export const callProbes: readonly CallProbe[] = [
  {
    name: 'openat2',
    since: '5.6',
    lost: `paths of the root filesystem cannot be opened safely: ${NO_CONTAINER}`,
    needed: always,
    make: (calls) => calls.openat2(AT_FDCWD, '/', { flags: ['O_PATH', 'O_CLOEXEC'], resolve: ['RESOLVE_IN_ROOT'] }),
  },
  {
    name: 'clone3',
    since: '5.3',
    lost: `init cannot be born in its namespaces: ${NO_CONTAINER}`,
    needed: always,
    make: (calls) => calls.clone3({ exit_signal: 0xffff }),
  },
  {
    name: 'clone3 with CLONE_INTO_CGROUP',
    since: '5.7',
    lost: 'init and processes of exec cannot be born in their cgroup',
    needed: always,
    make: (calls) => calls.clone3({ flags: ['CLONE_INTO_CGROUP'], cgroup: UNUSED }),
    absent: [...ABSENT, 'EINVAL', 'E2BIG'],
  },
  {
    name: 'close_range with CLOSE_RANGE_CLOEXEC',
    since: '5.11',
    lost: `descriptors of the caller would reach the container: ${NO_CONTAINER}`,
    needed: always,
    make: (calls) => calls.close_range(UNUSED, UNUSED, ['CLOSE_RANGE_CLOEXEC']),
    absent: [...ABSENT, 'EINVAL'],
  },
  {
    name: 'memfd_create',
    since: '3.17',
    lost: 'init is a file of the state directory, or of /tmp, instead of one that nobody can reach',
    needed: never,
    make: (calls) => calls.memfd_create('check', ['MFD_CLOEXEC']),
  },
  {
    name: 'fsopen',
    since: '5.2',
    lost: `no file system can be mounted: ${NO_CONTAINER}`,
    needed: always,
    make: (calls) => calls.fsopen('tmpfs', ['FSOPEN_CLOEXEC']),
  },
  {
    name: 'fsconfig',
    since: '5.2',
    lost: `no file system can be mounted: ${NO_CONTAINER}`,
    needed: always,
    make: (calls) => calls.fsconfig(NONE, 'FSCONFIG_CMD_CREATE', null, null, 0),
  },
  {
    name: 'fsmount',
    since: '5.2',
    lost: `no file system can be mounted: ${NO_CONTAINER}`,
    needed: always,
    make: (calls) => calls.fsmount(NONE, ['FSMOUNT_CLOEXEC'], []),
  },
  {
    name: 'move_mount',
    since: '5.2',
    lost: `no file system can be mounted: ${NO_CONTAINER}`,
    needed: always,
    make: (calls) => calls.move_mount(NONE, '', NONE, '', ['MOVE_MOUNT_F_EMPTY_PATH']),
  },
  {
    name: 'open_tree',
    since: '5.2',
    lost: `nothing can be bound into a container, nor its root filesystem: ${NO_CONTAINER}`,
    needed: always,
    make: (calls) => calls.open_tree(AT_FDCWD, '/', ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC']),
  },
  {
    name: 'mount_setattr',
    since: '5.12',
    lost: `what is mounted would reach the host, and options of mounts cannot be set: ${NO_CONTAINER}`,
    needed: always,
    make: (calls) => calls.mount_setattr(NONE, '', ['AT_EMPTY_PATH'], { attr_set: ['MOUNT_ATTR_RDONLY'] }),
  },
  {
    name: 'mount',
    since: '1.0',
    lost: 'no options of mounts that are longer than 255 bytes, as overlays have them',
    needed: never,
    make: (calls) => calls.mount('', '', '', [], ''),
  },
  {
    name: 'pivot_root',
    since: '2.3.41',
    lost: 'the container cannot enter its root filesystem, except by --no-pivot',
    needed: always,
    make: (calls) => calls.pivot_root('', ''),
  },
  {
    name: 'setns',
    since: '3.0',
    lost: 'no exec, and no namespaces that are joined by path',
    needed: (config) => config?.linux?.namespaces?.some(({ path }) => path) ?? true,
    make: (calls) => calls.setns(NONE, []),
  },
  {
    name: 'pidfd_open',
    since: '5.3',
    lost: 'a signal could reach another process that has got the number by then: no kill',
    needed: always,
    make: (calls) => calls.pidfd_open(NONE, 0),
  },
  {
    name: 'pidfd_send_signal',
    since: '5.1',
    lost: 'a signal could reach another process that has got the number by then: no kill',
    needed: always,
    make: (calls) => calls.pidfd_send_signal(NONE, 0, 0, 0),
  },
  {
    name: 'pidfd_getfd',
    since: '5.6',
    lost: 'no linux.seccomp.listenerPath',
    needed: (config) => config?.linux?.seccomp?.listenerPath !== undefined,
    make: (calls) => calls.pidfd_getfd(NONE, 0, 0),
  },
  {
    name: 'faccessat2',
    since: '5.8',
    lost: 'whether its user may execute the program cannot be asked before it is tried',
    needed: always,
    make: (calls) => calls.faccessat2(AT_FDCWD, '/', ['F_OK'], ['AT_EACCESS']),
  },
  {
    name: 'statx',
    since: '4.11',
    lost: `what lies at a path of the container cannot be told: ${NO_CONTAINER}`,
    needed: always,
    make: (calls, kernel) => calls.statx(AT_FDCWD, '/', [], [], kernel.output(statx.size)),
  },
  {
    name: 'seccomp',
    since: '3.17',
    lost: 'no linux.seccomp',
    needed: (config) => config?.linux?.seccomp !== undefined,
    // Without a program nothing is loaded: EFAULT says that it got as far as to look for one.
    make: (calls) => calls.seccomp('SECCOMP_SET_MODE_FILTER', [], 0),
    absent: [...ABSENT, 'EINVAL'],
  },
  {
    name: 'seccomp with a listener',
    since: '5.0',
    lost: 'no linux.seccomp.listenerPath, no SCMP_ACT_NOTIFY',
    needed: (config) => config?.linux?.seccomp?.listenerPath !== undefined,
    make: (calls) => calls.seccomp('SECCOMP_SET_MODE_FILTER', ['SECCOMP_FILTER_FLAG_NEW_LISTENER'], 0),
    absent: [...ABSENT, 'EINVAL'],
  },
  {
    name: 'bpf',
    since: '3.18',
    lost: 'no linux.resources.devices: a container with a cgroup has all devices that it can name, or is refused',
    needed: (config) => (config?.linux?.resources?.devices?.length ?? 0) > 0,
    make: (calls, kernel) => calls.bpf('BPF_PROG_QUERY', kernel.output(64), 64),
  },
  {
    name: 'keyctl',
    since: '2.6.10',
    lost: "no session keyring of the container's own: it has its caller's",
    needed: never,
    make: (calls) => calls.keyctl('KEYCTL_JOIN_SESSION_KEYRING', 0, 0, 0),
  },
  {
    name: 'set_mempolicy',
    since: '2.6.7',
    lost: 'no linux.memoryPolicy',
    needed: (config) => config?.linux?.memoryPolicy !== undefined,
    make: (calls) => calls.set_mempolicy(0, new Uint8Array()),
  },
];

/** All of them, as rows of the table of probes. */
export const CALL_PROBES: readonly Probe[] = callProbes.map((call) => ({
  group: 'system calls',
  name: call.name,
  lost: call.lost,
  needed: ({ config, caller }) => call.needed(config) && (call.name !== 'bpf' || caller.isAdmin),
  look({ trial, caller }) {
    const result = trial.calls.get(call.name);
    if (result === undefined) return unknown(trial.fault ?? 'nobody could be asked');
    const capable = caller.isAdmin || (trial.namespaces.get('user') ?? -1) >= 0;
    return answer(call, failureOf(result), capable);
  },
}));

function answer({ name, since, absent = ABSENT }: CallProbe, failure: string | undefined, capable: boolean): Answer {
  const call = name.replace(/ .*/, '');
  const cure = `docker run --security-opt seccomp=unconfined, or the like, if this is a container; else Linux ${since}`;
  if (failure !== undefined && absent.includes(failure))
    return missing(`the kernel answers ${failure} to ${call}`, cure);
  if (failure !== 'EPERM' && failure !== 'EACCES') return ok(`since Linux ${since}`);
  if (!capable) return unknown(`${failure}: to be asked by root, or in a user namespace`);
  // The kernel itself leaves this to root of the host.
  if (call === 'bpf' && capable) return missing(`${failure}: only root of the host may`, 'run it as root of the host');
  return missing(`${failure}: something around this process forbids it`, cure);
}
