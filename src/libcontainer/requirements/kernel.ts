import type { Config } from '../../spec/config.ts';
import { joinPointer } from '../../spec/json.ts';
import { quote } from '../../spec/validate/check.ts';
import { sysctlPath } from '../../spec/validate/sysctl.ts';
import { POINTER } from '../cgroups/conversions.ts';
import { cgroupWrites } from '../cgroups/resources.ts';
import { findCgroupRoot } from '../cgroups/root.ts';
import { ContainerError } from '../errors.ts';
import { resctrlRoot } from '../intel-rdt/group.ts';
import { isNamespaceType, namespaces } from '../namespaces.ts';
import { isBind } from '../rootfs/mounts.ts';
import { optionsOf } from '../rootfs/parse-options.ts';
import { type Requirement, type Site, textOf } from './requirement.ts';

/** What the kernel must have been built and booted with. */
export const KERNEL_REQUIREMENTS: readonly Requirement[] = [
  {
    severity: 'error',
    *find({ linux }, site) {
      for (const [index, { type, path }] of (linux?.namespaces ?? []).entries()) {
        const fault = path ? undefined : namespaceFault(site, type);
        if (fault) yield { pointer: `/linux/namespaces/${index}`, ...fault };
      }
    },
  },
  // A module may be loaded by the mount.
  {
    severity: 'warning',
    *find({ mounts = [] }, site) {
      const known = fileSystems(site);
      if (!known) return;
      for (const [index, mount] of mounts.entries()) {
        const { type = '' } = mount;
        if (type === '' || isBind(mount, optionsOf(mount))) continue;
        // What Docker and others write for cgroup2.
        if (known.has(type === 'cgroup' ? 'cgroup2' : type)) continue;
        const hint = 'a module may bring it; see /proc/filesystems';
        yield {
          pointer: `/mounts/${index}/type`,
          message: `this kernel does not list the file system ${quote(type)}`,
          hint,
        };
      }
    },
  },
  {
    severity: 'error',
    *find({ linux }, site) {
      for (const key of Object.keys(linux?.sysctl ?? {})) {
        // Which parameters of the network a namespace has depends on the devices in it.
        if (key.startsWith('net') || textOf(site, '/proc/sys/kernel/ostype') === undefined) continue;
        const path = `/proc/sys/${sysctlPath(key)}`;
        if (!exists(site, path)) {
          yield { pointer: joinPointer('linux', 'sysctl', key), message: `this kernel has no ${path}` };
        }
      }
    },
  },
  {
    severity: 'error',
    *find({ process }, site) {
      const most = textOf(site, '/proc/sys/fs/nr_open');
      if (most === undefined) return;
      for (const [index, { type, hard }] of (process?.rlimits ?? []).entries()) {
        if (type !== 'RLIMIT_NOFILE' || BigInt(hard) <= BigInt(most)) continue;
        const message = `is more than any process may have here: ${hard} > ${most}`;
        yield { pointer: `/process/rlimits/${index}/hard`, message, hint: 'raise fs.nr_open, or ask for less' };
      }
    },
  },
  { severity: 'error', find: controllersMissing },
  {
    severity: 'error',
    *find({ linux }, site) {
      if (!linux?.intelRdt || resctrlRoot(site.engine) !== undefined) return;
      const hint = 'mount -t resctrl resctrl /sys/fs/resctrl, where the processor has it';
      yield { pointer: '/linux/intelRdt', message: 'resctrl is not mounted on this host', hint };
    },
  },
];

function namespaceFault(site: Site, type: string): { message: string; hint?: string } | undefined {
  if (!isNamespaceType(type)) return undefined;
  const { file } = namespaces[type];
  if (!exists(site, `/proc/self/ns/${file}`)) return { message: `this kernel has no ${type} namespaces` };
  const name = `user.max_${file}_namespaces`;
  if (textOf(site, `/proc/sys/${name.replace('.', '/')}`) !== '0') return undefined;
  return { message: `no ${type} namespace may be made on this host`, hint: `sysctl ${name} is 0` };
}

function fileSystems(site: Site): Set<string> | undefined {
  const lines = textOf(site, '/proc/filesystems')?.split('\n');
  return lines && new Set(lines.map((line) => line.split('\t').at(-1) ?? ''));
}

/** Controllers are looked for at the root: further down they can be enabled. */
function* controllersMissing({ linux }: Config, site: Site) {
  const writes = linux?.resources ? cgroupWrites(linux.resources) : [];
  if (writes.length === 0) return;
  try {
    const { mount, hybrid } = findCgroupRoot(site.engine);
    const available = new Set((textOf(site, `${mount}/cgroup.controllers`) ?? '').split(' '));
    for (const { file, controller, optional, pointer } of writes) {
      if (controller === undefined || optional || available.has(controller)) continue;
      const hint = hybrid ? 'cgroup v1 may hold it: boot with systemd.unified_cgroup_hierarchy=1' : undefined;
      yield {
        pointer,
        message: `${file} cannot be set: ${mount} has no ${controller} controller`,
        ...(hint && { hint }),
      };
    }
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    yield { pointer: POINTER, message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
  }
}

function exists({ engine }: Site, path: string): boolean {
  try {
    engine.files.stat(path);
    return true;
  } catch {
    return false;
  }
}
