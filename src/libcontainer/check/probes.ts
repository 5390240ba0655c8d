import { CALL_PROBES } from './calls.ts';
import { CGROUP_PROBES } from './cgroups.ts';
import { ENVIRONMENT_PROBES } from './environment.ts';
import { IDMAP_PROBES } from './idmaps.ts';
import { NAMESPACE_PROBES, RESTRICTION_PROBES } from './namespaces.ts';
import type { Probe } from './probe.ts';
import { PROGRAM_PROBES } from './programs.ts';

/** All that is looked at, in the order of the report. */
export const probes: readonly Probe[] = [
  ...ENVIRONMENT_PROBES,
  ...CALL_PROBES,
  ...NAMESPACE_PROBES,
  ...RESTRICTION_PROBES,
  ...CGROUP_PROBES,
  ...IDMAP_PROBES,
  ...PROGRAM_PROBES,
];
