import { defaultConfig } from '../../../src/spec/default.ts';
import { withValue } from './helpers.ts';

/** Changes that break one rule or another, and changes that break none. */

export const NAMESPACES = defaultConfig().linux?.namespaces ?? [];
export const without = (type: string) => NAMESPACES.filter((namespace) => namespace.type !== type);
const MAPPINGS = [{ containerID: 0, hostID: 100000, size: 65536 }];
const USERNS = {
  '/linux/namespaces': [...NAMESPACES, { type: 'user' }],
  '/linux/uidMappings': MAPPINGS,
  '/linux/gidMappings': MAPPINGS,
};
const TMP = { destination: '/tmp', type: 'none', source: '/tmp', options: ['rbind'] };
const NULL_DEVICE = { path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 438, uid: 0, gid: 0 };

export type Changes = Readonly<Record<string, unknown>>;

/** The default configuration with some places replaced. */
export function changed(changes: Changes): unknown {
  return Object.entries(changes).reduce<unknown>(
    (config, [place, value]) => withValue(config, place, value),
    defaultConfig(),
  );
}

/** Changes to the default configuration, and all the problems that they make. */
export const BAD: readonly [Changes, ...string[]][] = [
  [
    { '/ociVersion': '2.0.0' },
    'error /ociVersion: version 2.0.0 of the specification is not supported (this runtime implements 1.0.0 to 1.3.0)',
  ],
  [
    { '/ociVersion': '0.5.0' },
    'error /ociVersion: version 0.5.0 of the specification is not supported (this runtime implements 1.0.0 to 1.3.0)',
  ],
  [{ '/ociVersion': 'one' }, 'error /ociVersion: must be a version such as 1.3.0, is "one"'],
  [{ '/ociVersion': '' }, 'error /ociVersion: must be a version such as 1.3.0, is ""'],
  [{ '/root': undefined }, 'error /root: is missing: a container on Linux needs a root filesystem'],
  [{ '/root/path': '' }, 'error /root/path: must not be empty'],
  [
    { '/linux/namespaces': without('uts'), '/domainname': 'example.org' },
    'error /hostname: cannot be set: the container has no UTS namespace of its own (add {"type": "uts"} to /linux/namespaces)',
    'error /domainname: cannot be set: the container has no UTS namespace of its own (add {"type": "uts"} to /linux/namespaces)',
  ],
  [{ '/hostname': 'é'.repeat(33) }, 'error /hostname: must have at most 64 bytes, has 66'],
  [{ '/annotations': { '': 'x' } }, 'error /annotations/: an annotation must have a name'],

  [{ '/process/args': [] }, 'error /process/args: must have at least one entry: the program to execute'],
  [{ '/process/args': undefined }, 'error /process/args: must have at least one entry: the program to execute'],
  [{ '/process/args': ['', 'x'] }, 'error /process/args/0: must name the program to execute'],
  [{ '/process/cwd': 'tmp' }, 'error /process/cwd: must be absolute, is "tmp"'],
  [{ '/process/cwd': '' }, 'error /process/cwd: must be absolute, is ""'],
  [
    { '/process/env': ['A=1', 'B', '=C', ''] },
    'error /process/env/1: must be NAME=value, is "B"',
    `error /process/env/2: must have a name before '=', is "=C"`,
    'error /process/env/3: must be NAME=value, is ""',
  ],
  [
    { '/process/consoleSize': { height: 65536, width: 80 } },
    'warning /process/consoleSize/height: is beyond 65535: 65536',
  ],
  [{ '/process/user': undefined }, 'warning /process/user: is missing: uid 0 and gid 0 are assumed'],
  [{ '/process/user': { uid: 1 } }, 'warning /process/user/gid: is missing: 0 is assumed'],
  [
    { '/process/user': { uid: 4294967295, gid: 4294967295, additionalGids: [5, 4294967295] } },
    'error /process/user/uid: 4294967295 is not a valid ID',
    'error /process/user/gid: 4294967295 is not a valid ID',
    'error /process/user/additionalGids/1: 4294967295 is not a valid ID',
  ],
  [
    { '/process/user/umask': 777 },
    'warning /process/user/umask: has bits that mean nothing: 777 (the number is decimal: 18 is 0022)',
  ],
  [
    { '/process/capabilities/bounding': ['CAP_CHOWN', 'chown', 'CAP_SYS_ADMN', 'all'] },
    'warning /process/capabilities/bounding/1: "chown" is no capability and is ignored (did you mean "CAP_CHOWN"?)',
    'warning /process/capabilities/bounding/2: "CAP_SYS_ADMN" is no capability and is ignored (did you mean "CAP_SYS_ADMIN"?)',
    'warning /process/capabilities/bounding/3: "all" is no capability and is ignored',
  ],
  [
    { '/process/capabilities/permitted': ['CAP_KILL', 'CAP_AUDIT_WRITE'] },
    'warning /process/capabilities/effective/2: CAP_NET_BIND_SERVICE cannot be effective without being permitted',
  ],
  [
    {
      '/process/rlimits': [
        { type: 'RLIMIT_NOFILES', soft: 1, hard: 1 },
        { type: 'core', soft: 1, hard: 1 },
      ],
    },
    'error /process/rlimits/0/type: "RLIMIT_NOFILES" is no resource limit of Linux (did you mean "RLIMIT_NOFILE"?)',
    'error /process/rlimits/1/type: "core" is no resource limit of Linux (did you mean "RLIMIT_CORE"?)',
  ],
  [
    {
      '/process/rlimits': [
        { type: 'RLIMIT_CORE', soft: 0, hard: 1 },
        { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
      ],
    },
    'error /process/rlimits/1: there is another entry for RLIMIT_CORE',
  ],
  [
    { '/process/rlimits': [{ type: 'RLIMIT_AS', soft: 18446744073709551615n, hard: 18446744073709551614n }] },
    'error /process/rlimits/0: the soft limit (18446744073709551615) must not exceed the hard limit (18446744073709551614)',
  ],
  [{ '/process/oomScoreAdj': -1001 }, 'error /process/oomScoreAdj: must be from -1000 to 1000, is -1001'],
  [{ '/process/oomScoreAdj': 1001 }, 'error /process/oomScoreAdj: must be from -1000 to 1000, is 1001'],
  [
    { '/process/ioPriority': { class: 'IOPRIO_CLASS_BE', priority: 8 } },
    'error /process/ioPriority/priority: must be from 0 to 7, is 8',
  ],
  [
    { '/process/scheduler': { policy: 'SCHED_BATCH', nice: 20 } },
    'error /process/scheduler/nice: must be from -20 to 19, is 20',
  ],
  [
    { '/process/scheduler': { policy: 'SCHED_OTHER', priority: 1 } },
    'error /process/scheduler/priority: is for SCHED_FIFO and SCHED_RR only, not for SCHED_OTHER',
  ],
  [
    { '/process/scheduler': { policy: 'SCHED_FIFO' } },
    'error /process/scheduler/priority: must be from 1 to 99 for SCHED_FIFO, is 0',
  ],
  [
    { '/process/scheduler': { policy: 'SCHED_RR', priority: 1, period: 5 } },
    'error /process/scheduler/period: is for SCHED_DEADLINE only, not for SCHED_RR',
  ],
  [
    { '/process/execCPUAffinity': { initial: '3-1', final: '0,' } },
    'error /process/execCPUAffinity/initial: must be a list such as 0-3,7, is "3-1"',
    'error /process/execCPUAffinity/final: must be a list such as 0-3,7, is "0,"',
  ],
  [
    { '/linux/memoryPolicy': { mode: 'MPOL_DEFAULT', nodes: '0' } },
    'error /linux/memoryPolicy/nodes: must be empty for MPOL_DEFAULT',
  ],
  [
    { '/linux/memoryPolicy': { mode: 'MPOL_BIND' } },
    'error /linux/memoryPolicy/nodes: must name at least one node for MPOL_BIND',
  ],
  [
    { '/linux/memoryPolicy': { mode: 'MPOL_BIND', nodes: '0-' } },
    'error /linux/memoryPolicy/nodes: must be a list such as 0-3,7, is "0-"',
  ],
  [
    { '/linux/memoryPolicy': { mode: 'MPOL_LOCAL', flags: ['MPOL_F_STATIC_NODES', 'MPOL_F_RELATIVE_NODES'] } },
    'error /linux/memoryPolicy/flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other',
  ],

  [
    { '/mounts/0': { ...TMP, destination: 'tmp' } },
    'warning /mounts/0/destination: should be absolute, and is taken as "/tmp"',
  ],
  [{ '/mounts/0': { ...TMP, destination: '' } }, 'error /mounts/0/destination: must not be empty'],
  [
    { '/mounts/0': { ...TMP, destination: '/./..//' } },
    'error /mounts/0/destination: must be a directory below the root of the container',
  ],
  [{ '/mounts/0': { ...TMP, destination: '/a\nb' } }, 'error /mounts/0/destination: must not contain a line break'],
  [{ '/mounts/0': { ...TMP, source: '/a\nb' } }, 'error /mounts/0/source: must not contain a line break'],
  [
    { '/mounts/0': { ...TMP, uidMappings: MAPPINGS } },
    'error /mounts/0: uidMappings and gidMappings must be given together',
  ],
  [
    { '/mounts/0': { ...TMP, options: ['rbind', 'ridmap'] } },
    'error /mounts/0: needs uidMappings and gidMappings to be idmapped: the container has no user namespace to take them from',
  ],

  [{ '/hooks/poststop': [{ path: 'bin/true' }] }, 'error /hooks/poststop/0/path: must be absolute, is "bin/true"'],
  [
    { '/hooks/prestart': [{ path: '/bin/true', timeout: 0 }] },
    'error /hooks/prestart/0/timeout: must be greater than 0 seconds, is 0 (leave it out for no limit)',
  ],

  [
    { '/linux/namespaces': [...NAMESPACES, { type: 'pid', path: '/proc/1/ns/pid' }] },
    'error /linux/namespaces/6: there is another namespace of type pid',
  ],
  [
    { '/linux/namespaces/0': { type: 'pid', path: 'proc/1/ns/pid' } },
    'error /linux/namespaces/0/path: must be absolute, is "proc/1/ns/pid"',
  ],
  [
    { '/linux/timeOffsets': { monotonic: { secs: 1 } } },
    'error /linux/timeOffsets: cannot be set: the container has no time namespace of its own',
  ],
  [
    {
      '/linux/timeOffsets': { monotonic: { secs: 1 } },
      '/linux/namespaces': [...NAMESPACES, { type: 'time', path: '/t' }],
    },
    'error /linux/timeOffsets: cannot be set for a time namespace that is joined by its path',
  ],
  [
    {
      '/linux/timeOffsets': { boottime: { nanosecs: 1000000000 } },
      '/linux/namespaces': [...NAMESPACES, { type: 'time' }],
    },
    'error /linux/timeOffsets/boottime/nanosecs: must be less than a second (1000000000), is 1000000000',
  ],
  [
    { '/linux/netDevices': { eth0: {} }, '/linux/namespaces': without('network') },
    'error /linux/netDevices: the container has no network namespace to move devices to',
  ],
  [
    { '/linux/netDevices': { 'eth:0': {}, eth1: { name: 'a name' } } },
    'error /linux/netDevices/eth:0: is no name of a network device: 1 to 15 bytes without slash, colon and space',
    'error /linux/netDevices/eth1/name: is no name of a network device: 1 to 15 bytes without slash, colon and space',
  ],
  [{ '/linux/maskedPaths': ['/ok', 'proc/x'] }, 'error /linux/maskedPaths/1: must be an absolute path, is "proc/x"'],
  [{ '/linux/readonlyPaths': ['proc/x'] }, 'error /linux/readonlyPaths/0: must be an absolute path, is "proc/x"'],
  [
    { '/linux/namespaces': without('mount') },
    'error /linux/maskedPaths: the container has no mount namespace of its own',
    'error /linux/readonlyPaths: the container has no mount namespace of its own',
  ],
  [
    { '/linux/personality': { domain: 'LINUX32', flags: ['X'] } },
    'warning /linux/personality/flags: have no effect: the specification defines none',
  ],

  [
    { '/linux/uidMappings': MAPPINGS },
    'error /linux/uidMappings: the container has no user namespace to be mapped (add {"type": "user"} to /linux/namespaces)',
  ],
  [
    { ...USERNS, '/linux/gidMappings': [] },
    'error /linux/gidMappings: must have an entry: a new user namespace needs to be mapped',
  ],
  [
    { ...USERNS, '/linux/namespaces': [...NAMESPACES, { type: 'user', path: '/u' }], '/linux/gidMappings': undefined },
    'warning /linux/uidMappings: must be those of the user namespace that is joined by its path',
  ],
  [
    { ...USERNS, '/process/user': { uid: 65536, gid: 65536 } },
    'error /process/user/uid: 65536 is not mapped in the user namespace of the container',
    'error /process/user/gid: 65536 is not mapped in the user namespace of the container',
  ],
  [
    {
      ...USERNS,
      '/linux/uidMappings': Array.from({ length: 341 }, (_, id) => ({ containerID: id, hostID: id, size: 1 })),
    },
    'error /linux/uidMappings: must have at most 340 entries, has 341',
  ],
  [
    { ...USERNS, '/linux/gidMappings/1': { containerID: 70000, hostID: 0, size: 0 } },
    'error /linux/gidMappings/1/size: must not be 0',
  ],
  [
    { ...USERNS, '/linux/gidMappings/1': { containerID: 70000, hostID: 4294967295, size: 1 } },
    'error /linux/gidMappings/1: goes beyond the highest ID, 4294967294',
  ],
  [
    { ...USERNS, '/linux/uidMappings/1': { containerID: 65535, hostID: 0, size: 2 } },
    'error /linux/uidMappings/1: overlaps with entry 0 in the container',
  ],
  [
    {
      ...USERNS,
      '/linux/uidMappings': [
        { containerID: 0, hostID: 50, size: 9 },
        { containerID: 20, hostID: 10, size: 100 },
      ],
    },
    'error /linux/uidMappings/0: overlaps with entry 1 on the host',
  ],
  [
    { '/mounts/0': { ...TMP, uidMappings: [...MAPPINGS, ...MAPPINGS], gidMappings: MAPPINGS } },
    'error /mounts/0/uidMappings/1: overlaps with entry 0 in the container',
    'error /mounts/0/uidMappings/1: overlaps with entry 0 on the host',
  ],

  [
    { '/linux/devices': [{ ...NULL_DEVICE, path: 'dev/null' }] },
    'error /linux/devices/0/path: must be absolute, is "dev/null"',
  ],
  [
    { '/linux/devices': [{ path: '/d', type: 'b', major: 8 }] },
    'error /linux/devices/0/minor: is missing: a device of type b needs one',
  ],
  [
    { '/linux/devices': [{ ...NULL_DEVICE, major: 4096, minor: -1 }] },
    'error /linux/devices/0/major: must be from 0 to 4095, is 4096',
    'error /linux/devices/0/minor: must be from 0 to 1048575, is -1',
  ],
  [
    { '/linux/devices': [{ ...NULL_DEVICE, fileMode: 666 }] },
    'warning /linux/devices/0/fileMode: is decimal: 666 means 01232 (for 0666 write 438)',
  ],
  [
    { '/linux/resources/devices': [{ allow: true, type: 'p', access: 'r' }] },
    'error /linux/resources/devices/0/type: must be a, b or c, is "p"',
  ],
  [
    { '/linux/resources/devices': [{ allow: true, access: 'rx' }, { allow: true }] },
    'error /linux/resources/devices/0/access: must be one or more of r, w and m, is "rx"',
    'error /linux/resources/devices/1/access: must be one or more of r, w and m, is ""',
  ],
  [
    { '/linux/resources/devices': [{ allow: true, access: 'r', major: -2 }] },
    'error /linux/resources/devices/0/major: must be a device number, is -2',
  ],

  [
    { '/linux/resources/memory': { limit: -2 } },
    'error /linux/resources/memory/limit: must be a number of bytes, or -1 for unlimited, is -2',
  ],
  [
    { '/linux/resources/memory': { swap: 100 } },
    'error /linux/resources/memory/swap: needs a limit of memory: it is the limit of both together',
  ],
  [
    { '/linux/resources/memory': { limit: 101, swap: 100 } },
    'error /linux/resources/memory/swap: must not be less than the limit of memory, as it is the limit of both together: 100 < 101',
  ],
  [
    { '/linux/resources/memory': { swappiness: 101 } },
    'error /linux/resources/memory/swappiness: must be from 0 to 100, is 101',
  ],
  [
    { '/linux/resources/cpu': { quota: 1000, burst: 1001 } },
    'error /linux/resources/cpu/burst: must not exceed the quota: 1001 > 1000',
  ],
  [{ '/linux/resources/cpu': { idle: 2 } }, 'error /linux/resources/cpu/idle: must be 0 or 1, is 2'],
  [
    { '/linux/resources/cpu': { quota: 999, period: 1000001 } },
    'error /linux/resources/cpu/quota: must be at least 1000 microseconds, is 999',
    'error /linux/resources/cpu/period: must be from 1000 to 1000000 microseconds, is 1000001',
  ],
  [
    { '/linux/resources/cpu': { cpus: '0;1' } },
    'error /linux/resources/cpu/cpus: must be a list such as 0-3,7, is "0;1"',
  ],
  [
    { '/linux/resources/blockIO': { weight: 9, weightDevice: [{ major: 8, minor: 0, weight: 1001 }] } },
    'error /linux/resources/blockIO/weight: must be from 10 to 1000, is 9',
    'error /linux/resources/blockIO/weightDevice/0/weight: must be from 10 to 1000, is 1001',
  ],
  [
    { '/linux/resources/blockIO': { weightDevice: [{ major: 8, minor: 0 }] } },
    'error /linux/resources/blockIO/weightDevice/0: must have a weight or a leafWeight',
  ],
  [
    { '/linux/resources/rdma': { mlx5_1: {} } },
    'error /linux/resources/rdma/mlx5_1: must have hcaHandles or hcaObjects',
  ],
  [
    { '/linux/resources/unified': { '../x': '1', 'memory.max': '1' } },
    'error /linux/resources/unified/..~1x: is not the name of a file in a cgroup',
  ],
  [
    { '/linux/resources/memory': { kernel: 1, kernelTCP: 1, swappiness: 0, disableOOMKiller: true } },
    ...['kernel', 'kernelTCP', 'swappiness', 'disableOOMKiller'].map(
      (field) => `warning /linux/resources/memory/${field}: has no effect on cgroup v2`,
    ),
  ],
  [
    { '/linux/resources/network': { classID: 1, priorities: [{ name: 'eth0', priority: 1 }] } },
    'warning /linux/resources/network/classID: has no effect on cgroup v2',
    'warning /linux/resources/network/priorities: has no effect on cgroup v2',
  ],

  [
    { '/linux/sysctl': { 'kernel.panic': '1' } },
    'error /linux/sysctl/kernel.panic: is not a parameter of a namespace: it would change the host',
  ],
  [
    { '/linux/sysctl': { 'net.': '1' } },
    'error /linux/sysctl/net.: is not a parameter of a namespace: it would change the host',
  ],
  [
    { '/linux/sysctl': { 'kernel.hostname': 'x' } },
    'error /linux/sysctl/kernel.hostname: must be set by /hostname instead',
  ],
  [
    { '/linux/sysctl': { 'user.max_ipc_namespaces': '1' } },
    'error /linux/sysctl/user.max_ipc_namespaces: would change the host: the container has no user namespace of its own',
  ],
  [
    { '/linux/sysctl': { 'net/ipv4/ip_forward': '1' }, '/linux/namespaces': without('network') },
    'error /linux/sysctl/net~1ipv4~1ip_forward: would change the host: the container has no network namespace of its own',
  ],
  [
    { '/linux/sysctl': { 'fs.mqueue.msg_max': '9' }, '/linux/namespaces': without('ipc') },
    'error /linux/sysctl/fs.mqueue.msg_max: would change the host: the container has no ipc namespace of its own',
  ],

  [
    { '/linux/seccomp': { defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 1 } },
    'error /linux/seccomp/defaultErrnoRet: cannot be set: SCMP_ACT_ALLOW returns no errno',
  ],
  [
    {
      '/linux/seccomp': {
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: [{ names: ['read'], action: 'SCMP_ACT_LOG', errnoRet: 1 }],
      },
    },
    'error /linux/seccomp/syscalls/0/errnoRet: cannot be set: SCMP_ACT_LOG returns no errno',
  ],
  [
    { '/linux/seccomp': { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: [], action: 'SCMP_ACT_KILL' }] } },
    'error /linux/seccomp/syscalls/0/names: must name at least one system call',
  ],
  [
    {
      '/linux/seccomp': {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['a'], action: 'SCMP_ACT_KILL', args: [{ index: 6, value: 1, op: 'SCMP_CMP_EQ' }] }],
      },
    },
    'error /linux/seccomp/syscalls/0/args/0/index: must be from 0 to 5, is 6',
  ],
  [
    { '/linux/seccomp': { defaultAction: 'SCMP_ACT_ALLOW', listenerMetadata: 'x' } },
    'error /linux/seccomp/listenerMetadata: must not be set without listenerPath',
  ],
  [
    { '/linux/seccomp': { defaultAction: 'SCMP_ACT_NOTIFY' } },
    'error /linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be the default: nobody could set the container up any more',
  ],

  [
    { '/linux/intelRdt': { closID: '../x' } },
    'error /linux/intelRdt/closID: must be "/" or the name of a directory, is "../x"',
  ],
  [
    { '/linux/intelRdt': { schemata: ['L3:0=f', 'a\nb'] } },
    'error /linux/intelRdt/schemata/1: must not contain a line break',
  ],
  [{ '/linux/intelRdt': { memBwSchema: 'L3:0=f' } }, 'error /linux/intelRdt/memBwSchema: must start with "MB:"'],
  [
    { '/linux/intelRdt': { memBwSchema: 'MB:0=1\n' } },
    'error /linux/intelRdt/memBwSchema: must not contain a line break',
  ],
  [
    { '/linux/intelRdt': { l3CacheSchema: 'MB:0=1' } },
    'warning /linux/intelRdt/l3CacheSchema: should start with "L3:"',
  ],
];

