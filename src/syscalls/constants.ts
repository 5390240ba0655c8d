/**
 * The kernel's flags and choices by name, one table per vocabulary. Callers write the names; the numbers
 * stay here. The values are those of the uapi headers and, unless a comment says otherwise, the same on
 * x86_64 and aarch64.
 */
export type Table = Readonly<Record<string, number>>;

/** The sum of named flags. Addition, since some (CLONE_INTO_CGROUP) lie above bit 31. */
export function bitsOf<T extends Table>(table: T, names: readonly (keyof T & string)[]): number {
  let bits = 0;
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (name !== undefined && (i === 0 || names.indexOf(name) === i)) bits += table[name] ?? 0;
  }
  return bits;
}

/** fcntl.h. These are the values of x86_64; those of aarch64 follow. */
export const openFlags = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NOCTTY: 0o400,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_DIRECTORY: 0o200000,
  O_NOFOLLOW: 0o400000,
  O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000,
  /** Contains O_DIRECTORY. */
  O_TMPFILE: 0o20200000,
} as const;

/** asm/fcntl.h of arm64 exchanges some. */
export const openFlagsAarch64: Record<keyof typeof openFlags, number> = {
  ...openFlags,
  O_DIRECTORY: 0o40000,
  O_NOFOLLOW: 0o100000,
  O_TMPFILE: 0o20040000,
};

export const resolveFlags = {
  RESOLVE_NO_XDEV: 0x01,
  RESOLVE_NO_MAGICLINKS: 0x02,
  RESOLVE_NO_SYMLINKS: 0x04,
  RESOLVE_BENEATH: 0x08,
  RESOLVE_IN_ROOT: 0x10,
} as const;

export const atFlags = {
  AT_SYMLINK_NOFOLLOW: 0x100,
  AT_EACCESS: 0x200,
  AT_REMOVEDIR: 0x200,
  AT_SYMLINK_FOLLOW: 0x400,
  AT_EMPTY_PATH: 0x1000,
  AT_RECURSIVE: 0x8000,
} as const;

/** `dirfd` that stands for the current directory. */
export const AT_FDCWD = -100;

export const accessModes = { F_OK: 0, X_OK: 1, W_OK: 2, R_OK: 4 } as const;

/** sched.h. CLONE_NEWTIME shares its bit with the old exit signal: only clone3, unshare and setns know it. */
export const cloneFlags = {
  CLONE_NEWTIME: 0x80,
  CLONE_VM: 0x100,
  CLONE_PIDFD: 0x1000,
  CLONE_PARENT: 0x8000,
  CLONE_NEWNS: 0x20000,
  CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
  CLONE_CLEAR_SIGHAND: 0x100000000,
  CLONE_INTO_CGROUP: 0x200000000,
} as const;

/** mount(2) flags that have no counterpart as attributes: propagation, and what makes mount do other jobs. */
export const mountFlags = {
  MS_RDONLY: 1,
  MS_NOSUID: 2,
  MS_NODEV: 4,
  MS_NOEXEC: 8,
  MS_SYNCHRONOUS: 16,
  MS_REMOUNT: 32,
  MS_MANDLOCK: 64,
  MS_DIRSYNC: 128,
  MS_NOSYMFOLLOW: 256,
  MS_NOATIME: 1024,
  MS_NODIRATIME: 2048,
  MS_BIND: 4096,
  MS_MOVE: 8192,
  MS_REC: 16384,
  MS_SILENT: 32768,
  MS_UNBINDABLE: 1 << 17,
  MS_PRIVATE: 1 << 18,
  MS_SLAVE: 1 << 19,
  MS_SHARED: 1 << 20,
  MS_STRICTATIME: 1 << 24,
  MS_LAZYTIME: 1 << 25,
} as const;

/** The propagation field of struct mount_attr. */
export const propagations = {
  MS_UNBINDABLE: 1 << 17,
  MS_PRIVATE: 1 << 18,
  MS_SLAVE: 1 << 19,
  MS_SHARED: 1 << 20,
} as const;

export const mountAttributes = {
  MOUNT_ATTR_RDONLY: 0x1,
  MOUNT_ATTR_NOSUID: 0x2,
  MOUNT_ATTR_NODEV: 0x4,
  MOUNT_ATTR_NOEXEC: 0x8,
  MOUNT_ATTR_NOATIME: 0x10,
  MOUNT_ATTR_STRICTATIME: 0x20,
  MOUNT_ATTR__ATIME: 0x70,
  MOUNT_ATTR_NODIRATIME: 0x80,
  MOUNT_ATTR_IDMAP: 0x100000,
  MOUNT_ATTR_NOSYMFOLLOW: 0x200000,
} as const;

