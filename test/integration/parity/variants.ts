import type { Json, Patch } from '../support/json.ts';

export interface Variant {
  readonly name: string;
  readonly patch: Patch;
  /** Files whose text is compared too. */
  readonly files?: readonly string[];
  /** Directories in which a file is made, or not. */
  readonly writable?: readonly string[];
  /** Set by the runtime's caller around the call: a line of shell. */
  readonly caller?: string;
  readonly ownRootfs?: true;
  /** tsrunc may refuse it with these words. Once it does not, the containers are compared. */
  readonly refusal?: RegExp;
  /** What the tests' own process must have, or the machine refuses the config to either runtime. */
  readonly capability?: 'CAP_SYS_RESOURCE';
}

const namespaces = (...types: string[]): Json => types.map((type) => ({ type }));
const capabilities = (...names: string[]): Json => ({ bounding: names, effective: names, permitted: names });
const tmpfs = (...options: string[]): Patch => mount({ type: 'tmpfs', source: 'tmpfs', destination: '/mnt', options });
const bind = (...options: string[]): Patch =>
  mount({ type: 'bind', source: '/usr', destination: '/mnt', options: ['rbind', ...options] });
const user = (uid: number, gid: number, more: { [key: string]: Json } = {}): Patch => ({
  '/process/user': { uid, gid, ...more },
});

function mount(...entries: Json[]): Patch {
  return { '/mounts/-': entries };
}

/** What docs/conformance.md promises for later. */
const LATER = /: \/\S+: .*not supported by this version of tsrunc/;
/** A hybrid machine keeps the controllers in cgroup v1. */
const NO_CONTROLLER = /\/linux\/resources\/\S+: .*controller is not available/;

