import type { FeatureFacts } from '../spec/features.ts';
import { capabilityNames } from './capabilities.ts';
import { namespaces } from './namespaces.ts';
import { mountOptions } from './rootfs/mount-options.ts';
import { unsupportedMountOption } from './unsupported.ts';

/** What this build can do, from the tables that it is done by. */
export const supported: Omit<FeatureFacts, 'version' | 'commit'> = {
  hooks: [],
  namespaces: Object.keys(namespaces),
  capabilities: capabilityNames,
  mountOptions: Object.keys(mountOptions).filter((option) => !unsupportedMountOption.test(option)),
  cgroup: { systemd: false, systemdUser: false, rdma: true },
  apparmor: true,
  selinux: true,
  intelRdt: { enabled: false, schemata: false, monitoring: false },
  memoryPolicy: true,
  idmap: false,
  netDevices: false,
  checkpoint: false,
};