export const openTreeFlags = {
  OPEN_TREE_CLONE: 1,
  AT_SYMLINK_NOFOLLOW: 0x100,
  AT_EMPTY_PATH: 0x1000,
  AT_RECURSIVE: 0x8000,
  OPEN_TREE_CLOEXEC: 0o2000000,
} as const;

export const moveMountFlags = {
  MOVE_MOUNT_F_EMPTY_PATH: 0x4,
  MOVE_MOUNT_T_EMPTY_PATH: 0x40,
} as const;

export const fsopenFlags = { FSOPEN_CLOEXEC: 1 } as const;
export const fspickFlags = { FSPICK_CLOEXEC: 1, FSPICK_EMPTY_PATH: 8 } as const;
export const fsmountFlags = { FSMOUNT_CLOEXEC: 1 } as const;
export const fsconfigCommands = {
  FSCONFIG_SET_FLAG: 0,
  FSCONFIG_SET_STRING: 1,
  FSCONFIG_CMD_CREATE: 6,
  FSCONFIG_CMD_RECONFIGURE: 7,
} as const;

export const umountFlags = { MNT_DETACH: 2, UMOUNT_NOFOLLOW: 8 } as const;

/** Type bits of mknod(2) and st_mode. */
export const fileTypes = {
  S_IFIFO: 0o010000,
  S_IFCHR: 0o020000,
  S_IFDIR: 0o040000,
  S_IFBLK: 0o060000,
  S_IFREG: 0o100000,
  S_IFLNK: 0o120000,
  S_IFSOCK: 0o140000,
} as const;
export const S_IFMT = 0o170000;

export const statxMask = { STATX_BASIC_STATS: 0x7ff, STATX_MNT_ID: 0x1000 } as const;

/** statfs f_flags: the C library's sys/statvfs.h. */
export const statfsFlags = {
  ST_RDONLY: 1,
  ST_NOSUID: 2,
  ST_NODEV: 4,
  ST_NOEXEC: 8,
  ST_NOATIME: 1024,
  ST_NODIRATIME: 2048,
  ST_RELATIME: 4096,
} as const;

/** statfs f_type: linux/magic.h. */
export const superMagic = {
  PROC_SUPER_MAGIC: 0x9fa0,
  SYSFS_MAGIC: 0x62656572,
  TMPFS_MAGIC: 0x01021994,
  CGROUP2_SUPER_MAGIC: 0x63677270,
  DEVPTS_SUPER_MAGIC: 0x1cd1,
  NSFS_MAGIC: 0x6e736673,
  SELINUX_MAGIC: 0xf97cff8c,
  RDTGROUP_SUPER_MAGIC: 0x7655821,
} as const;

export const prctlOptions = {
  PR_SET_PDEATHSIG: 1,
  PR_SET_DUMPABLE: 4,
  PR_SET_KEEPCAPS: 8,
  PR_SET_NAME: 15,
  PR_CAPBSET_DROP: 24,
  PR_SET_NO_NEW_PRIVS: 38,
  PR_SET_CHILD_SUBREAPER: 36,
  PR_CAP_AMBIENT: 47,
} as const;
export const ambientCommands = { PR_CAP_AMBIENT_RAISE: 2, PR_CAP_AMBIENT_CLEAR_ALL: 4 } as const;

export const capabilityVersion = { _LINUX_CAPABILITY_VERSION_3: 0x20080522 } as const;

/** fcntl(2), F_SETFD. */
export const descriptorFlags = { FD_CLOEXEC: 1 } as const;

export const memfdFlags = { MFD_CLOEXEC: 1, MFD_ALLOW_SEALING: 2, MFD_EXEC: 0x10 } as const;
export const fcntlCommands = {
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  F_ADD_SEALS: 1033,
  F_GET_SEALS: 1034,
} as const;
export const seals = {
  F_SEAL_SEAL: 1,
  F_SEAL_SHRINK: 2,
  F_SEAL_GROW: 4,
  F_SEAL_WRITE: 8,
  F_SEAL_FUTURE_WRITE: 16,
  F_SEAL_EXEC: 32,
} as const;

