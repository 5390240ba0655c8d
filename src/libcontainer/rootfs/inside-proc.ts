import type { Mount } from '../../spec/config.ts';
import type { Operand } from '../../syscalls/batch.ts';
import { superMagic } from '../../syscalls/constants.ts';
import { readField } from '../../syscalls/struct.ts';
import { statfs } from '../../syscalls/structs.ts';
import type { Creation } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import type { Sight } from './foresight.ts';
import { relative } from './target.ts';

/**
 * Whatever lies in /proc decides about labels, masks and sysctls: nothing may be mounted over it but the
 * files that lxcfs fakes, and onto /proc itself only a procfs (CVE-2019-19921). The target's file system is
 * asked too, since a link in the rootfs can lead there under any name.
 */
export function refuseInsideProc(creation: Creation, mount: Mount, { target, sight, source }: Places): void {
  const path = relative(mount.destination);
  if (fakedProcFiles.has(path)) return;
  // What was missing has been made, which nobody can do in a procfs.
  const elsewhere = sight === 'missing' || (sight !== undefined && sight.magic !== superMagic.PROC_SUPER_MAGIC);
  if (elsewhere && path !== 'proc' && !path.startsWith('proc/')) return;
  const [onTarget, onSource] = fileSystems(creation, source === undefined ? [target] : [target, source]);
  if (path === 'proc' && onSource === superMagic.PROC_SUPER_MAGIC) return;
  if (path.startsWith('proc/') || path === 'proc' || onTarget === superMagic.PROC_SUPER_MAGIC) {
    throw new ContainerError(
      'invalid-config',
      `${JSON.stringify(mount.destination)} cannot be mounted because it is inside /proc`,
    );
  }
}

interface Places {
  readonly target: Operand;
  /** What the target is, if it was known without asking. */
  readonly sight: Sight | undefined;
  readonly source?: Operand;
}

function fileSystems(creation: Creation, fds: readonly Operand[]): number[] {
  const { kernel } = creation.init;
  const answers = fds.map((fd) => {
    const facts = kernel.output(statfs.size);
    kernel.calls.fstatfs(fd, facts);
    return facts;
  });
  kernel.flush();
  return answers.map((facts) => readField(statfs, 'f_type', facts.bytes));
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
