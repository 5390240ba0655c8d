import { AT_FDCWD } from '../../syscalls/constants.ts';
import { type CgroupRoot, findCgroupRoot } from '../cgroups/root.ts';
import { ContainerError } from '../errors.ts';
import { mayLackCgroup } from '../host.ts';
import { type Answer, failureOf, limited, missing, never, ok, type Probe, unknown } from './probe.ts';
import type { CheckSite } from './site.ts';

const controllers: Readonly<Record<string, string>> = {
  cpu: 'no linux.resources.cpu: shares, quota, period, idle',
  cpuset: 'no linux.resources.cpu.cpus, .mems',
  memory: 'no linux.resources.memory; a container may use all memory of the machine',
  pids: 'no linux.resources.pids; a container may start as many processes as the machine bears',
  io: 'no linux.resources.blockIO',
  hugetlb: 'no linux.resources.hugepageLimits',
  rdma: 'no linux.resources.rdma',
};

/**
 * That a limit of the bundle is missing is said by the requirement of that limit; a container without limits needs
 * the hierarchy only.
 */
export const CGROUP_PROBES: readonly Probe[] = [
  {
    group: 'cgroups',
    name: 'cgroup v2',
    lost: 'limits, statistics and pause of containers, or those of controllers that version 1 has',
    needed: ({ caller }) => caller.isAdmin,
    look: (site) =>
      withRoot(site, ({ mount, hybrid }) => {
        if (!hybrid) return ok(mount);
        return limited(`${mount}, beside cgroup v1`, 'boot with systemd.unified_cgroup_hierarchy=1');
      }),
  },
  ...Object.entries(controllers).map(
    ([name, lost]): Probe => ({
      group: 'cgroups',
      name: `controller ${name}`,
      lost,
      needed: never,
      look: (site) => withRoot(site, (root) => controller(site, root, name)),
    }),
  ),
  {
    group: 'cgroups',
    name: 'delegation',
    lost: 'containers have no cgroup of their own: no limits, no pause, no statistics',
    needed: ({ config, caller }) => caller.isAdmin || Boolean(config?.linux?.cgroupsPath),
    look: (site) => withRoot(site, (root) => delegation(site, root)),
  },
];

function withRoot(site: CheckSite, look: (root: CgroupRoot) => Answer): Answer {
  try {
    return look(findCgroupRoot(site.engine));
  } catch (error) {
    if (error instanceof ContainerError) return missing(error.message, error.hint);
    return unknown('/proc/self/cgroup cannot be read');
  }
}

function controller(site: CheckSite, { mount, hybrid, own }: CgroupRoot, name: string): Answer {
  if (!wordsOf(site, `${mount}/cgroup.controllers`).includes(name)) {
    return hybrid
      ? missing('not here; cgroup v1 may hold it', 'boot with systemd.unified_cgroup_hierarchy=1')
      : missing(
          'this kernel has none, or it is disabled',
          'boot without cgroup_disable=, on Raspberry Pi with cgroup_enable=',
        );
  }
  if (!mayLackCgroup(site.host, site.caller)) return ok('there');
  if (wordsOf(site, `${mount}${own}/cgroup.controllers`).includes(name)) return ok(`delegated to ${own}`);
  return missing(`not delegated to ${own}`, DELEGATE);
}

/** Where containers without a cgroupsPath go: for root at the top, for others beside us. */
function delegation(site: CheckSite, { mount, own }: CgroupRoot): Answer {
  const place = mayLackCgroup(site.host, site.caller) ? `${mount}${own}` : mount;
  const failure = failureOf(site.kernel.may('*').faccessat2(AT_FDCWD, place, ['W_OK'], ['AT_EACCESS']));
  if (failure === undefined) return ok(`cgroups can be made in ${place}`);
  if (failure === 'EROFS')
    return missing(`${place} is mounted read-only`, `mount -o remount,rw ${mount}, or docker run --privileged`);
  return missing(`${failure}: ${place} belongs to somebody else`, DELEGATE);
}

const DELEGATE =
  'mkdir -p /etc/systemd/system/user@.service.d && printf "[Service]\\nDelegate=cpu cpuset io memory pids\\n" ' +
  '> /etc/systemd/system/user@.service.d/delegate.conf && systemctl daemon-reload, and log in again';

function wordsOf(site: CheckSite, path: string): string[] {
  return (site.text(path) ?? '').split(/\s+/);
}
