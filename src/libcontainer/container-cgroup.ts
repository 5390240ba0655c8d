import type { Config } from '../spec/config.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import type { Caller } from './caller.ts';
import { devicePrograms } from './cgroups/devices/kernel.ts';
import { type Cgroup, type CgroupHost, cgroupAt, cgroupFor } from './cgroups/manager.ts';
import { type Host, mayLackCgroup } from './host.ts';
import { sleep } from './signal.ts';
import type { SavedState } from './store.ts';

/** The cgroup that a new container is to have. Nothing is made yet. */
export function newCgroup(host: Host, kernel: LocalKernel, id: string, config: Config, caller: Caller): Cgroup {
  return cgroupFor(cgroupHost(host, kernel), {
    driver: host.cgroupManager,
    id,
    cgroupsPath: config.linux?.cgroupsPath,
    rootless: mayLackCgroup(host, caller),
  });
}

/** The cgroup of a container that exists. */
export function cgroupOf(host: Host, kernel: LocalKernel, saved: Pick<SavedState, 'cgroup_paths'>): Cgroup {
  return cgroupAt(cgroupHost(host, kernel), saved.cgroup_paths['']);
}

function cgroupHost({ engine, log }: Host, kernel: LocalKernel): CgroupHost {
  return {
    engine,
    log,
    system: {
      devices: devicePrograms(engine, kernel),
      sleep: (milliseconds) => sleep(kernel, milliseconds),
      kill: (pid, signal) => void kernel.may('ESRCH').kill(pid, signal),
    },
  };
}
