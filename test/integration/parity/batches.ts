import { capabilities } from '../../../src/syscalls/constants.ts';
import type { Json } from '../support/json.ts';
import type { Observation } from './probe.ts';
import type { Variant } from './variants.ts';

/** Many cases that one container shows, since making one costs more than looking at it. */
export interface Batch {
  readonly variant: Variant;
  readonly cases: readonly BatchCase[];
}

export interface BatchCase {
  readonly name: string;
  /** What the container shows of it; undefined is a test that looked in the wrong place. */
  read(seen: Observation): string | undefined;
}

const fact =
  (name: string) =>
  (seen: Observation): string | undefined =>
    seen.get(name);

/** One mount for each list of options. */
function mountBatch(
  name: string,
  lists: readonly string[],
  mount: (options: string[]) => { [key: string]: Json },
): Batch {
  const places = lists.map((list, index) => ({ list, destination: `/mnt/m${index}` }));
  return {
    variant: {
      name,
      ownRootfs: true,
      patch: {
        '/root/readonly': false,
        '/mounts/-': places.map(({ list, destination }) => ({ ...mount(list.split(' ')), destination })),
      },
    },
    cases: places.map(({ list, destination }) => ({ name: list, read: fact(`mountinfo.${destination}`) })),
  };
}

/** Words of mount(8) that runc 1.1 knows too. */
const ATTRIBUTES = [
  'ro',
  'rw',
  'suid',
  'nosuid',
  'dev',
  'nodev',
  'exec',
  'noexec',
  'atime',
  'noatime',
  'diratime',
  'nodiratime',
  'relatime',
  'norelatime',
  'strictatime',
  'nostrictatime',
  'silent',
  'loud',
  'ro nosuid nodev noexec',
  'ro rw',
  'rw ro',
  'nosuid suid nodev dev noexec exec',
  'noatime atime',
  'noatime nodiratime',
  'relatime nodiratime',
  'strictatime nodiratime',
];
const PROPAGATIONS = ['private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared', 'unbindable', 'runbindable'];
const SUPERBLOCK = ['sync', 'async', 'dirsync', 'sync dirsync', 'lazytime', 'nolazytime', 'mand', 'nomand'];
const TMPFS_DATA = [
  'size=1m',
  'size=4096',
  'size=1%',
  'nr_inodes=10',
  'nr_blocks=5',
  'mode=0',
  'mode=0700',
  'mode=1777',
  'uid=5',
  'gid=6',
  'uid=5 gid=6 mode=0750 size=2m nr_inodes=20',
];
const RECURSIVE = [
  'rro',
  'rrw',
  'rnosuid',
  'rsuid',
  'rnodev',
  'rdev',
  'rnoexec',
  'rexec',
  'rnoatime',
  'rrelatime',
  'rstrictatime',
  'rnodiratime',
  'rro rnosuid rnodev rnoexec',
];

const LIMITS: readonly (readonly [string, string])[] = [
  ['CPU', 'cpu time'],
  ['FSIZE', 'file size'],
  ['DATA', 'data size'],
  ['STACK', 'stack size'],
  ['CORE', 'core file size'],
  ['RSS', 'resident set'],
  ['NPROC', 'processes'],
  ['NOFILE', 'open files'],
  ['MEMLOCK', 'locked memory'],
  ['AS', 'address space'],
  ['LOCKS', 'file locks'],
  ['SIGPENDING', 'pending signals'],
  ['MSGQUEUE', 'msgqueue size'],
  ['NICE', 'nice priority'],
  ['RTPRIO', 'realtime priority'],
  ['RTTIME', 'realtime timeout'],
];

/** Large enough to run a shell with, small enough for any caller's hard limits, and each pair its own. */
const LOW: Readonly<Record<string, number>> = {
  NICE: 0,
  RTPRIO: 0,
  NOFILE: 100,
  NPROC: 500,
  MEMLOCK: 4096,
  CORE: 4096,
  SIGPENDING: 100,
  MSGQUEUE: 5000,
};

const limits: Batch = {
  variant: {
    name: 'every rlimit',
    patch: {
      '/process/rlimits': LIMITS.map(([type], index) => {
        const soft = LOW[type] ?? 500_000_000 + index;
        return { type: `RLIMIT_${type}`, soft, hard: type === 'NICE' || type === 'RTPRIO' ? soft : soft + index };
      }),
    },
  },
  cases: LIMITS.map(([type, words]) => ({ name: `RLIMIT_${type}`, read: fact(`limits.Max ${words}`) })),
};

const SETS = { bounding: 'CapBnd', inheritable: 'CapInh', permitted: 'CapPrm', effective: 'CapEff', ambient: 'CapAmb' };

/** Capability N is in the sets that its number says, so that each kind of neighbourhood comes up. */
function capabilitySets(name: string, uid: number, has: (set: string, bit: number) => boolean): Batch {
  const table = Object.entries(capabilities);
  const sets = Object.keys(SETS).map((set) => [set, table.filter(([, bit]) => has(set, bit)).map(([cap]) => cap)]);
  return {
    variant: {
      name,
      patch: { '/process/capabilities': Object.fromEntries(sets), '/process/user': { uid, gid: uid } },
    },
    cases: table.map(([cap, bit]) => ({ name: cap, read: (seen) => bitsIn(seen, bit) })),
  };
}

