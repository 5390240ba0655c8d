import type { Mount } from '../../spec/config.ts';
import type { Memory, Operand, Result } from '../../syscalls/batch.ts';
import { superMagic } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statfs } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import type { Sight } from './foresight.ts';
import { relative } from './target.ts';

/**
 * Whatever lies in /proc decides about labels, masks and sysctls: nothing may be mounted over it but the
 * files that lxcfs fakes, and onto /proc itself only a procfs (CVE-2019-19921). The target's file system is
 * asked too, since a link in the rootfs can lead there under any name, and a procfs goes along where somebody renames
 * what it lies on.
 */
export function refuseInsideProc(
  creation: Creation,
  mount: Mount,
  { target, sight, source }: Places,
  calls = creation.init.kernel.calls,
): void {
  const path = relative(mount.destination);
  if (fakedProcFiles.has(path)) return;
  const onTarget = fileSystemOf(creation, target, calls);
  if (path === 'proc' || path.startsWith('proc/')) {
    const onSource = source === undefined ? undefined : fileSystemOf(creation, source, calls);
    if (path === 'proc' && onSource !== undefined && isProcfs(creation, onSource)) return;
    throw insideProc(mount);
  }
  // No need to wait for the answer: until somebody runs in there, a mount can still be regretted.
  if (sight === undefined && isProcfs(creation, onTarget)) throw insideProc(mount);
  if (sight !== undefined) creation.unprovenMounts.push({ mount, onTarget });
}

/** Before anything of the container's runs, and before anything is written to its procfs. */
export const proveMounts: CreationStep = {
  name: 'verify the mount points',
  pointer: '/mounts',
  do(creation) {
    const { mounts = [] } = creation.config;
    for (const { mount, onTarget } of creation.unprovenMounts) {
      const index = mounts.findIndex(({ destination }) => destination === mount.destination);
      if (isProcfs(creation, onTarget)) throw insideProc(mount, `/mounts/${index}`);
    }
  },
};

function insideProc({ destination }: Mount, pointer?: string): ContainerError {
  const message = `${JSON.stringify(destination)} cannot be mounted because it is inside /proc`;
  return new ContainerError('invalid-config', message, { pointer });
}

interface Places {
  readonly target: Operand;
  /** What the target is, if it was known without asking. */
  readonly sight: Sight | undefined;
  readonly source?: Operand;
}

/** A mount whose target has not been seen to lie outside of procfs yet. */
export interface UnprovenMount {
  readonly mount: Mount;
  readonly onTarget: FileSystem;
}

/** What fstatfs(2) says, or will say. */
export interface FileSystem {
  readonly told: Result;
  readonly facts: Memory;
}

function fileSystemOf({ init }: Creation, fd: Operand, calls: RemoteKernel['calls']): FileSystem {
  const facts = init.kernel.output(statfs.size);
  return { told: calls.fstatfs(fd, facts), facts };
}

function isProcfs({ init }: Creation, { told, facts }: FileSystem): boolean {
  init.kernel.value(told);
  return readField(statfs, 'f_type', facts.bytes) === superMagic.PROC_SUPER_MAGIC;
}

const fakedProcFiles = new Set(
  [
    'cpuinfo',
    'diskstats',
    'meminfo',
    'stat',
    'swaps',
    'uptime',
    'loadavg',
    'slabinfo',
    'sys/kernel/ns_last_pid',
    'sys/crypto/fips_enabled',
  ].map((name) => `proc/${name}`),
);
