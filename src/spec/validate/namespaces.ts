import type { Config, TimeOffset } from '../config.ts';
import { utf8Length } from '../json/utf8.ts';
import { joinPointer } from '../json.ts';
import type { NamespaceType } from '../vocabulary.ts';
import { type Check, each, isAbsolute, quote, type Violation } from './check.ts';
import { REF } from './ref.ts';

const NAMESPACES = '/linux/namespaces';

/** Namespaces, and what is senseless or dangerous without them: time offsets, network devices, hidden paths. */
export const NAMESPACE_CHECKS: readonly Check[] = [
  {
    ref: REF.namespaceDuplicate,
    severity: 'error',
    find({ linux }) {
      const seen = new Set<string>();
      return each(linux?.namespaces, NAMESPACES, ({ type }) => {
        if (seen.has(type)) return `there is another namespace of type ${type}`;
        seen.add(type);
        return undefined;
      });
    },
  },
  {
    ref: REF.namespacePath,
    severity: 'error',
    *find({ linux }) {
      for (const [index, { path }] of (linux?.namespaces ?? []).entries()) {
        if (path === undefined || path === '' || isAbsolute(path)) continue;
        yield { pointer: `${NAMESPACES}/${index}/path`, message: `must be absolute, is ${quote(path)}` };
      }
    },
  },
  { ref: REF.timeOffsets, severity: 'error', needs: [NAMESPACES], find: checkTimeNamespace },
  {
    ref: REF.timeOffsetLimits,
    severity: 'error',
    *find({ linux }) {
      const offsets: [string, TimeOffset][] = Object.entries(linux?.timeOffsets ?? {});
      for (const [clock, { nanosecs }] of offsets) {
        if (nanosecs === undefined || nanosecs < 1e9) continue;
        const pointer = `/linux/timeOffsets${joinPointer(clock)}/nanosecs`;
        yield { pointer, message: `must be less than a second (1000000000), is ${nanosecs}` };
      }
    },
  },
  {
    ref: REF.netDevices,
    severity: 'error',
    needs: [NAMESPACES],
    *find(config) {
      if (isEmpty(config.linux?.netDevices) || hasNamespace(config, 'network')) return;
      yield { pointer: '/linux/netDevices', message: 'the container has no network namespace to move devices to' };
    },
  },
  {
    ref: REF.netDeviceName,
    severity: 'error',
    *find({ linux }) {
      for (const [name, device] of Object.entries(linux?.netDevices ?? {})) {
        const pointer = `/linux/netDevices${joinPointer(name)}`;
        const message = 'is no name of a network device: 1 to 15 bytes without slash, colon and space';
        if (!isDeviceName(name)) yield { pointer, message };
        if (device.name !== undefined && device.name !== '' && !isDeviceName(device.name)) {
          yield { pointer: `${pointer}/name`, message };
        }
      }
    },
  },
  hiddenPaths('maskedPaths', REF.maskedPaths),
  hiddenPaths('readonlyPaths', REF.readonlyPaths),
  needsMountNamespace('maskedPaths', REF.maskedPaths),
  needsMountNamespace('readonlyPaths', REF.readonlyPaths),
  {
    ref: REF.personalityFlags,
    severity: 'warning',
    *find({ linux }) {
      if ((linux?.personality?.flags ?? []).length === 0) return;
      yield { pointer: '/linux/personality/flags', message: 'have no effect: the specification defines none' };
    },
  },
];

/** Whether the container has a namespace of this type that may differ from the runtime's: a new one or a joined one. */
export function hasNamespace(config: Config, type: NamespaceType): boolean {
  return config.linux?.namespaces?.some((namespace) => namespace.type === type) ?? false;
}

/** Whether the runtime creates the container's namespace of this type. */
export function createsNamespace(config: Config, type: NamespaceType): boolean {
  return config.linux?.namespaces?.some((namespace) => namespace.type === type && !namespace.path) ?? false;
}

function* checkTimeNamespace(config: Config): Iterable<Violation> {
  if (isEmpty(config.linux?.timeOffsets) || createsNamespace(config, 'time')) return;
  const message = hasNamespace(config, 'time')
    ? 'cannot be set for a time namespace that is joined by its path'
    : 'cannot be set: the container has no time namespace of its own';
  yield { pointer: '/linux/timeOffsets', message };
}

function hiddenPaths(field: 'maskedPaths' | 'readonlyPaths', ref: Check['ref']): Check {
  return {
    ref,
    severity: 'error',
    find: ({ linux }) =>
      each(linux?.[field], `/linux/${field}`, (path) =>
        isAbsolute(path) ? undefined : `must be an absolute path, is ${quote(path)}`,
      ),
  };
}

/** In the host's mount namespace the mounts that hide something would hide it from the host. */
function needsMountNamespace(field: 'maskedPaths' | 'readonlyPaths', ref: Check['ref']): Check {
  return {
    ref,
    severity: 'error',
    needs: [NAMESPACES],
    *find(config) {
      if ((config.linux?.[field] ?? []).length === 0 || hasNamespace(config, 'mount')) return;
      yield { pointer: `/linux/${field}`, message: 'the container has no mount namespace of its own' };
    },
  };
}

function isDeviceName(name: string): boolean {
  return name !== '.' && name !== '..' && /^[^/:\s]+$/.test(name) && utf8Length(name) <= 15;
}

function isEmpty(map: object | undefined): boolean {
  return map === undefined || Object.keys(map).length === 0;
}
