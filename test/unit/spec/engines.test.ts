/** Configurations as container engines write them: whatever they do, nothing of it may be called an error. */
import { load } from './helpers.ts';

const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

const bind = (source: string, destination: string) => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind', 'rprivate'],
});

const SECCOMP = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  syscalls: [
    { names: ['accept', 'read', 'write'], action: 'SCMP_ACT_ALLOW' },
    { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 4294967295, op: 'SCMP_CMP_EQ' }] },
    { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 2114060288, op: 'SCMP_CMP_MASKED_EQ' }] },
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
    { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 40, op: 'SCMP_CMP_NE' }] },
  ],
};

const docker = {
  ociVersion: '1.2.1',
  process: {
    terminal: true,
    consoleSize: { height: 0, width: 0 },
    user: { uid: 0, gid: 0, additionalGids: [0, 1, 2, 10] },
    args: ['sh'],
    env: ['PATH=/usr/local/sbin:/usr/local/bin', 'HOSTNAME=8a5ef9d2a1bc', 'TERM=xterm', 'EMPTY='],
    cwd: '/',
    capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
    rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1048576, soft: 1048576 }],
    apparmorProfile: 'docker-default',
    oomScoreAdj: 0,
  },
  root: { path: '/var/lib/docker/overlay2/abc/merged' },
  hostname: '8a5ef9d2a1bc',
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro', 'nosuid', 'noexec', 'nodev'] },
    bind('/var/lib/docker/containers/8a/resolv.conf', '/etc/resolv.conf'),
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=67108864'],
    },
  ],
  hooks: {
    prestart: [{ path: '/proc/1234/exe', args: ['libnetwork-setkey', '-exec-root=/var/run/docker', 'id', 'net'] }],
  },
  linux: {
    sysctl: { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' },
    resources: {
      devices: [
        { allow: false, access: 'rwm' },
        { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
        { allow: false, type: 'c', major: 10, minor: 229, access: 'rwm' },
        { allow: true, type: 'c', major: 136, minor: -1, access: 'rwm' },
      ],
      memory: { limit: 536870912, swap: 1073741824, disableOOMKiller: false },
      cpu: { shares: 0, quota: 50000, period: 100000 },
      pids: { limit: -1 },
      blockIO: { weight: 0 },
    },
    cgroupsPath: 'system.slice:docker:8a5ef9d2a1bc',
    namespaces: [
      { type: 'mount' },
      { type: 'network' },
      { type: 'uts' },
      { type: 'pid' },
      { type: 'ipc' },
      { type: 'cgroup' },
    ],
    seccomp: SECCOMP,
    maskedPaths: ['/proc/acpi', '/sys/firmware', '/sys/devices/virtual/powercap'],
    readonlyPaths: ['/proc/bus', '/proc/sysrq-trigger'],
  },
};

const dockerPrivilegedHost = {
  ...docker,
  hostname: undefined,
  process: { ...docker.process, apparmorProfile: 'unconfined' },
  linux: {
    resources: { devices: [{ allow: true, access: 'rwm' }], memory: { disableOOMKiller: false } },
    cgroupsPath: '/docker/8a5ef9d2a1bc',
    namespaces: [{ type: 'mount' }, { type: 'ipc', path: '/proc/99/ns/ipc' }],
    devices: [
      { path: '/dev/kvm', type: 'c', major: 10, minor: 232, fileMode: 8624, uid: 0, gid: 106 },
      { path: '/dev/initctl', type: 'p', major: 0, minor: 0, fileMode: 384, uid: 0, gid: 0 },
    ],
    rootfsPropagation: 'rslave',
  },
};

const podman = {
  ociVersion: '1.1.0+dev',
  process: {
    user: { uid: 0, gid: 0, umask: 18, additionalGids: [0] },
    args: ['top'],
    env: ['PATH=/usr/bin', 'container=podman', 'HOME=/root'],
    cwd: '/',
    capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES, inheritable: [] },
    rlimits: [
      { type: 'RLIMIT_NOFILE', hard: 524288, soft: 524288 },
      { type: 'RLIMIT_NPROC', hard: 4194304n, soft: 4194304n },
      { type: 'RLIMIT_MEMLOCK', hard: 18446744073709551615n, soft: 18446744073709551615n },
    ],
    selinuxLabel: 'system_u:system_r:container_t:s0:c1,c2',
  },
  root: { path: '/home/u/.local/share/containers/storage/overlay/x/merged' },
  hostname: 'e2f',
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
    },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: ['rprivate', 'nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
    },
    { destination: '/etc/hosts', type: 'bind', source: '/run/user/1000/hosts', options: ['bind', 'rprivate'] },
    { destination: '/data', type: 'bind', source: '/srv/data', options: ['rbind', 'idmap'] },
  ],
  annotations: {
    'io.container.manager': 'libpod',
    'org.opencontainers.image.stopSignal': '15',
    'run.oci.keep_original_groups': '1',
  },
  linux: {
    uidMappings: [
      { containerID: 0, hostID: 1000, size: 1 },
      { containerID: 1, hostID: 100000, size: 65536 },
    ],
    gidMappings: [
      { containerID: 0, hostID: 1000, size: 1 },
      { containerID: 1, hostID: 100000, size: 65536 },
    ],
    sysctl: { 'net.ipv4.ping_group_range': '0 0' },
    resources: { devices: [{ allow: false, access: 'rwm' }], pids: { limit: 2048 }, unified: { 'memory.high': 'max' } },
    cgroupsPath: 'user.slice:libpod:e2f',
    namespaces: [
      { type: 'pid' },
      { type: 'network', path: '/run/user/1000/netns/netns-1' },
      { type: 'ipc' },
      { type: 'uts' },
      { type: 'mount' },
      { type: 'cgroup' },
      { type: 'user' },
    ],
    seccomp: { ...SECCOMP, defaultErrnoRet: 38 },
    maskedPaths: ['/proc/acpi'],
    mountLabel: 'system_u:object_r:container_file_t:s0:c1,c2',
    rootfsPropagation: 'rprivate',
  },
};

