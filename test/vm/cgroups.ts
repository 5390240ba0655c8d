import { type Cgroup, cgroupFor } from '../../src/libcontainer/cgroups/manager.ts';
import { cgroupHost } from '../../src/libcontainer/container-cgroup.ts';
import { engine, local } from '../unit/syscalls/support.ts';

/** A cgroup by tsrunc's own code in this process: a hundred of them take as long as one call of the executable. */
export function cgroupOfPath(cgroupsPath: string): Cgroup {
  return cgroupFor(host, { driver: 'cgroupfs', id: 'unused', cgroupsPath, rootless: false });
}

const silent = { debug: () => {}, warn: () => {}, step: () => {} };
const host = cgroupHost({ engine, log: silent }, local);
