import type { SeccompAction } from '../../spec/vocabulary.ts';
import { seccompReturns } from '../../syscalls/constants.ts';

/** The specification's actions and what a filter returns for them. libseccomp's own values are the same. */
export const actions: Readonly<Record<SeccompAction, keyof typeof seccompReturns>> = {
  SCMP_ACT_KILL: 'SECCOMP_RET_KILL_THREAD',
  SCMP_ACT_KILL_PROCESS: 'SECCOMP_RET_KILL_PROCESS',
  SCMP_ACT_KILL_THREAD: 'SECCOMP_RET_KILL_THREAD',
  SCMP_ACT_TRAP: 'SECCOMP_RET_TRAP',
  SCMP_ACT_ERRNO: 'SECCOMP_RET_ERRNO',
  SCMP_ACT_TRACE: 'SECCOMP_RET_TRACE',
  SCMP_ACT_ALLOW: 'SECCOMP_RET_ALLOW',
  SCMP_ACT_LOG: 'SECCOMP_RET_LOG',
  SCMP_ACT_NOTIFY: 'SECCOMP_RET_USER_NOTIF',
};

/** The value of an action with its data: the errno of ERRNO, the tracer's message of TRACE; EPERM unless given. */
export function actionValue(action: SeccompAction, errnoRet: number | undefined): number {
  const value = seccompReturns[actions[action]];
  const takesData = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
  return takesData ? value + (errnoRet ?? EPERM) : value;
}

/** What `errnoRet` may be at most: an errno by libseccomp's rule, and a tracer's message by its size. */
export const MAX_ERRNO = 4094;
export const MAX_MESSAGE = 0xffff;

const EPERM = 1;
