import type { Engine } from '../engine/engine.ts';
import type { Config } from '../spec/config.ts';
import type { LocalKernel } from '../syscalls/local-port.ts';
import type { Caller } from './caller.ts';
import { beneath } from './cgroups/beneath.ts';
import { cgroupOwner } from './cgroups/delegation.ts';
import { devicePrograms } from './cgroups/devices/kernel.ts';
import { type Cgroup, type CgroupHost, cgroupAt, cgroupFor } from './cgroups/manager.ts';
import { connectTo } from './cgroups/systemd/dbus/socket.ts';
import { type Host, type Log, mayLackCgroup } from './host.ts';
import { poll } from './poll.ts';
import { sleep } from './signal.ts';
import type { SavedState } from './store.ts';

/** The cgroup that a new container is to have. Nothing is made yet. */
export function newCgroup(host: Host, kernel: LocalKernel, id: string, config: Config, caller: Caller): Cgroup {
  return cgroupFor(cgroupHost(host, kernel), {
    driver: host.cgroupManager,
    id,
    cgroupsPath: config.linux?.cgroupsPath,
    rootless: mayLackCgroup(host, caller),
    owner: cgroupOwner(config),
    annotations: config.annotations,
  });
}

/** The cgroup of a container that exists. */
export function cgroupOf(host: Host, kernel: LocalKernel, saved: Pick<SavedState, 'cgroup_paths' | 'tsrunc'>): Cgroup {
  return cgroupAt(cgroupHost(host, kernel), saved.cgroup_paths[''], saved.tsrunc.unit);
}

/** The machine as cgroups need it, by the system calls of this process. */
export function cgroupHost(
  { engine, log }: { readonly engine: Engine; readonly log: Log },
  kernel: LocalKernel,
): CgroupHost {
  return {
    engine,
    log,
    system: {
      devices: devicePrograms(engine, kernel),
      beneath: beneath(kernel),
      sleep: (milliseconds) => sleep(kernel, milliseconds),
      wait(fds, nanoseconds) {
        const files = fds.map((fd) => ({ fd, events: 'POLLPRI' }) as const);
        poll(kernel, files, nanoseconds);
      },
      connect: (path, nanoseconds) => connectTo(engine, kernel, path, nanoseconds),
      kill: (pid, signal) => void kernel.may('ESRCH').kill(pid, signal),
    },
  };
}
