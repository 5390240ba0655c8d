import type { Seccomp } from '../../spec/config-linux.ts';
import { joinPointer } from '../../spec/json.ts';
import type { SeccompAction, SeccompFlag } from '../../spec/vocabulary.ts';
import type { seccompFilterFlags } from '../../syscalls/constants.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { ContainerError } from '../errors.ts';
import { MAX_ERRNO, MAX_MESSAGE } from './actions.ts';

/** Whether some system calls are to be decided by an agent, who is sent the filter's listener. */
export function notifies({ syscalls = [] }: Seccomp): boolean {
  return syscalls.some(({ action }) => action === 'SCMP_ACT_NOTIFY');
}

export type FilterFlag = keyof typeof seccompFilterFlags;

/**
 * The flags to load the profile's filter with. Where the profile has no `flags` at all, the filter does not turn
 * the mitigations of speculative store bypass on, as runc has it; `[]` asks for them.
 */
export function filterFlags(profile: Seccomp): readonly FilterFlag[] {
  const asked: readonly SeccompFlag[] = profile.flags ?? ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'];
  // The process that loads the filter has one thread, so that there is nothing to synchronise.
  const needed = asked.filter((flag) => flag !== 'SECCOMP_FILTER_FLAG_TSYNC');
  return notifies(profile) ? [...needed, 'SECCOMP_FILTER_FLAG_NEW_LISTENER'] : needed;
}

/** Throws for what libseccomp would take, and the kernel or we could not do. */
export function checkProfile(kernel: LocalKernel, profile: Seccomp): void {
  checkErrno(profile.defaultAction, profile.defaultErrnoRet, joinPointer('linux', 'seccomp', 'defaultErrnoRet'));
  profile.syscalls?.forEach(({ action, errnoRet, names }, i) => {
    const rule = joinPointer('linux', 'seccomp', 'syscalls', String(i));
    checkErrno(action, errnoRet, `${rule}/errnoRet`);
    // Init could not tell us the listener's number, and nobody would answer for it.
    if (action === 'SCMP_ACT_NOTIFY' && names.includes('write'))
      refuse(`${rule}/names`, 'SCMP_ACT_NOTIFY cannot be used for the write syscall');
  });
  if (notifies(profile) && !profile.listenerPath)
    refuse(joinPointer('linux', 'seccomp', 'listenerPath'), 'seccomp listenerPath is not set, and a rule notifies');
  checkFlags(kernel, profile);
}

function checkErrno(action: SeccompAction, errnoRet: number | undefined, pointer: string): void {
  const most = action === 'SCMP_ACT_TRACE' ? MAX_MESSAGE : MAX_ERRNO;
  if (errnoRet !== undefined && errnoRet > most) refuse(pointer, `must be at most ${most}, is ${errnoRet}`);
}

function checkFlags(kernel: LocalKernel, profile: Seccomp): void {
  profile.flags?.forEach((flag, i) => {
    const pointer = joinPointer('linux', 'seccomp', 'flags', String(i));
    if (flag === WAIT_KILLABLE_RECV && !notifies(profile)) refuse(pointer, `${flag} needs a rule with SCMP_ACT_NOTIFY`);
    if (!isKnownFlag(kernel, flag))
      throw new ContainerError('host', `the kernel does not know ${flag}`, { pointer, hint: 'Linux 5.19 does' });
  });
}

/** Whether the kernel takes a flag. Without a program nothing is loaded: EFAULT says that it got as far as to look for one. */
export function isKnownFlag(kernel: LocalKernel, flag: SeccompFlag): boolean {
  const flags: FilterFlag[] = flag === WAIT_KILLABLE_RECV ? [flag, 'SECCOMP_FILTER_FLAG_NEW_LISTENER'] : [flag];
  return kernel.may('*').seccomp('SECCOMP_SET_MODE_FILTER', flags, 0) === -EFAULT;
}

function refuse(pointer: string, message: string): never {
  throw new ContainerError('invalid-config', message, { pointer });
}

const WAIT_KILLABLE_RECV = 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV';
const EFAULT = 14;
