import type { Config } from '../config.ts';
import { joinPointer } from '../json.ts';
import type { NamespaceType } from '../vocabulary.ts';
import type { Check } from './check.ts';
import { hasNamespace } from './namespaces.ts';
import { REF } from './ref.ts';

/** Which kernel parameters belong to a namespace. All others are the host's. A dot at the end stands for all below. */
const NAMESPACED: readonly { readonly names: readonly string[]; readonly type: NamespaceType }[] = [
  {
    names: [
      'kernel.msgmax',
      'kernel.msgmnb',
      'kernel.msgmni',
      'kernel.sem',
      'kernel.shmall',
      'kernel.shmmax',
      'kernel.shmmni',
      'kernel.shm_rmid_forced',
      'fs.mqueue.',
    ],
    type: 'ipc',
  },
  { names: ['net.'], type: 'network' },
  { names: ['kernel.domainname', 'kernel.hostname'], type: 'uts' },
  { names: ['user.'], type: 'user' },
];

/** A parameter may be set only where the container alone sees the change. */
export const SYSCTL_CHECKS: readonly Check[] = [
  {
    ref: REF.sysctl,
    severity: 'error',
    needs: ['/linux/namespaces'],
    *find(config) {
      for (const name of Object.keys(config.linux?.sysctl ?? {})) {
        const message = refusal(sysctlName(name), config);
        if (message !== undefined) yield { pointer: `/linux/sysctl${joinPointer(name)}`, message };
      }
    },
  },
];

function refusal(name: string, config: Config): string | undefined {
  const owner = NAMESPACED.find(({ names }) => names.some((known) => matches(name, known)))?.type;
  if (owner === undefined) return 'is not a parameter of a namespace: it would change the host';
  if (!hasNamespace(config, owner)) return `would change the host: the container has no ${owner} namespace of its own`;
  return name === 'kernel.hostname' ? 'must be set by /hostname instead' : undefined;
}

function matches(name: string, known: string): boolean {
  return known.endsWith('.') ? name.startsWith(known) && name.length > known.length : name === known;
}

/**
 * The name with dots between its parts. If the first separator of `name` is a slash, as in
 * `net/ipv4/conf/eth0.100/forwarding`, then slashes separate and dots belong to the parts, where they become slashes.
 */
export function sysctlName(name: string): string {
  if (/[./]/.exec(name)?.[0] !== '/') return name;
  return name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
}

/** Where the parameter lies under /proc/sys. */
export function sysctlPath(name: string): string {
  return sysctlName(name).replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
}
