import { baseConfig } from '../support/config.ts';
import { type Json, patched } from '../support/json.ts';

const namespaces = (...types: string[]): Json => types.map((type) => ({ type }));

/**
 * What is mutated. Every program in it is `true`, every mount lies in the rootfs and in a directory of its own, and
 * cgroups bear the name of the test: a change may take away what separates the container from the machine.
 */
export function bases(rootfs: string, name: string): Json[] {
  const base = patched(baseConfig(rootfs), {
    '/process/args': ['true'],
    '/root/readonly': false,
    '/linux/cgroupsPath': `/${name}-cgroup`,
  });
  return [
    base,
    patched(base, {
      '/linux/namespaces': namespaces('pid', 'network', 'ipc', 'uts', 'mount', 'user', 'cgroup'),
      '/linux/uidMappings': [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      '/linux/gidMappings': [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      '/domainname': 'example',
      '/annotations': { one: '1', two: 'a\nb' },
    }),
    patched(base, {
      '/process/rlimits': [
        { type: 'RLIMIT_NOFILE', soft: 100, hard: 200 },
        { type: 'RLIMIT_CORE', soft: 0, hard: 2n ** 64n - 1n },
      ],
      '/process/user': { uid: 1000, gid: 1000, umask: 0o22, additionalGids: [5, 20] },
      '/process/oomScoreAdj': 500,
      '/process/scheduler': { policy: 'SCHED_OTHER', nice: 5 },
      '/process/ioPriority': { class: 'IOPRIO_CLASS_BE', priority: 4 },
      '/linux/personality': { domain: 'LINUX' },
      '/linux/sysctl': { 'kernel.msgmax': '4096', 'net.ipv4.ip_forward': '1' },
      '/linux/namespaces/-': [{ type: 'time' }],
      '/linux/timeOffsets': { monotonic: { secs: 10, nanosecs: 5 }, boottime: { secs: 20 } },
    }),
    patched(base, {
      '/linux/devices': [
        { path: '/dev/own', type: 'c', major: 1, minor: 5, fileMode: 0o640, uid: 1, gid: 2 },
        { path: '/dev/pipe', type: 'p' },
      ],
      '/linux/resources/devices/-': [{ allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' }],
      '/linux/seccomp': {
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
        syscalls: [
          { names: ['getcwd', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
          { names: ['personality'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 8, op: 'SCMP_CMP_EQ' }] },
        ],
      },
      '/mounts/-': [
        { type: 'tmpfs', source: 'tmpfs', destination: '/mnt', options: ['size=1m', 'mode=0700', 'nosuid'] },
        { type: 'bind', source: 'data', destination: '/srv/data', options: ['rbind', 'ro', 'rprivate'] },
      ],
      '/linux/rootfsPropagation': 'rprivate',
    }),
    patched(base, {
      '/hooks': {
        createRuntime: [{ path: '/bin/true', args: ['true', 'a'], env: ['A=b'], timeout: 5 }],
        startContainer: [{ path: '/bin/true' }],
        poststop: [{ path: '/bin/true' }],
      },
    }),
  ];
}

/**
 * What a change could turn against the machine: what is mounted from it or made in it, what hooks run, which cgroup
 * is made and removed. Their types and neighbours are changed all the same, with the pointers around them.
 */
export function isProtected(pointer: string): boolean {
  return /^\/root(\/path)?$|^\/mounts\/\d+\/source$|^\/hooks\/\w+\/\d+\/path$|^\/linux\/cgroupsPath$/.test(pointer);
}
