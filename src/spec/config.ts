/**
 * config.json of the OCI runtime specification 1.3.0, as it is after {@link import('./load.ts').loadConfig}.
 * Names and shapes are the specification's; optional means absent. The Linux part is in config-linux.ts.
 */
import type { IDMapping, Integer, Linux } from './config-linux.ts';
import type { CapabilitySet, HookKind, IOPriorityClass, SchedulerFlag, SchedulerPolicy } from './vocabulary.ts';

export type * from './config-linux.ts';

export interface Config {
  readonly ociVersion: string;
  readonly process?: Process;
  /** Required on Linux by the specification; optional here because other platforms may leave it out. */
  readonly root?: Root;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly mounts?: readonly Mount[];
  readonly hooks?: Hooks;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: Linux;
  readonly solaris?: OtherPlatform;
  readonly windows?: OtherPlatform;
  readonly vm?: OtherPlatform;
  readonly zos?: OtherPlatform;
  readonly freebsd?: OtherPlatform;
}

/** A section that means nothing to a Linux container: accepted, kept, not looked into. */
export type OtherPlatform = Readonly<Record<string, unknown>>;

export interface Root {
  /** Absolute, or relative to the bundle. */
  readonly path: string;
  readonly readonly?: boolean;
}

export interface Process {
  readonly terminal?: boolean;
  /** To be ignored unless `terminal` is true. */
  readonly consoleSize?: Box;
  /** Absent: uid 0 and gid 0. */
  readonly user?: User;
  /** A Linux container has at least one: the semantic checks refuse a process without. */
  readonly args?: readonly string[];
  /** Windows only. */
  readonly commandLine?: string;
  /** `NAME=value`; of two entries with one name the last counts. */
  readonly env?: readonly string[];
  readonly cwd: string;
  readonly capabilities?: Capabilities;
  readonly rlimits?: readonly Rlimit[];
  readonly noNewPrivileges?: boolean;
  readonly apparmorProfile?: string;
  readonly oomScoreAdj?: number;
  readonly scheduler?: Scheduler;
  readonly selinuxLabel?: string;
  readonly ioPriority?: IOPriority;
  readonly execCPUAffinity?: CPUAffinity;
}

export interface Box {
  readonly height: Integer;
  readonly width: Integer;
}

/** The specification requires uid and gid; writers that leave them out mean 0, as runc reads it (a warning tells). */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
  /** Windows only. */
  readonly username?: string;
}

/** Names are as written: unknown ones are a warning, so they are still here. */
export type Capabilities = { readonly [set in CapabilitySet]?: readonly string[] };

export interface Rlimit {
  readonly type: string;
  readonly hard: Integer;
  readonly soft: Integer;
}

export interface Scheduler {
  readonly policy: SchedulerPolicy;
  readonly nice?: number;
  readonly priority?: number;
  readonly flags?: readonly SchedulerFlag[];
  readonly runtime?: Integer;
  readonly deadline?: Integer;
  readonly period?: Integer;
}

export interface IOPriority {
  readonly class: IOPriorityClass;
  readonly priority?: number;
}

/** Lists of CPUs: `0-3,7`. */
export interface CPUAffinity {
  readonly initial?: string;
  readonly final?: string;
}

export interface Mount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
  readonly uidMappings?: readonly IDMapping[];
  readonly gidMappings?: readonly IDMapping[];
}

export type Hooks = { readonly [kind in HookKind]?: readonly Hook[] };

export interface Hook {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** Seconds. */
  readonly timeout?: Integer;
}
