import type { Config, Mount } from '../config.ts';
import { enclosing } from '../json.ts';
import type { Fault } from '../problem.ts';
import type { Check } from './check.ts';
import { DEVICE_CHECKS } from './devices.ts';
import { GENERAL_CHECKS } from './general.ts';
import { HOOK_CHECKS } from './hooks.ts';
import { RDT_CHECKS } from './intel-rdt.ts';
import { LIMIT_CHECKS } from './limits.ts';
import { MAPPING_CHECKS } from './mappings.ts';
import { MOUNT_CHECKS } from './mounts.ts';
import { hasNamespace, NAMESPACE_CHECKS } from './namespaces.ts';
import { PROCESS_CHECKS } from './process.ts';
import { RESOURCE_CHECKS } from './resources.ts';
import { SCHEDULING_CHECKS } from './scheduling.ts';
import { SECCOMP_CHECKS } from './seccomp.ts';
import { SYSCTL_CHECKS } from './sysctl.ts';

export interface Section {
  readonly checks: readonly Check[];
  /** Whether there is anything to check: a create should not pay for the rules of what it does not use. */
  readonly applies: (config: Config) => boolean;
}

/** Every rule that can be judged from the document alone. What needs to see the host is libcontainer's. */
export const SECTIONS: readonly Section[] = [
  { checks: GENERAL_CHECKS, applies: () => true },
  { checks: PROCESS_CHECKS, applies: ({ process }) => process !== undefined },
  { checks: LIMIT_CHECKS, applies: ({ process }) => process !== undefined },
  {
    checks: SCHEDULING_CHECKS,
    applies: ({ process, linux }) =>
      (process?.scheduler ?? process?.ioPriority ?? process?.execCPUAffinity ?? linux?.memoryPolicy) !== undefined,
  },
  { checks: MOUNT_CHECKS, applies: ({ mounts }) => mounts !== undefined },
  { checks: HOOK_CHECKS, applies: ({ hooks }) => hooks !== undefined },
  { checks: NAMESPACE_CHECKS, applies: ({ linux }) => linux !== undefined },
  { checks: MAPPING_CHECKS, applies: (config) => hasNamespace(config, 'user') || hasMappings(config) },
  { checks: DEVICE_CHECKS, applies: ({ linux }) => (linux?.devices ?? linux?.resources?.devices) !== undefined },
  { checks: RESOURCE_CHECKS, applies: ({ linux }) => linux?.resources !== undefined },
  { checks: SYSCTL_CHECKS, applies: ({ linux }) => linux?.sysctl !== undefined },
  { checks: SECCOMP_CHECKS, applies: ({ linux }) => linux?.seccomp !== undefined },
  { checks: RDT_CHECKS, applies: ({ linux }) => linux?.intelRdt !== undefined },
];

/** What is wrong with `config` besides what the schema has found; see {@link Check.needs}. */
export function checkSemantics(config: Config, schemaFaults: readonly Fault[]): Fault[] {
  const touched = touching(schemaFaults.filter(({ severity }) => severity === 'error'));
  const faults: Fault[] = [];
  for (const { checks, applies } of SECTIONS) {
    if (!applies(config)) continue;
    for (const { ref, severity, needs, find } of checks) {
      if (needs?.some(touched)) continue;
      for (const violation of find(config)) {
        if (!touched(violation.pointer)) faults.push({ severity, kind: 'semantic', ref, ...violation });
      }
    }
  }
  return faults;
}

function hasMappings({ linux, mounts }: Config): boolean {
  const mapped = (item: Pick<Mount, 'uidMappings' | 'gidMappings'> = {}): boolean =>
    (item.uidMappings ?? item.gidMappings) !== undefined;
  return mapped(linux) || (mounts ?? []).some(mapped);
}

/** Tells whether a place is faulty, is in a faulty one, or has one in it. */
export function touching(faults: readonly Fault[]): (pointer: string) => boolean {
  const faulty = new Set(faults.map(({ pointer }) => pointer));
  const around = new Set([...faulty].flatMap(enclosing));
  return (pointer) => faulty.size > 0 && (around.has(pointer) || enclosing(pointer).some((place) => faulty.has(place)));
}
