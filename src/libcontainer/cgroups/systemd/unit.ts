import { ContainerError } from '../../errors.ts';

/** The unit of systemd's that holds a container. */
export interface Unit {
  /** `libpod-1234.scope`. */
  readonly name: string;
  /** The slice that it lies in: `machine.slice`. */
  readonly slice: string;
  /** A slice instead of a scope: it needs no process, and is not ours alone. */
  readonly isSlice: boolean;
}

/**
 * The unit for `linux.cgroupsPath` by the rules of the systemd driver: `slice:prefix:name`, of which an empty slice
 * stands for `ourSlice`. A name that ends in `.slice` is a slice, any other makes the scope `prefix-name.scope`.
 */
export function unitFor(cgroupsPath: string | undefined, id: string, ourSlice: string): Unit {
  if (cgroupsPath === undefined || cgroupsPath === '') {
    return { name: `tsrunc-${escaped(id)}.scope`, slice: ourSlice, isSlice: false };
  }
  const [slice = '', prefix = '', name = '', ...more] = cgroupsPath.split(':');
  if (more.length > 0 || cgroupsPath.split(':').length < 3) {
    throw invalid(
      `expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got ${JSON.stringify(cgroupsPath)} instead`,
    );
  }
  if (name === '') throw invalid(`cgroupsPath ${JSON.stringify(cgroupsPath)} has no name`);
  const isSlice = name.endsWith('.slice');
  const unit = { name: isSlice ? name : `${prefix}-${name}.scope`, slice: slice || ourSlice, isSlice };
  if (!/^[A-Za-z0-9:_.\\@-]{1,255}$/.test(unit.name)) throw invalid(`${JSON.stringify(unit.name)} is no unit name`);
  return unit;
}

/** The path of a unit's cgroup, below the cgroup of its manager. */
export function unitPath({ name, slice, isSlice }: Unit): string {
  return isSlice ? slicePath(name) : `${slicePath(slice)}/${cgroupName(name)}`;
}

/** `a-b.slice` lies in `a.slice`: `/a.slice/a-b.slice`. The root slice `-.slice` is the manager's own cgroup. */
export function slicePath(slice: string): string {
  const stem = slice.slice(0, -SUFFIX.length);
  if (stem === '-' && slice.endsWith(SUFFIX)) return '';
  const parts = stem.split('-');
  if (!slice.endsWith(SUFFIX) || slice.includes('/') || parts.includes('')) {
    throw invalid(`invalid slice name ${JSON.stringify(slice)}`);
  }
  return parts.map((_, i) => `/${cgroupName(parts.slice(0, i + 1).join('-') + SUFFIX)}`).join('');
}

const SUFFIX = '.slice';

/** Systemd keeps its directories apart from the kernel's files: what could be taken for one gets an underscore. */
function cgroupName(unit: string): string {
  return /^[_.]/.test(unit) || CONTROLLER.test(unit) ? `_${unit}` : unit;
}

const CONTROLLER = /^(cgroup|cpu|cpuacct|cpuset|io|blkio|memory|devices|pids|bpf-firewall|bpf-devices)\./;

/** An ID may have `+`, which a unit name may not. */
function escaped(id: string): string {
  return id.replaceAll('+', '\\x2b');
}

function invalid(message: string): ContainerError {
  return new ContainerError('invalid-config', message, { pointer: '/linux/cgroupsPath' });
}