function bitsIn(seen: Observation, bit: number): string {
  return Object.values(SETS)
    .map((field) => `${field} ${(BigInt(`0x${seen.get(`status.${field}`) ?? '0'}`) >> BigInt(bit)) & 1n}`)
    .join(' ');
}

function inSet(set: string, bit: number): boolean {
  if (set === 'bounding') return bit % 5 !== 0;
  if (set === 'inheritable') return bit % 5 !== 0 && bit % 2 === 1;
  const permitted = bit % 5 !== 0 && bit % 3 !== 0;
  if (set === 'permitted') return permitted;
  if (set === 'effective') return permitted && bit % 4 !== 0;
  return permitted && bit % 2 === 1;
}

const DEVICES: readonly { [key: string]: Json }[] = [
  { type: 'c', major: 1, minor: 3 },
  { type: 'c', major: 1, minor: 5, fileMode: 0o640, uid: 1, gid: 2 },
  { type: 'u', major: 1, minor: 8, fileMode: 0 },
  { type: 'c', major: 10, minor: 200, fileMode: 0o600 },
  { type: 'c', major: 4095, minor: 5 },
  { type: 'c', major: 7, minor: 1_048_575 },
  { type: 'b', major: 7, minor: 0, fileMode: 0o660, gid: 6 },
  { type: 'b', major: 259, minor: 300 },
  { type: 'p', fileMode: 0o600 },
  { type: 'p', uid: 1000, gid: 1000 },
];

const devices: Batch = {
  variant: {
    name: 'devices of every type',
    patch: { '/linux/devices': DEVICES.map((device, index) => ({ ...device, path: `/dev/d${index}` })) },
  },
  cases: DEVICES.map((device, index) => ({ name: JSON.stringify(device), read: fact(`dev./dev/d${index}`) })),
};

const SYSCTLS: Readonly<Record<string, string>> = {
  'kernel.msgmax': '4096',
  'kernel.msgmnb': '8192',
  'kernel.msgmni': '100',
  'kernel.sem': '250 32000 100 128',
  'kernel.shmall': '1000',
  'kernel.shmmax': '1000000',
  'kernel.shmmni': '99',
  'kernel.shm_rmid_forced': '1',
  'fs.mqueue.msg_max': '11',
  'fs.mqueue.msgsize_max': '4096',
  'fs.mqueue.queues_max': '17',
  'net.ipv4.ip_forward': '1',
  'net.ipv4.ip_default_ttl': '99',
  'net.ipv4.ping_group_range': '0 100',
  'net.ipv4.conf.all.rp_filter': '2',
  'net.ipv4.conf.lo.forwarding': '1',
  'net/ipv4/conf/lo/arp_ignore': '1',
  'net.core.somaxconn': '77',
};
const fileOf = (key: string) => `/proc/sys/${key.includes('/') ? key : key.replaceAll('.', '/')}`;

const sysctls: Batch = {
  variant: { name: 'sysctls', patch: { '/linux/sysctl': { ...SYSCTLS } }, files: Object.keys(SYSCTLS).map(fileOf) },
  cases: Object.keys(SYSCTLS).map((key) => ({ name: key, read: fact(`one.${fileOf(key)}`) })),
};

const PATHS = [
  '/proc/keys',
  '/proc/timer_list',
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys/net',
  '/proc/sys',
  '/proc/sysrq-trigger',
  '/sys/firmware',
  '/sys/kernel',
  '/etc/passwd',
  '/etc',
  '/home',
  '/tmp',
];

function covered(field: 'maskedPaths' | 'readonlyPaths'): Batch {
  return {
    variant: {
      name: `${field} of every kind`,
      ownRootfs: true,
      patch: {
        '/linux/maskedPaths': [],
        '/linux/readonlyPaths': [],
        [`/linux/${field}`]: PATHS,
        '/root/readonly': false,
      },
      writable: PATHS,
    },
    cases: PATHS.map((path) => ({
      name: path,
      read: (seen) => `${seen.get(`mountinfo.${path}`) ?? 'no mount'}; ${seen.get(`readonly.${path}`)}`,
    })),
  };
}

export const BATCHES: readonly Batch[] = [
  mountBatch('a tmpfs with', [...ATTRIBUTES, ...SUPERBLOCK, ...PROPAGATIONS, ...TMPFS_DATA], (options) => ({
    type: 'tmpfs',
    source: 'tmpfs',
    options,
  })),
  mountBatch('a bind mount with', [...ATTRIBUTES, ...PROPAGATIONS, ...RECURSIVE], (options) => ({
    type: 'bind',
    // A file: the probe would look at all that a directory holds, once for each mount.
    source: 'config.json',
    options: ['bind', ...options],
  })),
  mountBatch('a procfs with', ATTRIBUTES.slice(0, 12), (options) => ({ type: 'proc', source: 'proc', options })),
  limits,
  capabilitySets('capabilities of root', 0, inSet),
  capabilitySets('capabilities of a user', 1000, inSet),
  devices,
  sysctls,
  covered('maskedPaths'),
  covered('readonlyPaths'),
];
