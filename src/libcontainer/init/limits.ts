import type { Rlimit } from '../../spec/config.ts';
import { bitsOf, rlimits } from '../../syscalls/constants.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { readExact } from '../../syscalls/struct.ts';
import { rlimit64 } from '../../syscalls/structs.ts';
import { ContainerError } from '../errors.ts';
import type { StartStep } from './starting.ts';

/** From outside, where the privilege to raise them is; now, since a parked init must still be able to accept. */
export function limits(asked: readonly Rlimit[]): StartStep {
  return {
    name: 'set resource limits',
    pointer: '/process/rlimits',
    do({ facts, init }) {
      const { kernel, callerNofile: caller } = facts;
      for (const { type, soft, hard } of asked) {
        if (!isRlimit(type)) throw new ContainerError('invalid-config', `unknown rlimit ${JSON.stringify(type)}`);
        kernel.calls.prlimit64(init.pid, type, { rlim_cur: soft, rlim_max: hard }, 0);
      }
      if (caller !== undefined && !asked.some(({ type }) => type === 'RLIMIT_NOFILE'))
        restoreNofile(kernel, init.pid, caller);
    },
    hint: (error) => (error.code === 'EPERM' ? 'a hard limit can only be raised with CAP_SYS_RESOURCE' : undefined),
  };
}

/** The engine raised the soft limit to the hard one at its start; the container gets what our caller had. */
function restoreNofile(kernel: LocalKernel, pid: number, soft: number): void {
  const current = kernel.batch((batch) => {
    const memory = batch.output(rlimit64.size);
    const words = (): string[] => [`${pid}`, 'RLIMIT_NOFILE'];
    batch.add({ name: 'prlimit64', words }, [pid, bitsOf(rlimits, ['RLIMIT_NOFILE']), 0, memory]);
    return memory;
  });
  const hard = readExact(rlimit64, 'rlim_max', current.bytes);
  kernel.calls.prlimit64(pid, 'RLIMIT_NOFILE', { rlim_cur: BigInt(soft) < hard ? soft : hard, rlim_max: hard }, 0);
}

function isRlimit(type: string): type is keyof typeof rlimits {
  return Object.hasOwn(rlimits, type);
}
