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
export const DIFFERENCES: readonly Difference[] = [
  {
    variant: /^no rlimits, and a caller with limits/,
    fact: /^limits\.Max open files$/,
    why: 'runc 1.1 hands on the soft limit that Go has raised, tsrunc the caller’s own',
    holds: (tsrunc) => tsrunc?.startsWith('777 ') ?? false,
  },
  {
    variant: /^rootfsPropagation r?shared$/,
    fact: /^mountinfo\.\//,
    why: 'pivot_root needs a private root, and runc does not make it shared again; the specification asks for it',
    holds: (tsrunc, runc) => tsrunc?.replace('[shared:N]', '[]') === runc,
  },
  {
    variant: /^(a tmpfs (with|whose)|two mounts on one place)/,
    fact: /^mountinfo\.\/mnt$/,
    why: 'the mode of a directory that is covered is given to the tmpfs when it is made, as runc does since 1.3; 1.1 changes it later',
    holds: (tsrunc, runc) => tsrunc?.replace(',mode=755', '') === runc,
  },
  {
    variant: /^a tmpfs$/,
    fact: /^root\.\/mnt$/,
    why: 'runc 1.1 overrules the mode in the options by that of the covered directory',
    holds: (tsrunc) => tsrunc?.startsWith('751 ') ?? false,
  },
  {
    variant: /^a domain name$/,
    fact: /^one\.domainname$/,
    why: 'runc 1.1 does not know the field',
    holds: (tsrunc) => tsrunc === 'parity.example',
  },
  {
    variant: /^a user namespace$/,
    fact: /^mountinfo\.order$/,
    why: 'runc binds the devices in the order of a Go map, which is none',
    holds: (tsrunc, runc) => sorted(withoutCgroups(tsrunc)) === sorted(withoutCgroups(runc)),
  },
  ...(hybrid ? hybridDifferences() : []),
];

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

function sorted(lines: string | undefined): string | undefined {
  return lines?.split('\n').sort().join('\n');
}