/** Configurations that runc and tsrunc must turn into the same container. */
export const VARIANTS: readonly Variant[] = [
  { name: 'as spec writes it', patch: {} },

  { name: 'uid and gid', patch: user(1000, 1000) },
  { name: 'a user with additional groups', patch: user(1000, 1000, { additionalGids: [5, 20, 1000] }) },
  { name: 'root with additional groups', patch: user(0, 0, { additionalGids: [4, 24] }) },
  { name: 'a uid without a passwd entry', patch: user(2_000_000_000, 2_000_000_001) },
  { name: 'umask 0', patch: user(0, 0, { umask: 0 }) },
  { name: 'umask 0077', patch: user(1000, 1000, { umask: 0o77 }) },

  { name: 'no capabilities at all', patch: { '/process/capabilities': capabilities() } },
  { name: 'one capability', patch: { '/process/capabilities': capabilities('CAP_SYS_ADMIN') } },
  {
    name: 'five sets that differ',
    patch: {
      '/process/capabilities': {
        bounding: ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETUID', 'CAP_NET_RAW'],
        permitted: ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETUID'],
        effective: ['CAP_CHOWN', 'CAP_KILL'],
        inheritable: ['CAP_CHOWN', 'CAP_KILL'],
        ambient: ['CAP_CHOWN'],
      },
    },
  },
  {
    name: 'ambient capabilities of a user',
    patch: {
      ...user(1000, 1000),
      '/process/capabilities': {
        ...Object.fromEntries(
          ['bounding', 'permitted', 'effective', 'inheritable', 'ambient'].map((set) => [
            set,
            ['CAP_NET_BIND_SERVICE'],
          ]),
        ),
      },
    },
  },
  {
    name: 'capabilities of a user without ambient ones',
    patch: { ...user(1000, 1000), '/process/capabilities': capabilities('CAP_KILL') },
  },
  { name: 'new privileges allowed', patch: { '/process/noNewPrivileges': false } },
  { name: 'a user, new privileges allowed', patch: { ...user(1000, 1000), '/process/noNewPrivileges': undefined } },

  { name: 'no rlimits', patch: { '/process/rlimits': undefined } },
  {
    name: 'no rlimits, and a caller with limits of its own',
    patch: { '/process/rlimits': [] },
    caller: 'ulimit -Sn 777; ulimit -c 0',
  },
  {
    name: 'many rlimits',
    patch: {
      '/process/rlimits': [
        { type: 'RLIMIT_NOFILE', soft: 100, hard: 200 },
        { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
        { type: 'RLIMIT_NPROC', soft: 500, hard: 600 },
        { type: 'RLIMIT_STACK', soft: 4_194_304, hard: 8_388_608 },
        { type: 'RLIMIT_MEMLOCK', soft: 65_536, hard: 65_536 },
        { type: 'RLIMIT_CPU', soft: 10, hard: 20 },
        { type: 'RLIMIT_FSIZE', soft: 1_000_000, hard: 2_000_000 },
        { type: 'RLIMIT_SIGPENDING', soft: 10, hard: 20 },
        { type: 'RLIMIT_MSGQUEUE', soft: 10, hard: 20 },
        { type: 'RLIMIT_NICE', soft: 0, hard: 0 },
        { type: 'RLIMIT_RTPRIO', soft: 0, hard: 0 },
      ],
    },
  },
  {
    name: 'an infinite rlimit, which is 2^64-1',
    patch: { '/process/rlimits': [{ type: 'RLIMIT_CORE', soft: 2n ** 64n - 1n, hard: 2n ** 64n - 1n }] },
  },
  {
    name: 'an rlimit above 2^53',
    patch: { '/process/rlimits': [{ type: 'RLIMIT_FSIZE', soft: 2n ** 53n + 1n, hard: 2n ** 62n + 3n }] },
  },

  {
    name: 'environment in its order',
    patch: { '/process/env': ['PATH=/bin', 'Z=1', 'A=2', 'EMPTY=', 'EQUALS=a=b', 'SPACE=a b'] },
  },
  { name: 'HOME that is given', patch: { '/process/env': ['HOME=/srv', 'PATH=/bin'] } },
  { name: 'HOME of a user from passwd', patch: user(1000, 1000) },
  { name: 'cwd that exists', patch: { '/process/cwd': '/tmp' } },
  { name: 'cwd that is made', patch: { '/process/cwd': '/srv/a/b', '/root/readonly': false }, ownRootfs: true },
  { name: 'oomScoreAdj', patch: { '/process/oomScoreAdj': 500 } },
  { name: 'oomScoreAdj zero', patch: { '/process/oomScoreAdj': 0 } },
  { name: 'oomScoreAdj negative', patch: { '/process/oomScoreAdj': -500 }, capability: 'CAP_SYS_RESOURCE' },

  { name: 'hostname', patch: { '/hostname': 'parity.example' } },
  { name: 'no hostname', patch: { '/hostname': undefined } },
  {
    name: 'the host’s uts namespace',
    patch: { '/linux/namespaces': namespaces('pid', 'network', 'ipc', 'mount'), '/hostname': undefined },
  },
  { name: 'the host’s network', patch: { '/linux/namespaces': namespaces('pid', 'uts', 'ipc', 'mount') } },
  { name: 'the host’s ipc namespace', patch: { '/linux/namespaces': namespaces('pid', 'uts', 'network', 'mount') } },
  { name: 'the host’s pid namespace', patch: { '/linux/namespaces': namespaces('uts', 'network', 'ipc', 'mount') } },
  { name: 'a mount namespace only', patch: { '/linux/namespaces': namespaces('mount'), '/hostname': undefined } },
  {
    name: 'a cgroup namespace',
    patch: { '/linux/namespaces': namespaces('pid', 'network', 'ipc', 'uts', 'mount', 'cgroup') },
  },
  {
    name: 'a network namespace joined by path',
    patch: { '/linux/namespaces/1': { type: 'network', path: '/proc/self/ns/net' } },
  },

  { name: 'a writable root', patch: { '/root/readonly': false }, ownRootfs: true },
  { name: 'rootfsPropagation private', patch: { '/linux/rootfsPropagation': 'private' } },
  { name: 'rootfsPropagation rprivate', patch: { '/linux/rootfsPropagation': 'rprivate' } },
  { name: 'rootfsPropagation slave', patch: { '/linux/rootfsPropagation': 'slave' } },
  { name: 'rootfsPropagation rslave', patch: { '/linux/rootfsPropagation': 'rslave' } },
  { name: 'rootfsPropagation shared', patch: { '/linux/rootfsPropagation': 'shared' } },
  { name: 'rootfsPropagation rshared', patch: { '/linux/rootfsPropagation': 'rshared' } },
  { name: 'nothing masked', patch: { '/linux/maskedPaths': undefined } },
  {
    name: 'a file, a directory and nothing masked',
    patch: { '/linux/maskedPaths': ['/etc/passwd', '/etc', '/nonexistent', '/proc/keys'] },
  },
  { name: 'no read-only paths', patch: { '/linux/readonlyPaths': undefined }, writable: ['/proc/sys'] },
  {
    name: 'a read-only directory of the rootfs',
    patch: { '/linux/readonlyPaths': ['/tmp', '/etc/passwd', '/nonexistent'], '/root/readonly': false },
    ownRootfs: true,
  },

  {
    name: 'no /dev, no /sys',
    patch: { '/mounts': [{ destination: '/proc', type: 'proc', source: 'proc' }], '/root/readonly': false },
    ownRootfs: true,
  },
  { name: '/dev without devpts', patch: { '/mounts/2': undefined } },
  { name: 'a writable sysfs', patch: { '/mounts/5/options': ['nosuid', 'noexec', 'nodev'] } },
  { name: 'a read-only procfs', patch: { '/mounts/0/options': ['ro', 'nosuid'] } },
  { name: 'a tmpfs', patch: tmpfs('size=1m', 'mode=0751'), writable: ['/mnt'] },
  {
    name: 'a tmpfs with every restriction',
    patch: tmpfs('ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'sync', 'dirsync'),
  },
  {
    name: 'a tmpfs whose last option wins',
    patch: tmpfs('ro', 'rw', 'nosuid', 'suid', 'noexec', 'exec', 'nodev', 'dev'),
    writable: ['/mnt'],
  },
  { name: 'a tmpfs with relatime', patch: tmpfs('relatime') },
  { name: 'a tmpfs with strictatime', patch: tmpfs('strictatime') },
  {
    name: 'a tmpfs on a place that is made',
    patch: { ...mount({ type: 'tmpfs', source: 'x', destination: '/srv/new/deep' }), '/root/readonly': false },
    ownRootfs: true,
  },
  {
    name: 'two mounts on one place',
    patch: mount(
      { type: 'tmpfs', source: 'one', destination: '/mnt' },
      { type: 'tmpfs', source: 'two', destination: '/mnt' },
    ),
  },
  { name: 'a bind mount', patch: bind() },
  { name: 'a read-only bind mount', patch: bind('ro') },
  { name: 'a bind mount with restrictions', patch: bind('ro', 'nosuid', 'nodev', 'noexec', 'noatime') },
  { name: 'a private bind mount', patch: bind('rprivate') },
  { name: 'a slave bind mount', patch: bind('rslave', 'ro') },
  { name: 'a shared bind mount', patch: bind('rshared') },
  {
    name: 'a bind mount of a file',
    patch: {
      ...mount({ source: '/etc/passwd', destination: '/etc/hosts', options: ['bind', 'ro'] }),
      '/root/readonly': false,
    },
    files: ['/etc/hosts'],
    ownRootfs: true,
  },
  {
    name: 'a bind mount that is not recursive',
    patch: mount({ type: 'none', source: '/proc', destination: '/mnt', options: ['bind'] }),
  },
  {
    name: 'a bind mount of a device',
    patch: mount({ type: 'bind', source: '/dev/zero', destination: '/dev/own', options: ['bind'] }),
  },
  {
    name: 'a procfs in a second place',
    patch: mount({ type: 'proc', source: 'proc', destination: '/mnt', options: ['ro', 'nosuid'] }),
  },

  { name: 'a pids limit', patch: { '/linux/resources/pids': { limit: 20 } }, refusal: NO_CONTROLLER },
  { name: 'a cgroupsPath', patch: { '/linux/cgroupsPath': '/ID' } },
  { name: 'no cgroup mount', patch: { '/mounts/6': undefined } },
  { name: 'a caller who ignores signals', patch: {}, caller: "trap '' PIPE USR1 HUP" },
  { name: 'a caller with a umask', patch: {}, caller: 'umask 0027' },
  { name: 'a caller who is nice', patch: {}, caller: 'renice -n 5 -p $$ >/dev/null' },

  { name: 'a domain name', patch: { '/domainname': 'parity.example' }, refusal: LATER },
  {
    name: 'a sysctl',
    patch: { '/linux/sysctl': { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '4096' } },
    files: ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/kernel/msgmax'],
    refusal: LATER,
  },
  {
    name: 'a device',
    patch: {
      '/linux/devices': [
        { path: '/dev/own', type: 'c', major: 1, minor: 5, fileMode: 0o640, uid: 1, gid: 2 },
        { path: '/dev/pipe', type: 'p' },
      ],
    },
    refusal: LATER,
  },
  {
    name: 'a user namespace',
    patch: {
      '/linux/namespaces': namespaces('pid', 'network', 'ipc', 'uts', 'mount', 'user'),
      '/linux/uidMappings': [{ containerID: 0, hostID: 0, size: 100_000 }],
      '/linux/gidMappings': [{ containerID: 0, hostID: 0, size: 100_000 }],
    },
    refusal: LATER,
  },
];
