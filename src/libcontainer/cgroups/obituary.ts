import type { Cgroup } from './manager.ts';

/** Why a process of the container may have died, in the words that dashboards look for; undefined if memory was not it. */
export function oomObituary(cgroup: Pick<Cgroup, 'oomKills'>): string | undefined {
  return cgroup.oomKills() > 0 ? 'container init was OOM-killed (memory limit too low?)' : undefined;
}
