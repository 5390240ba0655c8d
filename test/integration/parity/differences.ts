import { cgroup2Mount } from '../support/host.ts';

export interface Difference {
  /** Names of facts, as {@link import('./probe.ts').observe} makes them. */
  readonly fact: RegExp;
  readonly why: string;
  /** Only in this variant. */
  readonly variant?: RegExp;
  /** What must hold nevertheless. Facts that are absent are undefined. */
  readonly holds?: (tsrunc: string | undefined, runc: string | undefined) => boolean;
}

const hybrid = cgroup2Mount() !== '/sys/fs/cgroup';

/** Every way in which a container of tsrunc differs from one of runc. What is not in here fails the test. */
export const DIFFERENCES: readonly Difference[] = [...(hybrid ? hybridDifferences() : [])];

function hybridDifferences(): Difference[] {
  return [
    {
      fact: /^mountinfo\.\/sys\/fs\/cgroup/,
      why: 'runc mounts each v1 hierarchy of a hybrid machine, tsrunc the unified one only: it has no cgroup v1',
    },
    {
      fact: /^mountinfo\.order$/,
      why: 'runc mounts each v1 hierarchy of a hybrid machine',
      holds: (tsrunc, runc) => withoutCgroups(tsrunc) === withoutCgroups(runc),
    },
    {
      fact: /^cgroup$/,
      why: 'runc enters each v1 hierarchy of a hybrid machine, tsrunc the unified one only',
      holds: (tsrunc, runc) => unified(tsrunc) === unified(runc),
    },
  ];
}

function withoutCgroups(order: string | undefined): string | undefined {
  return order
    ?.split('\n')
    .filter((target) => !target.startsWith('/sys/fs/cgroup'))
    .join('\n');
}

function unified(cgroup: string | undefined): string | undefined {
  return cgroup?.split('\n').find((line) => line.startsWith('0::'));
}