export const socketDomains = { AF_UNIX: 1, AF_NETLINK: 16 } as const;
export const socketTypes = {
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_SEQPACKET: 5,
  SOCK_CLOEXEC: 0o2000000,
} as const;
export const socketLevels = { SOL_SOCKET: 1 } as const;
export const socketOptions = { SO_PEERCRED: 17, SO_SNDTIMEO: 21 } as const;
export const messageFlags = { MSG_PEEK: 2, MSG_NOSIGNAL: 0x4000, MSG_CMSG_CLOEXEC: 0x40000000 } as const;
export const SCM_RIGHTS = 1;

/** linux/netlink.h. */
export const netlinkMessages = { NLMSG_ERROR: 2, NLMSG_DONE: 3 } as const;
export const netlinkFlags = {
  NLM_F_REQUEST: 0x01,
  NLM_F_ACK: 0x04,
  NLM_F_REPLACE: 0x100,
  NLM_F_CREATE: 0x400,
  /** NLM_F_ROOT and NLM_F_MATCH. */
  NLM_F_DUMP: 0x300,
} as const;
/** linux/rtnetlink.h. */
export const routeMessages = { RTM_NEWLINK: 16, RTM_GETLINK: 18, RTM_NEWADDR: 20, RTM_GETADDR: 22 } as const;
export const RT_SCOPE_UNIVERSE = 0;
/** linux/if_link.h, linux/if_addr.h. */
export const linkAttributes = { IFLA_IFNAME: 3, IFLA_NET_NS_FD: 28 } as const;
export const addressAttributes = { IFA_ADDRESS: 1, IFA_LOCAL: 2, IFA_BROADCAST: 4 } as const;
export const addressFlags = { IFA_F_PERMANENT: 0x80 } as const;

/** linux/sockios.h, linux/nsfs.h, asm-generic/ioctls.h. */
export const ioctls = {
  SIOCSIFFLAGS: 0x8914,
  NS_GET_NSTYPE: 0xb703,
  TCGETS: 0x5401,
  TCSETS: 0x5402,
  TIOCSCTTY: 0x540e,
  TIOCGWINSZ: 0x5413,
  TIOCSWINSZ: 0x5414,
  TIOCGPTN: 0x80045430,
  TIOCSPTLCK: 0x40045431,
  TIOCGPTPEER: 0x5441,
} as const;
/** asm-generic/termbits.h. */
export const inputModes = {
  IGNBRK: 0o1,
  BRKINT: 0o2,
  PARMRK: 0o10,
  ISTRIP: 0o40,
  INLCR: 0o100,
  IGNCR: 0o200,
  ICRNL: 0o400,
  IXON: 0o2000,
} as const;
export const outputModes = { OPOST: 0o1, ONLCR: 0o4 } as const;
export const controlModes = { CSIZE: 0o60, CS8: 0o60, PARENB: 0o400 } as const;
export const localModes = { ISIG: 0o1, ICANON: 0o2, ECHO: 0o10, ECHONL: 0o100, IEXTEN: 0o100000 } as const;
/** Places in c_cc. */
export const controlCharacters = { VEOF: 4, VTIME: 5, VMIN: 6 } as const;
/** linux/major.h. */
export const UNIX98_PTY_SLAVE_MAJOR = 136;
export const TTYAUX_MAJOR = 5;
/** net/if.h. */
export const interfaceFlags = { IFF_UP: 1 } as const;

/** sched.h. SCHED_ISO has a number, but no kernel has it. */
export const schedulerPolicies = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
} as const;
/** linux/sched.h. */
export const schedulerFlags = {
  SCHED_FLAG_RESET_ON_FORK: 0x01,
  SCHED_FLAG_RECLAIM: 0x02,
  SCHED_FLAG_DL_OVERRUN: 0x04,
  SCHED_FLAG_KEEP_POLICY: 0x08,
  SCHED_FLAG_KEEP_PARAMS: 0x10,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
} as const;

/** linux/ioprio.h. */
export const ioprioWho = { IOPRIO_WHO_PROCESS: 1 } as const;
export const ioprioClasses = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 } as const;
export const IOPRIO_CLASS_SHIFT = 13;

/** linux/personality.h. */
export const personalities = { PER_LINUX: 0, PER_LINUX32: 8 } as const;

/** linux/mempolicy.h. */
export const memoryPolicyModes = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
} as const;
export const memoryPolicyFlags = {
  MPOL_F_STATIC_NODES: 1 << 15,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_NUMA_BALANCING: 1 << 13,
} as const;