const kubernetesPause = {
  ociVersion: '1.2.0',
  process: {
    user: { uid: 65535, gid: 65535, additionalGids: [65535] },
    args: ['/pause'],
    env: ['PATH=/usr/bin'],
    cwd: '/',
    capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
    noNewPrivileges: true,
    oomScoreAdj: -998,
  },
  root: { path: 'rootfs', readonly: true },
  hostname: 'pod-1',
  mounts: [
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/etc/resolv.conf',
      type: 'bind',
      source: '/var/lib/x/resolv.conf',
      options: ['rbind', 'ro', 'nosuid', 'nodev', 'noexec'],
    },
    {
      destination: '/var/lib/data',
      type: 'bind',
      source: '/var/lib/kubelet/pods/1/volumes/v',
      options: ['rbind', 'rprivate', 'rw'],
      uidMappings: [{ containerID: 0, hostID: 2147418112, size: 65536 }],
      gidMappings: [{ containerID: 0, hostID: 2147418112, size: 65536 }],
    },
  ],
  annotations: { 'io.kubernetes.cri.container-type': 'sandbox', 'io.kubernetes.cri.sandbox-id': '' },
  linux: {
    uidMappings: [{ containerID: 0, hostID: 2147418112, size: 65536 }],
    gidMappings: [{ containerID: 0, hostID: 2147418112, size: 65536 }],
    resources: {
      devices: [{ allow: false, access: 'rwm' }],
      cpu: { shares: 2 },
      hugepageLimits: [{ pageSize: '2MB', limit: 0 }],
      unified: { 'memory.oom.group': '1', 'memory.swap.max': '0' },
    },
    cgroupsPath: 'kubepods-besteffort-pod1.slice:cri-containerd:abc',
    namespaces: [
      { type: 'pid' },
      { type: 'ipc' },
      { type: 'uts' },
      { type: 'mount' },
      { type: 'network', path: '/var/run/netns/cni-1' },
      { type: 'user' },
      { type: 'cgroup' },
    ],
    seccomp: { defaultAction: 'SCMP_ACT_ERRNO', architectures: [], syscalls: [] },
    maskedPaths: ['/proc/acpi'],
    readonlyPaths: ['/proc/bus'],
  },
};

const buildah = {
  ociVersion: '1.0.2-dev',
  process: {
    terminal: false,
    user: { uid: 0, gid: 0 },
    args: ['/bin/sh', '-c', 'apk add curl'],
    env: ['PATH=/usr/bin', 'HOME=/root'],
    cwd: '/',
    capabilities: {
      bounding: ['CAP_CHOWN'],
      effective: ['CAP_CHOWN'],
      inheritable: ['CAP_CHOWN'],
      permitted: ['CAP_CHOWN'],
      ambient: ['CAP_CHOWN'],
    },
  },
  root: { path: 'mnt/rootfs' },
  mounts: [
    { destination: '/run/.containerenv', type: 'bind', source: '/tmp/buildah/run', options: ['bind', 'rprivate'] },
  ],
  hooks: {},
  annotations: { 'run.oci.hooks.stderr': '/dev/null' },
  linux: {
    resources: {},
    namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'uts' }, { type: 'ipc' }],
    devices: null,
    maskedPaths: [],
    seccomp: null,
  },
};

test.each([
  ['docker', docker],
  ['docker --privileged --net=host --uts=host', dockerPrivilegedHost],
  ['podman, rootless', podman],
  ['containerd for Kubernetes, in a user namespace', kubernetesPause],
])('%s has no problems', (_name, config) => {
  expect(load(config).problems).toEqual([]);
});

test('buildah has no problems but its nulls, if it writes some', () => {
  const { config, problems } = load(buildah);
  expect(config).toBeDefined();
  expect(problems.map(({ severity, pointer }) => [severity, pointer])).toEqual([
    ['warning', '/linux/devices'],
    ['warning', '/linux/seccomp'],
  ]);
});
