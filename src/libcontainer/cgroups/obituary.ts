import type { Cgroup } from './manager.ts';

/** What knows whether the container ran out of memory. */
export type OomWitness = Pick<Cgroup, 'oomKills' | 'fact'>;

/** Why a process of the container may have died, in the words that dashboards look for; undefined if memory was not it. */
export function oomObituary(cgroup: OomWitness, subject = 'container init'): string | undefined {
  if (cgroup.oomKills() === 0) return undefined;
  return `${subject} was OOM-killed (memory limit too low?)${figures(cgroup)}`;
}

function figures(cgroup: OomWitness): string {
  const limit = cgroup.fact('memory.max');
  if (limit === undefined) return '';
  if (limit === 'max') return ': its own memory.max is "max", so the limit is that of a cgroup above';
  const peak = cgroup.fact('memory.peak');
  const smallest = Number(limit) < ENOUGH ? `, and ${ENOUGH} would do for the smallest program` : '';
  return `: memory.max is ${limit}${peak === undefined ? '' : `, memory.peak ${peak}`}${smallest}`;
}

/** Bytes under which a static program that does nothing starts; test/vm finds no higher need. */
export const ENOUGH = 131072;