export const madviseAdvice = { MADV_DONTNEED: 4 } as const;
export const closeRangeFlags = { CLOSE_RANGE_CLOEXEC: 4 } as const;
export const flockOperations = { LOCK_SH: 1, LOCK_EX: 2, LOCK_NB: 4, LOCK_UN: 8 } as const;
export const waitOptions = { WNOHANG: 1, __WALL: 0x40000000 } as const;
export const pollEvents = { POLLIN: 1, POLLPRI: 2, POLLOUT: 4, POLLERR: 8, POLLHUP: 16 } as const;

export const keyctlOperations = {
  KEYCTL_JOIN_SESSION_KEYRING: 1,
  KEYCTL_SETPERM: 5,
  KEYCTL_DESCRIBE: 6,
} as const;

/** asm-generic/resource.h; the specification's names. */
export const rlimits = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
} as const;

/** linux/capability.h, in the kernel's order: the value is the bit. */
export const capabilities = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_FOWNER: 3,
  CAP_FSETID: 4,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SETPCAP: 8,
  CAP_LINUX_IMMUTABLE: 9,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_BROADCAST: 11,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_IPC_LOCK: 14,
  CAP_IPC_OWNER: 15,
  CAP_SYS_MODULE: 16,
  CAP_SYS_RAWIO: 17,
  CAP_SYS_CHROOT: 18,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_PACCT: 20,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_BOOT: 22,
  CAP_SYS_NICE: 23,
  CAP_SYS_RESOURCE: 24,
  CAP_SYS_TIME: 25,
  CAP_SYS_TTY_CONFIG: 26,
  CAP_MKNOD: 27,
  CAP_LEASE: 28,
  CAP_AUDIT_WRITE: 29,
  CAP_AUDIT_CONTROL: 30,
  CAP_SETFCAP: 31,
  CAP_MAC_OVERRIDE: 32,
  CAP_MAC_ADMIN: 33,
  CAP_SYSLOG: 34,
  CAP_WAKE_ALARM: 35,
  CAP_BLOCK_SUSPEND: 36,
  CAP_AUDIT_READ: 37,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
  CAP_CHECKPOINT_RESTORE: 40,
} as const;

export const bpfCommands = {
  BPF_PROG_LOAD: 5,
  BPF_PROG_ATTACH: 8,
  BPF_PROG_DETACH: 9,
  BPF_PROG_GET_FD_BY_ID: 13,
  BPF_PROG_QUERY: 16,
} as const;
export const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
export const BPF_CGROUP_DEVICE = 6;
export const bpfAttachFlags = { BPF_F_ALLOW_MULTI: 2, BPF_F_REPLACE: 4 } as const;

/** linux/seccomp.h. */
export const seccompOperations = { SECCOMP_SET_MODE_FILTER: 1 } as const;
export const seccompFilterFlags = {
  SECCOMP_FILTER_FLAG_TSYNC: 1,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_NEW_LISTENER: 8,
  /** Linux 5.19. */
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
} as const;
/** What a filter returns; the lower 16 bits are data. */
export const seccompReturns = {
  SECCOMP_RET_KILL_PROCESS: 0x80000000,
  SECCOMP_RET_KILL_THREAD: 0,
  SECCOMP_RET_TRAP: 0x30000,
  SECCOMP_RET_ERRNO: 0x50000,
  SECCOMP_RET_USER_NOTIF: 0x7fc00000,
  SECCOMP_RET_TRACE: 0x7ff00000,
  SECCOMP_RET_LOG: 0x7ffc0000,
  SECCOMP_RET_ALLOW: 0x7fff0000,
} as const;

/** linux/audit.h. x32 shares that of x86_64. */
export const auditArches = { AUDIT_ARCH_X86_64: 0xc000003e, AUDIT_ARCH_AARCH64: 0xc00000b7 } as const;

export const mmapProtections = { PROT_READ: 1, PROT_WRITE: 2, PROT_EXEC: 4 } as const;
export const SIGKILL = 9;
export const SIGSEGV = 11;
export const SIGPIPE = 13;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGTSTP = 20;
export const SIGTTIN = 21;
export const SIGTTOU = 22;
export const SIGWINCH = 28;
export const sigprocmaskHow = { SIG_BLOCK: 0, SIG_UNBLOCK: 1, SIG_SETMASK: 2 } as const;
export const dispositions = { SIG_DFL: 0, SIG_IGN: 1 } as const;
export const sigactionFlags = {
  SA_SIGINFO: 4,
  SA_RESTORER: 0x04000000,
  SA_ONSTACK: 0x08000000,
  SA_RESTART: 0x10000000,
} as const;
