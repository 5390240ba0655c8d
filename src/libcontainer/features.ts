import type { FeatureFacts } from '../spec/features.ts';
import { HOOK_KINDS } from '../spec/vocabulary.ts';
import { capabilityNames } from './capabilities.ts';
import { namespaces } from './namespaces.ts';
import { mountOptions } from './rootfs/mount-options.ts';

/** What this build can do, from the tables that it is done by. */
export const supported: Omit<FeatureFacts, 'version' | 'commit'> = {
  hooks: HOOK_KINDS,
  namespaces: Object.keys(namespaces),
  capabilities: capabilityNames,
  mountOptions: Object.keys(mountOptions),
  cgroup: { systemd: true, systemdUser: true, rdma: true },
  apparmor: true,
  selinux: true,
  intelRdt: { enabled: true, schemata: true, monitoring: true },
  memoryPolicy: true,
  idmap: true,
  netDevices: true,
  checkpoint: true,
};