/** Changes that look odd and are right. */
export const GOOD: readonly Changes[] = [
  { '/ociVersion': '1.0.0' },
  { '/ociVersion': '1.0.2-dev' },
  { '/ociVersion': '1.3.0+dev' },
  { '/ociVersion': '1.99.0-rc.1+build' },
  { '/process': undefined },
  { '/linux': undefined, '/hostname': undefined },
  { '/hostname': '', '/linux/namespaces': without('uts') },
  { '/hostname': 'x'.repeat(64) },
  { '/annotations': { key: '' } },
  { '/process/env': ['A=', 'B=x=y', 'C= '] },
  { '/process/consoleSize': { height: 99999, width: 80 }, '/process/terminal': false },
  { '/process/user': { uid: 4294967294, gid: 0, umask: 511, additionalGids: [] } },
  { '/process/capabilities': {} },
  { '/process/rlimits': [{ type: 'RLIMIT_AS', soft: 18446744073709551615n, hard: 18446744073709551615n }] },
  { '/process/scheduler': { policy: 'SCHED_OTHER', nice: -20, priority: 0, runtime: 0 } },
  { '/process/scheduler': { policy: 'SCHED_DEADLINE', runtime: 5, deadline: 18446744073709551615n, period: 5 } },
  { '/process/execCPUAffinity': { initial: '0-3,7', final: '' } },
  { '/linux/memoryPolicy': { mode: 'MPOL_PREFERRED', nodes: '' } },
  { '/linux/memoryPolicy': { mode: 'MPOL_INTERLEAVE', nodes: '0-3,7', flags: ['MPOL_F_STATIC_NODES'] } },
  { '/mounts/0': { ...TMP, options: ['rbind', 'ridmap'], uidMappings: MAPPINGS, gidMappings: MAPPINGS } },
  { ...USERNS, '/mounts/0': { ...TMP, options: ['bind', 'idmap'] } },
  { '/linux/namespaces/0': { type: 'pid', path: '' } },
  { '/linux/namespaces/2': { type: 'ipc', path: '/proc/1/ns/ipc' } },
  {
    '/linux/timeOffsets': { monotonic: { secs: -5, nanosecs: 999999999 } },
    '/linux/namespaces': [...NAMESPACES, { type: 'time' }],
  },
  { '/linux/timeOffsets': {} },
  { '/linux/netDevices': { eth0: { name: 'container_eth0' }, ens4: {}, 'a%d': { name: 'eth%d' } } },
  { '/linux/maskedPaths': [], '/linux/readonlyPaths': [], '/linux/namespaces': without('mount') },
  { '/linux/uidMappings': [], '/linux/gidMappings': [] },
  { ...USERNS, '/linux/uidMappings': [{ containerID: 0, hostID: 0, size: 4294967295 }] },
  {
    '/linux/devices': [
      NULL_DEVICE,
      { path: '/run/fifo', type: 'p' },
      { path: '/dev/kvm', type: 'c', major: 10, minor: 232, fileMode: 8630 },
    ],
  },
  {
    '/linux/resources/devices': [
      { allow: true, type: 'a', major: -1, minor: -1, access: 'rwm' },
      { allow: false, type: '', access: 'm' },
    ],
  },
  { '/linux/resources/memory': { limit: -1, swap: -1, disableOOMKiller: false } },
  { '/linux/resources/memory': { limit: 100, swap: 100, reservation: 200, kernel: 0, kernelTCP: -1 } },
  { '/linux/resources/memory': { swappiness: 18446744073709551615n } },
  { '/linux/resources/cpu': { quota: -1, burst: 5000, period: 0, shares: 0, cpus: '0-3,7\n', mems: '' } },
  { '/linux/resources/pids': { limit: -1 } },
  { '/linux/resources/blockIO': { weight: 0, weightDevice: [{ major: 8, minor: 0, leafWeight: 500 }] } },
  {
    '/linux/sysctl': {
      'net.ipv4.ip_forward': '1',
      'net/ipv4/conf/eth0.100/forwarding': '1',
      'kernel.domainname': 'x',
      'kernel.shm_rmid_forced': '0',
    },
  },
  { ...USERNS, '/linux/sysctl': { 'user.max_user_namespaces': '1' } },
  {
    '/linux/seccomp': {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 38,
      syscalls: [{ names: ['a'], action: 'SCMP_ACT_TRACE', errnoRet: 1 }],
    },
  },
  { '/linux/intelRdt': { closID: '/', memBwSchema: 'MB:0=20', l3CacheSchema: 'L3:0=f', schemata: ['L3:0=f'] } },
  { '/linux/rootfsPropagation': 'rslave' },
  { '/hooks': { prestart: [], poststop: [{ path: '/bin/true', args: [], env: [], timeout: 1 }] } },
];
