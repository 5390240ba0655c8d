import type { Config, IDMapping } from '../config.ts';
import type { Check, Violation } from './check.ts';
import { createsNamespace, hasNamespace } from './namespaces.ts';
import { REF } from './ref.ts';

const FIELDS = ['uidMappings', 'gidMappings'] as const;
const NEEDS = ['/linux/namespaces', '/linux/uidMappings', '/linux/gidMappings'];

/** The kernel's limit since 4.15. */
const MAX_ENTRIES = 340;

/** ID mappings of the user namespace and of mounts. */
export const MAPPING_CHECKS: readonly Check[] = [
  {
    ref: REF.userMappings,
    severity: 'error',
    needs: NEEDS,
    *find(config) {
      for (const field of FIELDS) {
        if ((config.linux?.[field] ?? []).length === 0 || hasNamespace(config, 'user')) continue;
        yield {
          pointer: `/linux/${field}`,
          message: 'the container has no user namespace to be mapped',
          hint: 'add {"type": "user"} to /linux/namespaces',
        };
      }
    },
  },
  {
    ref: REF.userMappings,
    severity: 'error',
    needs: NEEDS,
    *find(config) {
      if (!createsNamespace(config, 'user')) return;
      for (const field of FIELDS) {
        if ((config.linux?.[field] ?? []).length > 0) continue;
        yield { pointer: `/linux/${field}`, message: 'must have an entry: a new user namespace needs to be mapped' };
      }
    },
  },
  {
    ref: REF.userMappings,
    severity: 'warning',
    needs: NEEDS,
    *find(config) {
      if (!hasNamespace(config, 'user') || createsNamespace(config, 'user')) return;
      for (const field of FIELDS) {
        if ((config.linux?.[field] ?? []).length === 0) continue;
        yield { pointer: `/linux/${field}`, message: 'must be those of the user namespace that is joined by its path' };
      }
    },
  },
  {
    ref: REF.userId,
    severity: 'error',
    needs: [...NEEDS, '/process/user'],
    find: unmappedUser,
  },
  { ref: REF.mappingLimits, severity: 'error', find: (config) => all(config, countAndSize) },
  { ref: REF.mappingLimits, severity: 'error', find: (config) => all(config, overlaps) },
];

/** Who is not mapped cannot be switched to: setresuid says EINVAL. */
export function* unmappedUser(config: Config): Iterable<Violation> {
  if (!createsNamespace(config, 'user') || config.process === undefined) return;
  const { uid = 0, gid = 0 } = config.process.user ?? {};
  const { uidMappings = [], gidMappings = [] } = config.linux ?? {};
  if (uidMappings.length > 0 && !isMapped(uid, uidMappings)) {
    yield { pointer: '/process/user/uid', message: `${uid} is not mapped in the user namespace of the container` };
  }
  if (gidMappings.length > 0 && !isMapped(gid, gidMappings)) {
    yield { pointer: '/process/user/gid', message: `${gid} is not mapped in the user namespace of the container` };
  }
}

/** Whether the container has this ID. */
export function isMapped(id: number, mappings: readonly IDMapping[]): boolean {
  return mappings.some(({ containerID, size }) => id >= containerID && id < containerID + size);
}

type MappingRule = (mappings: readonly IDMapping[], pointer: string) => Iterable<Violation>;

/** Applies `rule` to every list of mappings in the configuration. */
function* all({ linux, mounts = [] }: Config, rule: MappingRule): Iterable<Violation> {
  for (const field of FIELDS) {
    const mappings = linux?.[field];
    if (mappings !== undefined) yield* rule(mappings, `/linux/${field}`);
    for (const [index, mount] of mounts.entries()) {
      const own = mount[field];
      if (own !== undefined) yield* rule(own, `/mounts/${index}/${field}`);
    }
  }
}

function* countAndSize(mappings: readonly IDMapping[], pointer: string): Iterable<Violation> {
  if (mappings.length > MAX_ENTRIES) {
    yield { pointer, message: `must have at most ${MAX_ENTRIES} entries, has ${mappings.length}` };
  }
  for (const [index, { containerID, hostID, size }] of mappings.entries()) {
    if (size === 0) yield { pointer: `${pointer}/${index}/size`, message: 'must not be 0' };
    else if (Math.max(containerID, hostID) + size > 0xffffffff) {
      yield { pointer: `${pointer}/${index}`, message: 'goes beyond the highest ID, 4294967294' };
    }
  }
}

function* overlaps(mappings: readonly IDMapping[], pointer: string): Iterable<Violation> {
  for (const side of ['containerID', 'hostID'] as const) {
    const sorted = [...mappings.entries()].sort(([, a], [, b]) => a[side] - b[side]);
    let before: readonly [number, IDMapping] | undefined;
    for (const entry of sorted) {
      const [index, mapping] = entry;
      if (before !== undefined && before[1][side] + before[1].size > mapping[side]) {
        const where = side === 'hostID' ? 'on the host' : 'in the container';
        yield { pointer: `${pointer}/${index}`, message: `overlaps with entry ${before[0]} ${where}` };
      }
      if (before === undefined || before[1][side] + before[1].size < mapping[side] + mapping.size) before = entry;
    }
  }
}
