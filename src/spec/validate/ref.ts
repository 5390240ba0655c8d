/** Where a rule stands. */
export interface SpecRef {
  /** A document of the runtime specification, or the manual page of the kernel interface that sets the limit. */
  readonly file: SpecFile | `${string}(${number})`;
  /** Name of the anchor in the document; empty for a manual page. */
  readonly anchor: string;
  /** The specification's word; `kernel` for what the kernel would refuse. */
  readonly level: SpecLevel | 'kernel';
}

/** The documents that bind a runtime on Linux. */
export type SpecFile = 'runtime.md' | 'runtime-linux.md' | 'config.md' | 'config-linux.md';
export type SpecLevel = 'MUST' | 'MUST NOT' | 'REQUIRED' | 'SHOULD' | 'SHOULD NOT' | 'MAY';

/** A link for people. */
export function refUrl(ref: SpecRef): string | undefined {
  if (ref.level === 'kernel') return undefined;
  return `https://github.com/opencontainers/runtime-spec/blob/v1.3.0/${ref.file}#${ref.anchor}`;
}

const config = (anchor: string, level: SpecRef['level']): SpecRef => ({ file: 'config.md', anchor, level });
const linux = (anchor: string, level: SpecRef['level']): SpecRef => ({ file: 'config-linux.md', anchor, level });
const kernel = (file: `${string}(${number})`): SpecRef => ({ file, anchor: '', level: 'kernel' });

/** One entry a sentence that is checked somewhere: errors, plans and tests cite these. */
export const REF = {
  version: config('configSpecificationVersion', 'MUST'),
  unknownProperties: config('configExtensibility', 'MAY'),
  root: config('configRoot', 'REQUIRED'),
  rootPath: config('configRoot', 'REQUIRED'),
  hostname: config('configHostname', 'MUST'),
  domainname: config('configDomainname', 'MUST'),
  utsName: kernel('sethostname(2)'),
  annotationKey: config('configAnnotations', 'MUST NOT'),

  mountDestination: config('configMounts', 'SHOULD'),
  mountDestinationRequired: config('configMounts', 'REQUIRED'),
  mountOnRoot: config('configMounts', 'MUST'),
  mountPath: kernel('proc_pid_mountinfo(5)'),
  mountMappings: config('configPOSIXMounts', 'MUST'),
  mountIdmap: config('configLinuxMountOptions', 'MUST'),

  args: config('configProcess', 'REQUIRED'),
  cwd: config('configProcess', 'MUST'),
  env: config('configProcess', 'MUST'),
  consoleSize: kernel('ioctl_tty(2)'),
  user: config('configPOSIXUser', 'REQUIRED'),
  userId: kernel('setresuid(2)'),
  umask: kernel('umask(2)'),
  capabilities: config('configLinuxProcess', 'MUST'),
  effectiveCapabilities: kernel('capset(2)'),
  rlimitType: config('configPOSIXProcess', 'MUST'),
  rlimitDuplicate: config('configPOSIXProcess', 'MUST'),
  rlimitSoft: kernel('setrlimit(2)'),
  oomScoreAdj: kernel('proc_pid_oom_score_adj(5)'),
  ioPriority: config('configLinuxProcess', 'MUST'),
  scheduler: kernel('sched_setattr(2)'),
  cpuAffinity: config('configLinuxProcess', 'MUST'),

  hookPath: config('configHooks', 'MUST'),
  hookTimeout: config('configHooks', 'MUST'),

  namespaceDuplicate: linux('configLinuxNamespaces', 'MUST'),
  namespacePath: linux('configLinuxNamespaces', 'MUST'),
  userMappings: linux('configLinuxUserNamespaceMappings', 'MUST'),
  mappingLimits: kernel('user_namespaces(7)'),
  timeOffsets: linux('configLinuxTimeOffset', 'MUST'),
  timeOffsetLimits: kernel('time_namespaces(7)'),
  netDevices: linux('configLinuxNetworkDevices', 'MUST'),
  netDeviceName: kernel('netdevice(7)'),
  deviceNumbers: linux('configLinuxDevices', 'REQUIRED'),
  devicePath: linux('configLinuxDevices', 'REQUIRED'),
  deviceLimits: kernel('makedev(3)'),
  deviceMode: linux('configLinuxDevices', 'MUST'),

  deviceRule: linux('configLinuxDeviceAllowedlist', 'MUST'),
  memory: linux('configLinuxMemory', 'MUST'),
  memorySwap: linux('configLinuxMemory', 'MUST'),
  swappiness: linux('configLinuxMemory', 'MUST'),
  cpuBurst: linux('configLinuxCPU', 'MUST'),
  cpuIdle: linux('configLinuxCPU', 'MUST'),
  cpuLimits: kernel('cgroups(7)'),
  cpuset: kernel('cpuset(7)'),
  blockIO: kernel('cgroups(7)'),
  weightDevice: linux('configLinuxBlockIO', 'MUST'),
  rdma: linux('configLinuxRDMA', 'MUST'),
  unified: linux('configLinuxUnified', 'MUST'),
  cgroupV1Only: linux('configLinuxUnified', 'MUST'),

  intelRdtClosID: linux('configLinuxIntelRdt', 'MUST'),
  intelRdtSchemata: linux('configLinuxIntelRdt', 'MUST NOT'),
  memBwSchema: linux('configLinuxIntelRdt', 'MUST'),
  l3CacheSchema: linux('configLinuxIntelRdt', 'SHOULD'),
  memoryPolicy: linux('configLinuxMemoryPolicy', 'MUST'),
  memoryPolicyFlags: kernel('set_mempolicy(2)'),
  sysctl: linux('configLinuxSysctl', 'MUST'),
  seccompErrno: linux('configLinuxSeccomp', 'MUST'),
  seccompNames: linux('configLinuxSeccomp', 'MUST'),
  seccompListener: linux('configLinuxSeccomp', 'MUST NOT'),
  seccompNotify: linux('configLinuxSeccomp', 'MUST'),
  seccompArg: kernel('seccomp(2)'),
  maskedPaths: linux('configLinuxMaskedPaths', 'MUST'),
  readonlyPaths: linux('configLinuxReadonlyPaths', 'MUST'),
  personalityFlags: linux('configLinuxPersonality', 'MUST'),
} as const satisfies Record<string, SpecRef>;
