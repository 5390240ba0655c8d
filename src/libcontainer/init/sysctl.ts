import { joinPointer } from '../../spec/json.ts';
import { sysctlPath } from '../../spec/validate/sysctl.ts';
import type { Result } from '../../syscalls/batch.ts';
import { utf8 } from '../../syscalls/params.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import type { CreationStep } from '../creation.ts';

/**
 * Kernel parameters of the container's namespaces; which keys are namespaced was checked with the config. They
 * are written through a procfs of our own that is mounted nowhere: what the container has at /proc/sys may be
 * something else (CVE-2025-52881).
 */
export function sysctlSteps(sysctl: Readonly<Record<string, string>>): CreationStep[] {
  return Object.entries(sysctl).map(([key, value]) => ({
    name: `set ${key}`,
    pointer: joinPointer('linux', 'sysctl', key),
    do({ init }) {
      const { kernel } = init;
      const proc = privateProc(kernel);
      const file = kernel.calls.openat2(proc, `sys/${sysctlPath(key)}`, {
        flags: ['O_WRONLY', 'O_CLOEXEC'],
        resolve: ['RESOLVE_BENEATH', 'RESOLVE_NO_XDEV', 'RESOLVE_NO_MAGICLINKS', 'RESOLVE_NO_SYMLINKS'],
      });
      kernel.calls.write(file, utf8(value));
      kernel.calls.close(file);
      kernel.calls.close(proc);
    },
    hint: (error) => (error.code === 'ENOENT' ? 'this kernel has no such parameter' : undefined),
  }));
}

function privateProc(kernel: RemoteKernel): Result {
  const context = kernel.calls.fsopen('proc', ['FSOPEN_CLOEXEC']);
  kernel.calls.fsconfig(context, 'FSCONFIG_CMD_CREATE', null, null, 0);
  const proc = kernel.calls.fsmount(
    context,
    ['FSMOUNT_CLOEXEC'],
    ['MOUNT_ATTR_NOSUID', 'MOUNT_ATTR_NODEV', 'MOUNT_ATTR_NOEXEC'],
  );
  kernel.calls.close(context);
  return proc;
}
