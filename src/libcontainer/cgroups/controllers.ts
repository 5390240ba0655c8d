import { isErrno } from '../../engine/errors.ts';
import { ContainerError } from '../errors.ts';
import type { CgroupDirectory } from './directory.ts';
import type { CgroupWrite } from './resources.ts';

/**
 * Hands every controller that `parent` has down to its children. Best effort: what is not there afterwards is
 * reported by {@link requireControllers}, and only if `writes` need it.
 */
export function enableControllers(parent: CgroupDirectory, writes: readonly CgroupWrite[]): void {
  const enabled = new Set(parent.words('cgroup.subtree_control'));
  const missing = parent.words('cgroup.controllers').filter((controller) => !enabled.has(controller));
  if (missing.length === 0) return;
  const refusal = enable(parent, missing);
  if (refusal === undefined || missing.length === 1) return;
  // It holds processes. One by one, cpu and pids would succeed, but turn it into the root of a threaded subtree.
  if (isErrno(refusal, 'EBUSY') && needsDomain(writes)) return;
  // The kernel takes all of a write or nothing.
  for (const controller of missing) enable(parent, [controller]);
}

function enable(parent: CgroupDirectory, controllers: readonly string[]): unknown {
  try {
    parent.write('cgroup.subtree_control', controllers.map((controller) => `+${controller}`).join(' '));
    return undefined;
  } catch (error) {
    return error;
  }
}

/**
 * Throws if a controller that `writes` need is not in the last directory of `chain`, which leads there from the
 * root: says at which cgroup it got lost, and why.
 */
export function requireControllers(
  chain: readonly CgroupDirectory[],
  writes: readonly CgroupWrite[],
  hybrid: boolean,
): void {
  const strict = writes.filter(({ controller, optional, verbatim }) => controller && !optional && !verbatim);
  if (strict.length === 0) return;
  const available = new Set(chain.at(-1)?.words('cgroup.controllers'));
  for (const { controller, file, pointer } of strict) {
    if (controller === undefined || available.has(controller)) continue;
    throw missing(chain, controller, file, pointer, hybrid);
  }
}

function missing(
  chain: readonly CgroupDirectory[],
  controller: string,
  file: string,
  pointer: string,
  hybrid: boolean,
): ContainerError {
  const lost = chain.findIndex((directory) => !directory.words('cgroup.controllers').includes(controller));
  const [parent, directory] = [chain[lost - 1], chain[lost]];
  const what = `${file} cannot be set: the ${controller} controller`;
  if (parent) return notEnabled(parent, controller, `${what} cannot be enabled in ${parent.path}`, pointer);
  const there = directory?.words('cgroup.controllers').join(' ') || 'none';
  return new ContainerError('cgroup', `${what} is not available in ${directory?.path} (there: ${there})`, {
    pointer,
    hint: hybrid ? 'cgroup v1 may hold it: boot with systemd.unified_cgroup_hierarchy=1' : undefined,
  });
}

/** Tries once more, for the kernel's own reason. */
function notEnabled(parent: CgroupDirectory, controller: string, what: string, pointer: string): ContainerError {
  const cause = enable(parent, [controller]);
  if (isErrno(cause, 'EBUSY')) {
    return new ContainerError('cgroup', `${what}, which holds processes itself: ${parent.occupants()}`, {
      pointer,
      cause,
      hint:
        'a cgroup with processes has no controllers to hand down. Move them into one below it: ' +
        `mkdir ${parent.path}/processes, and for each of them echo PID > ${parent.path}/processes/cgroup.procs`,
    });
  }
  const denied = isErrno(cause, 'EACCES', 'EPERM', 'EROFS');
  return new ContainerError('cgroup', what, {
    pointer,
    cause,
    hint: denied ? 'the cgroup is not delegated to this user: see Delegate= in systemd.resource-control' : undefined,
  });
}

/**
 * A cgroup in threaded mode only knows the controllers that can tell threads apart. One that is in no valid
 * mode, since it lies below a threaded one, is made threaded if that will do.
 */
export function requireDomain(
  directory: CgroupDirectory,
  writes: readonly CgroupWrite[],
  above: readonly CgroupDirectory[],
): void {
  const type = directory.tryRead('cgroup.type')?.trim();
  if (type === undefined || type === 'domain') return;
  const domain = needsDomain(writes);
  if (domain) {
    const state = type === 'domain invalid' ? 'in an invalid state' : `in ${type} mode`;
    throw new ContainerError(
      'cgroup',
      `cannot enter cgroupv2 "${directory.path}" with domain controllers -- it is ${state}`,
      { pointer: domain.pointer, hint: whyThreaded(domain, [...above, directory]) },
    );
  }
  if (type === 'domain invalid') enterThreadedMode(directory);
}

/** Which controller, which cgroup is to blame, who sits in it, and what helps. */
function whyThreaded({ file, controller }: CgroupWrite, chain: readonly CgroupDirectory[]): string {
  const root = chain.find((directory) => directory.tryRead('cgroup.type')?.trim() === 'domain threaded');
  const what = `${file} is of the ${controller} controller, which limits whole processes`;
  if (root === undefined) return `${what}: name a place by cgroupsPath that is not below a threaded cgroup`;
  const who = root.occupants();
  return `${what}, and ${root.path} is the root of a threaded subtree${
    who === '' ? '' : ` with ${who}`
  }: name a place outside of it by cgroupsPath`;
}

/** The first write that cannot be had in threaded mode. */
function needsDomain(writes: readonly CgroupWrite[]): CgroupWrite | undefined {
  return writes.find(
    ({ controller, optional }) => !optional && controller !== undefined && !threadedControllers.has(controller),
  );
}

function enterThreadedMode(directory: CgroupDirectory): void {
  try {
    directory.write('cgroup.type', 'threaded');
  } catch (error) {
    throw new ContainerError('cgroup', `make ${directory.path} threaded`, { cause: error });
  }
}

const threadedControllers: ReadonlySet<string> = new Set(['cpu', 'cpuset', 'perf_event', 'pids']);
