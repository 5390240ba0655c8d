import type { Config, Mount } from '../config.ts';
import { type Check, each, isAbsolute, quote, type Violation } from './check.ts';
import { createsNamespace, hasNamespace } from './namespaces.ts';
import { REF } from './ref.ts';

/** Mounts, as far as they can be judged without the table of options and the root filesystem. */
export const MOUNT_CHECKS: readonly Check[] = [
  {
    ref: REF.mountDestinationRequired,
    severity: 'error',
    find: eachDestination((path) => (path === '' ? 'must not be empty' : undefined)),
  },
  {
    ref: REF.mountDestination,
    severity: 'warning',
    find: eachDestination((path) => {
      return path === '' || isAbsolute(path) ? undefined : `should be absolute, and is taken as ${quote(`/${path}`)}`;
    }),
  },
  {
    ref: REF.mountOnRoot,
    severity: 'error',
    find: eachDestination((path) => {
      return path !== '' && path.split('/').every(isNothing)
        ? 'must be a directory below the root of the container'
        : undefined;
    }),
  },
  {
    ref: REF.mountPath,
    severity: 'error',
    *find({ mounts }) {
      for (const [index, mount] of (mounts ?? []).entries()) {
        for (const field of ['destination', 'source'] as const) {
          if (!mount[field]?.includes('\n')) continue;
          yield { pointer: `/mounts/${index}/${field}`, message: 'must not contain a line break' };
        }
      }
    },
  },
  {
    ref: REF.mountMappings,
    severity: 'error',
    find: ({ mounts }) =>
      each(mounts, '/mounts', ({ uidMappings = [], gidMappings = [] }) => {
        if ((uidMappings.length === 0) === (gidMappings.length === 0)) return undefined;
        return 'uidMappings and gidMappings must be given together';
      }),
  },
  {
    ref: REF.mountIdmap,
    severity: 'error',
    needs: ['/linux/namespaces', '/linux/uidMappings', '/linux/gidMappings'],
    find: (config) =>
      each(config.mounts, '/mounts', (mount) => {
        if (!isIdmapped(mount) || hasMappings(mount) || containerHasMappings(config)) return undefined;
        return 'needs uidMappings and gidMappings to be idmapped: the container has no user namespace to take them from';
      }),
  },
];

function eachDestination(test: (destination: string) => string | undefined): Check['find'] {
  return function* find({ mounts }): Iterable<Violation> {
    for (const [index, { destination }] of (mounts ?? []).entries()) {
      const message = test(destination);
      if (message !== undefined) yield { pointer: `/mounts/${index}/destination`, message };
    }
  };
}

/** A segment that leads nowhere; above the root there is nothing. */
function isNothing(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..';
}

function isIdmapped({ options = [] }: Mount): boolean {
  return options.includes('idmap') || options.includes('ridmap');
}

function hasMappings({ uidMappings = [], gidMappings = [] }: Mount): boolean {
  return uidMappings.length > 0 || gidMappings.length > 0;
}

function containerHasMappings(config: Config): boolean {
  if (!hasNamespace(config, 'user')) return false;
  return !createsNamespace(config, 'user') || (config.linux?.uidMappings ?? []).length > 0;
}
