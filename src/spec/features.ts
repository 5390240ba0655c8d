import { OCI_VERSION, OCI_VERSION_MIN } from './version.ts';
import {
  CAPABILITIES,
  HOOK_KINDS,
  MEMORY_POLICY_FLAGS,
  MEMORY_POLICY_MODES,
  NAMESPACE_TYPES,
  SECCOMP_ACTIONS,
  SECCOMP_ARCHES,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
} from './vocabulary.ts';

/** The features document of the OCI runtime specification, keys in the order of its Go bindings. */
export interface Features {
  readonly ociVersionMin: string;
  readonly ociVersionMax: string;
  readonly hooks?: readonly string[];
  readonly mountOptions?: readonly string[];
  readonly linux?: LinuxFeatures;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly potentiallyUnsafeConfigAnnotations?: readonly string[];
}

export interface LinuxFeatures {
  readonly namespaces?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly cgroup?: {
    readonly v1?: boolean;
    readonly v2?: boolean;
    readonly systemd?: boolean;
    readonly systemdUser?: boolean;
    readonly rdma?: boolean;
  };
  readonly seccomp?: SeccompFeatures;
  readonly apparmor?: Enabled;
  readonly selinux?: Enabled;
  readonly intelRdt?: { readonly enabled?: boolean; readonly schemata?: boolean; readonly monitoring?: boolean };
  readonly memoryPolicy?: { readonly modes?: readonly string[]; readonly flags?: readonly string[] };
  readonly mountExtensions?: { readonly idmap?: Enabled };
  readonly netDevices?: Enabled;
}

export interface SeccompFeatures {
  readonly enabled?: boolean;
  readonly actions?: readonly string[];
  readonly operators?: readonly string[];
  readonly archs?: readonly string[];
  readonly knownFlags?: readonly string[];
  readonly supportedFlags?: readonly string[];
}

export interface Enabled {
  readonly enabled?: boolean;
}

/**
 * What this build of the runtime can do. Clients gate functions on the answer, so `true` means implemented here,
 * whatever the host offers; what a field of this is `false` or absent for is refused by `create`.
 */
export interface FeatureFacts {
  readonly version: string;
  readonly commit?: string;
  /** Hook kinds, namespaces and capabilities that are implemented; default: all of the specification. */
  readonly hooks?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly capabilities?: readonly string[];
  /** Names from libcontainer's table of mount options, without idmap and ridmap. In any order. */
  readonly mountOptions: Iterable<string>;
  readonly cgroup: { readonly systemd: boolean; readonly systemdUser: boolean; readonly rdma: boolean };
  /** Absent: no seccomp in this build. `supportedFlags` are those that kernel and libseccomp take. */
  readonly seccomp?: { readonly libseccomp?: string; readonly supportedFlags: readonly string[] };
  readonly apparmor: boolean;
  readonly selinux: boolean;
  readonly intelRdt: { readonly enabled: boolean; readonly schemata: boolean; readonly monitoring: boolean };
  readonly memoryPolicy: boolean;
  readonly idmap: boolean;
  readonly netDevices: boolean;
  readonly checkpoint: boolean;
}

/** The document that `features` prints (with an indent of four spaces). */
export function features(facts: FeatureFacts): Features {
  return {
    ociVersionMin: OCI_VERSION_MIN,
    ociVersionMax: OCI_VERSION,
    hooks: facts.hooks ?? HOOK_KINDS,
    mountOptions: [...facts.mountOptions].sort(),
    linux: linuxFeatures(facts),
    annotations: {
      ...(facts.seccomp?.libseccomp !== undefined && {
        'io.github.seccomp.libseccomp.version': facts.seccomp.libseccomp,
      }),
      // The one name that clients know for this fact.
      'org.opencontainers.runc.checkpoint.enabled': String(facts.checkpoint),
      ...(facts.commit !== undefined && { 'run.oci.tsrunc.commit': facts.commit }),
      'run.oci.tsrunc.version': facts.version,
    },
    // A dot at the end stands for all keys that begin so.
    potentiallyUnsafeConfigAnnotations: [
      'bundle',
      'org.systemd.property.',
      'org.criu.config',
      'run.oci.keep_original_groups',
      'run.oci.mount_context_type',
    ],
  };
}

function linuxFeatures(facts: FeatureFacts): LinuxFeatures {
  return {
    namespaces: [...(facts.namespaces ?? NAMESPACE_TYPES)].sort(),
    capabilities: facts.capabilities ?? CAPABILITIES,
    cgroup: { v1: false, v2: true, ...facts.cgroup },
    seccomp: seccompFeatures(facts.seccomp),
    apparmor: { enabled: facts.apparmor },
    selinux: { enabled: facts.selinux },
    intelRdt: facts.intelRdt,
    ...(facts.memoryPolicy && { memoryPolicy: { modes: MEMORY_POLICY_MODES, flags: MEMORY_POLICY_FLAGS } }),
    mountExtensions: { idmap: { enabled: facts.idmap } },
    netDevices: { enabled: facts.netDevices },
  };
}

function seccompFeatures(seccomp: FeatureFacts['seccomp']): SeccompFeatures {
  if (seccomp === undefined) return { enabled: false };
  return {
    enabled: true,
    actions: [...SECCOMP_ACTIONS].sort(),
    operators: [...SECCOMP_OPERATORS].sort(),
    archs: [...SECCOMP_ARCHES].sort(),
    knownFlags: [...SECCOMP_FLAGS].sort(),
    supportedFlags: [...seccomp.supportedFlags].sort(),
  };
}
