/** What becomes of each field of config.json; docs/conformance.md is written from it. */
export interface FieldRow {
  /** JSON pointers; `*` stands for any index or key, and a row covers what lies below unless another row does. */
  readonly fields: readonly string[];
  readonly state: 'supported' | 'ignored';
  readonly remarks: string;
}

function row(state: FieldRow['state'], fields: string, remarks = ''): FieldRow {
  return { fields: fields.split(' '), state, remarks };
}

const supported = (fields: string, remarks?: string): FieldRow => row('supported', fields, remarks);
const ignored = (fields: string, why: string): FieldRow => row('ignored', fields, why);

export const fieldTables = {
  topLevel: [
    supported('/ociVersion', 'any 1.x.y, also pre-releases; another major version is an error'),
    supported('/root/path', 'required; absolute or relative to the bundle, and no part of it a symlink'),
    supported('/root/readonly'),
    supported('/hostname', 'needs a UTS namespace; at most 64 bytes'),
    supported('/domainname', 'as `/hostname`'),
    supported(
      '/annotations',
      "kept and shown by `state`. Two of crun's change what is done: `run.oci.keep_original_groups` (`1`: the caller's supplementary groups stay) and `run.oci.mount_context_type` (`context`, `fscontext`, `defcontext` or `rootcontext` gets the mount label). `org.systemd.property.NAME` sets a property of the container's unit, with the systemd cgroup driver",
    ),
    ignored('/solaris /windows /vm /zos /freebsd', 'other platforms'),
  ],
  hooks: [
    supported(
      '/hooks/prestart/*/path /hooks/prestart/*/args /hooks/prestart/*/env /hooks/prestart/*/timeout',
      'in the runtime’s namespaces, in the bundle, once the container is mounted and before its root is changed; cgroup limits are set',
    ),
    supported(
      '/hooks/createRuntime/*/path /hooks/createRuntime/*/args /hooks/createRuntime/*/env /hooks/createRuntime/*/timeout',
      'the same, after prestart',
    ),
    supported(
      '/hooks/createContainer/*/path /hooks/createContainer/*/args /hooks/createContainer/*/env /hooks/createContainer/*/timeout',
      'in the container’s namespaces, in its rootfs, before its root is changed: `path` is one of the host',
    ),
    supported(
      '/hooks/startContainer/*/path /hooks/startContainer/*/args /hooks/startContainer/*/env /hooks/startContainer/*/timeout',
      'inside the container, at `start`, confined as its program is: user, capabilities, no_new_privs, limits',
    ),
    supported(
      '/hooks/poststart/*/path /hooks/poststart/*/args /hooks/poststart/*/env /hooks/poststart/*/timeout',
      'in the runtime’s namespaces, when the program runs. A failure stops the container and fails `start`',
    ),
    supported(
      '/hooks/poststop/*/path /hooks/poststop/*/args /hooks/poststop/*/env /hooks/poststop/*/timeout',
      'the same, after `delete`, and after a create that failed once it had a process. A failure is a warning, the others run',
    ),
  ],
  process: [
    supported(
      '/process/terminal',
      "of the devpts that is mounted on the container's `/dev/pts`, and bound to its `/dev/console`",
    ),
    supported(
      '/process/consoleSize/height /process/consoleSize/width',
      'if neither is 0; without a terminal they mean nothing',
    ),
    supported('/process/cwd', 'made if it is missing; root or the user of the container must be able to enter it'),
    supported(
      '/process/env',
      "of two entries with one name the last counts; `HOME` is added from the container's `/etc/passwd`",
    ),
    supported('/process/args', "looked up in the container's `PATH` as its user, at `create` and again at `start`"),
    ignored('/process/commandLine', 'Windows only'),
    supported('/process/user/uid /process/user/gid', '0 if absent, with a warning'),
    supported('/process/user/additionalGids', "an empty list drops the host's groups"),
    supported('/process/user/umask', '0022 if absent'),
    ignored('/process/user/username', 'Windows only'),
    supported(
      '/process/capabilities/bounding',
      'names that are no capability are ignored with a warning, in all five sets',
    ),
    supported('/process/capabilities/effective'),
    supported('/process/capabilities/inheritable'),
    supported('/process/capabilities/permitted'),
    supported('/process/capabilities/ambient', 'one that cannot be raised is left out, as the specification allows'),
    supported('/process/rlimits/*/type', 'twice the same type is an error'),
    supported('/process/rlimits/*/soft /process/rlimits/*/hard', 'all 64 bits'),
    supported('/process/noNewPrivileges'),
    supported('/process/oomScoreAdj'),
    supported(
      '/process/apparmorProfile',
      'an error where AppArmor is off or the profile is not loaded; with no_new_privs stacked on the profile of a confined caller',
    ),
    supported('/process/selinuxLabel', 'of the program and of the session keyring; an error where SELinux is off'),
    supported('/process/scheduler/policy', '`SCHED_ISO` is an error: no kernel has it'),
    supported('/process/scheduler/nice /process/scheduler/priority /process/scheduler/flags'),
    supported(
      '/process/scheduler/runtime /process/scheduler/deadline /process/scheduler/period',
      'for `SCHED_DEADLINE` only',
    ),
    supported('/process/ioPriority/class /process/ioPriority/priority', 'priority 0 if absent'),
    supported(
      '/process/execCPUAffinity/initial /process/execCPUAffinity/final',
      'by `exec` only, as the specification says: before it enters the cgroup, and after. Without either the CPUs of the caller do not count',
    ),
  ],
  mounts: [
    supported('/mounts/*/destination', 'resolved inside the rootfs, whatever links it has; what is missing is created'),
    supported('/mounts/*/type', '`bind`, or a file system of the kernel; `cgroup` means cgroup2'),
    supported('/mounts/*/source', 'of a bind mount, relative to the bundle'),
    supported('/mounts/*/options', 'but see below'),
    supported(
      '/mounts/*/uidMappings/*/containerID /mounts/*/uidMappings/*/hostID /mounts/*/uidMappings/*/size',
      "without them `idmap` takes the container's user namespace",
    ),
    supported(
      '/mounts/*/gidMappings/*/containerID /mounts/*/gidMappings/*/hostID /mounts/*/gidMappings/*/size',
      'together with `uidMappings` only',
    ),
  ],
  linux: [
    supported(
      '/linux/namespaces/*/type',
      'a caller without root, or without CAP_SYS_ADMIN, gets a `user` where there is none: see below',
    ),
    supported(
      '/linux/namespaces/*/path',
      'all are opened, and their types verified, before any is joined; for `mount` see below',
    ),
    supported(
      '/linux/uidMappings/*/containerID /linux/uidMappings/*/hostID /linux/uidMappings/*/size',
      'one write; where the kernel refuses that to the caller, by `newuidmap`',
    ),
    supported(
      '/linux/gidMappings/*/containerID /linux/gidMappings/*/hostID /linux/gidMappings/*/size',
      "as above, by `newgidmap`. `setgroups` is denied only where the caller's own group alone is mapped without privilege; `/process/user/additionalGids` is an error then, and with runc always if rootless",
    ),
    supported('/linux/timeOffsets/boottime/secs /linux/timeOffsets/boottime/nanosecs'),
    supported('/linux/timeOffsets/monotonic/secs /linux/timeOffsets/monotonic/nanosecs'),
    supported('/linux/devices/*/path /linux/devices/*/type', 'a node that exists must be the one asked for'),
    supported('/linux/devices/*/major /linux/devices/*/minor', 'needed unless the type is `p`'),
    supported(
      '/linux/devices/*/fileMode /linux/devices/*/uid /linux/devices/*/gid',
      "0666, 0 and 0 if absent. In a user namespace the host's node is bound in as it is",
    ),
    supported(
      '/linux/cgroupsPath',
      "a path with the cgroupfs driver, `slice:prefix:name` with the systemd driver. With a user and a cgroup namespace and a writable cgroup mount the cgroup belongs to the container's root",
    ),
    supported('/linux/sysctl', "parameters of the container's own namespaces only"),
    supported('/linux/rootfsPropagation', '`rslave` if absent; also the recursive forms'),
    supported('/linux/maskedPaths /linux/readonlyPaths', 'paths that do not exist are skipped'),
    supported(
      '/linux/netDevices/*/name',
      'permanent addresses of global scope come along; the device is up in the container',
    ),
    supported(
      '/linux/seccomp/defaultAction /linux/seccomp/syscalls/*/action',
      'by libseccomp, which has to be installed. A rule that says what the default says is left out. `SCMP_ACT_NOTIFY` not for `write`',
    ),
    supported(
      '/linux/seccomp/defaultErrnoRet /linux/seccomp/syscalls/*/errnoRet',
      'EPERM if absent; at most 4094, or 65535 for `SCMP_ACT_TRACE`; an error for actions that return none',
    ),
    supported('/linux/seccomp/architectures', "and always the machine's own"),
    supported(
      '/linux/seccomp/flags',
      'if absent, `SECCOMP_FILTER_FLAG_SPEC_ALLOW`; `SECCOMP_FILTER_FLAG_TSYNC` changes nothing for a single thread',
    ),
    supported(
      '/linux/seccomp/listenerPath /linux/seccomp/listenerMetadata',
      'ignored if no rule notifies. The agent gets its listener at `create`; from a profile that forbids `accept4`, at `start`',
    ),
    supported(
      '/linux/seccomp/syscalls/*/names',
      'names that libseccomp does not know are ignored; calls newer than the newest name fail with ENOSYS, unless the default lets them pass',
    ),
    supported(
      '/linux/seccomp/syscalls/*/args/*/index /linux/seccomp/syscalls/*/args/*/op',
      'conditions on different arguments must all hold; two on one argument make all of the rule alternatives',
    ),
    supported('/linux/seccomp/syscalls/*/args/*/value /linux/seccomp/syscalls/*/args/*/valueTwo', 'all 64 bits'),
    supported('/linux/mountLabel', 'left out, with a remark in the debug log, where SELinux is off'),
    supported('/linux/intelRdt/closID', "the container's ID if absent; an error where resctrl is not mounted"),
    supported(
      '/linux/intelRdt/schemata /linux/intelRdt/l3CacheSchema /linux/intelRdt/memBwSchema',
      "written to a group that is new or the container's; one that exists by its `closID` must say the same",
    ),
    supported('/linux/intelRdt/enableMonitoring'),
    supported('/linux/memoryPolicy/mode /linux/memoryPolicy/nodes /linux/memoryPolicy/flags', 'nodes up to 1023'),
    supported('/linux/personality/domain'),
    ignored('/linux/personality/flags', 'the specification defines none'),
  ],
  resources: [
    supported(
      '/linux/resources/devices/*/allow /linux/resources/devices/*/type',
      'an eBPF program; the last rule that fits counts',
    ),
    supported('/linux/resources/devices/*/major /linux/resources/devices/*/minor', 'absent or -1: all'),
    supported('/linux/resources/devices/*/access', 'the default devices stay allowed after a rule that denies all'),
    supported('/linux/resources/memory/limit', '`memory.max`'),
    supported('/linux/resources/memory/reservation', '`memory.low`'),
    supported('/linux/resources/memory/swap', '`memory.swap.max`, less the memory limit'),
    ignored('/linux/resources/memory/kernel /linux/resources/memory/kernelTCP', 'part of `memory.max`; a warning'),
    ignored(
      '/linux/resources/memory/swappiness /linux/resources/memory/disableOOMKiller',
      'cgroup v2 has no equivalent',
    ),
    ignored('/linux/resources/memory/useHierarchy', 'cgroup v2 is always hierarchical'),
    supported(
      '/linux/resources/memory/checkBeforeUpdate',
      'by `update --resources`: a limit that is not above what is in use is refused. It is about that one update',
    ),
    supported('/linux/resources/cpu/shares', '`cpu.weight`, by the curve that runc has since 1.3.2'),
    supported('/linux/resources/cpu/quota /linux/resources/cpu/period', '`cpu.max`'),
    supported('/linux/resources/cpu/burst', '`cpu.max.burst`'),
    supported('/linux/resources/cpu/idle', '`cpu.idle`'),
    supported('/linux/resources/cpu/cpus /linux/resources/cpu/mems', '`cpuset.cpus`, `cpuset.mems`'),
    ignored(
      '/linux/resources/cpu/realtimeRuntime /linux/resources/cpu/realtimePeriod',
      'cgroup v2 has no equivalent; a warning',
    ),
    supported('/linux/resources/pids/limit', '`pids.max`; 0 is written as 1, negative as `max`'),
    supported('/linux/resources/blockIO/weight', '`io.bfq.weight`, or `io.weight` where BFQ is not there'),
    ignored('/linux/resources/blockIO/leafWeight', 'cgroup v2 has no equivalent; a warning'),
    supported(
      '/linux/resources/blockIO/weightDevice/*/major /linux/resources/blockIO/weightDevice/*/minor /linux/resources/blockIO/weightDevice/*/weight',
      'with BFQ; without it no scheduler has weights for single devices, and they are skipped',
    ),
    ignored('/linux/resources/blockIO/weightDevice/*/leafWeight', 'cgroup v2 has no equivalent; a warning'),
    supported(
      '/linux/resources/blockIO/throttleReadBpsDevice/*/major /linux/resources/blockIO/throttleReadBpsDevice/*/minor /linux/resources/blockIO/throttleReadBpsDevice/*/rate',
      '`io.max`, `rbps`',
    ),
    supported(
      '/linux/resources/blockIO/throttleWriteBpsDevice/*/major /linux/resources/blockIO/throttleWriteBpsDevice/*/minor /linux/resources/blockIO/throttleWriteBpsDevice/*/rate',
      '`io.max`, `wbps`',
    ),
    supported(
      '/linux/resources/blockIO/throttleReadIOPSDevice/*/major /linux/resources/blockIO/throttleReadIOPSDevice/*/minor /linux/resources/blockIO/throttleReadIOPSDevice/*/rate',
      '`io.max`, `riops`',
    ),
    supported(
      '/linux/resources/blockIO/throttleWriteIOPSDevice/*/major /linux/resources/blockIO/throttleWriteIOPSDevice/*/minor /linux/resources/blockIO/throttleWriteIOPSDevice/*/rate',
      '`io.max`, `wiops`',
    ),
    supported(
      '/linux/resources/hugepageLimits/*/pageSize /linux/resources/hugepageLimits/*/limit',
      '`hugetlb.SIZE.max`, and `.rsvd.max` where it is there',
    ),
    ignored(
      '/linux/resources/network/classID /linux/resources/network/priorities',
      'cgroup v2 has no equivalent; a warning',
    ),
    supported('/linux/resources/rdma/*/hcaHandles /linux/resources/rdma/*/hcaObjects', '`rdma.max`'),
    supported('/linux/resources/unified', 'written last, line by line, as given'),
  ],
} as const satisfies Readonly<Record<string, readonly FieldRow[]>>;
