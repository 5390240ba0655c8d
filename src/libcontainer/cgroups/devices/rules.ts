import type { Linux, DeviceRule as SpecRule } from '../../../spec/config-linux.ts';
import { ContainerError } from '../../errors.ts';

/**
 * One entry of `linux.resources.devices`, ready to be compiled.
 *
 * A list of rules means: a request (type, major, minor, some of r, w and m) is permitted if each of its
 * accesses is, and an access is permitted if the last rule that names the device and the access allows it.
 * What no rule names is denied.
 *
 * Of the two models that exist this is the specification's ("in the listed order"). runc emulates the lists of
 * cgroup v1 instead, and differs in these corners:
 * - runc refuses a deny rule that cuts into an earlier wildcard; here it cuts.
 * - With runc one rule must cover a whole request: `r` for all and `w` for one device do not add up to O_RDWR,
 *   and where everything else is allowed, a rule that denies `w` does not stop O_RDWR. Here they do.
 * - With runc type `a` means everything, whatever its numbers and access say; here they count.
 */
export interface DeviceRule {
  readonly allow: boolean;
  /** `a` is both kinds. */
  readonly type: 'a' | 'b' | 'c';
  readonly major: number | '*';
  readonly minor: number | '*';
  /** Bits of {@link deviceAccess}, at least one. */
  readonly access: number;
}

/** BPF_DEVCG_ACC_*, by the letters of the specification. */
export const deviceAccess = { m: 1, r: 2, w: 4 } as const;
export const ALL_ACCESS = 7;

/**
 * The container's rules in order: those of the configuration, then the default ones, so that no configuration
 * can take /dev/null away. Only `linux.devices` can: an entry with a default device's path replaces that
 * device, and its rule goes with it. Entries of `linux.devices` allow nothing by themselves.
 */
export function deviceRules(linux: Linux | undefined): DeviceRule[] {
  const configured = (linux?.resources?.devices ?? []).map(parse);
  const replaced = new Set((linux?.devices ?? []).map((device) => device.path));
  const defaults = defaultDeviceRules.filter(({ path }) => path === undefined || !replaced.has(path));
  return [...configured, ...defaults.map(({ rule }) => rule)];
}

/** runc's list. The mknod wildcards let a container make nodes that it then cannot open. */
export const defaultDeviceRules: readonly { readonly path?: string; readonly rule: DeviceRule }[] = [
  { rule: allowed('c', '*', '*', deviceAccess.m) },
  { rule: allowed('b', '*', '*', deviceAccess.m) },
  { path: '/dev/null', rule: allowed('c', 1, 3) },
  { path: '/dev/random', rule: allowed('c', 1, 8) },
  { path: '/dev/full', rule: allowed('c', 1, 7) },
  { path: '/dev/tty', rule: allowed('c', 5, 0) },
  { path: '/dev/zero', rule: allowed('c', 1, 5) },
  { path: '/dev/urandom', rule: allowed('c', 1, 9) },
  // Terminals of a devpts, and its ptmx.
  { rule: allowed('c', 136, '*') },
  { rule: allowed('c', 5, 2) },
  // /dev/net/tun is no default device, but VPNs in containers have relied on this rule for ten years.
  { rule: allowed('c', 10, 200) },
];

function allowed(
  type: DeviceRule['type'],
  major: DeviceRule['major'],
  minor: DeviceRule['minor'],
  access: number = ALL_ACCESS,
): DeviceRule {
  return { allow: true, type, major, minor, access };
}

function parse(entry: SpecRule, index: number): DeviceRule {
  const pointer = `/linux/resources/devices/${index}`;
  return {
    allow: entry.allow,
    type: typeOf(entry.type, `${pointer}/type`),
    major: numberOf('major', entry.major, `${pointer}/major`),
    minor: numberOf('minor', entry.minor, `${pointer}/minor`),
    access: accessOf(entry.access ?? '', index, `${pointer}/access`),
  };
}

function typeOf(type: string | undefined, pointer: string): DeviceRule['type'] {
  if (type === undefined || type === '' || type === 'a') return 'a';
  if (type === 'b' || type === 'c') return type;
  throw new ContainerError('invalid-config', `invalid cgroup device type ${JSON.stringify(type)}`, { pointer });
}

/** Absent and negative mean all: runc's own configurations write -1. */
function numberOf(name: string, value: number | bigint | undefined, pointer: string): number | '*' {
  if (value === undefined || value < 0) return '*';
  if (value > MAX_DEVICE_NUMBER) {
    throw new ContainerError('invalid-config', `invalid device ${name} number ${value}`, { pointer });
  }
  return Number(value);
}

const MAX_DEVICE_NUMBER = 0xffff_ffff;

function accessOf(access: string, index: number, pointer: string): number {
  if (access === '') {
    throw new ContainerError('invalid-config', `device access at ${index} field cannot be empty`, { pointer });
  }
  let bits = 0;
  for (const letter of access) {
    if (letter !== 'r' && letter !== 'w' && letter !== 'm') {
      throw new ContainerError('invalid-config', `unknown device access ${JSON.stringify(letter)}`, { pointer });
    }
    bits |= deviceAccess[letter];
  }
  return bits;
}
