import type { cloneFlags } from '../syscalls/constants.ts';

/** The namespaces: the specification's type, clone's flag, the name under /proc/PID/ns, runc's key in state.json. */
export const namespaces = {
  user: { flag: 'CLONE_NEWUSER', file: 'user', key: 'NEWUSER' },
  ipc: { flag: 'CLONE_NEWIPC', file: 'ipc', key: 'NEWIPC' },
  uts: { flag: 'CLONE_NEWUTS', file: 'uts', key: 'NEWUTS' },
  network: { flag: 'CLONE_NEWNET', file: 'net', key: 'NEWNET' },
  pid: { flag: 'CLONE_NEWPID', file: 'pid', key: 'NEWPID' },
  mount: { flag: 'CLONE_NEWNS', file: 'mnt', key: 'NEWNS' },
  cgroup: { flag: 'CLONE_NEWCGROUP', file: 'cgroup', key: 'NEWCGROUP' },
  time: { flag: 'CLONE_NEWTIME', file: 'time', key: 'NEWTIME' },
} as const satisfies Readonly<Record<string, { flag: keyof typeof cloneFlags; file: string; key: string }>>;

export type NamespaceType = keyof typeof namespaces;

export function isNamespaceType(type: string): type is NamespaceType {
  return Object.hasOwn(namespaces, type);
}
