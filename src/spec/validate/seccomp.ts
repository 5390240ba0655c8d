import type { Seccomp } from '../config.ts';
import type { SeccompAction } from '../vocabulary.ts';
import type { Check, Violation } from './check.ts';
import { REF } from './ref.ts';

const SECCOMP = '/linux/seccomp';

/** What libseccomp and the kernel would refuse later, or take silently for something else. */
export const SECCOMP_CHECKS: readonly Check[] = [
  { ref: REF.seccompErrno, severity: 'error', find: of(errnoOfOtherActions) },
  {
    ref: REF.seccompNames,
    severity: 'error',
    find: of(function* ({ syscalls = [] }) {
      for (const [index, { names }] of syscalls.entries()) {
        if (names.length > 0) continue;
        yield { pointer: `${SECCOMP}/syscalls/${index}/names`, message: 'must name at least one system call' };
      }
    }),
  },
  {
    ref: REF.seccompArg,
    severity: 'error',
    find: of(function* ({ syscalls = [] }) {
      for (const [rule, { args = [] }] of syscalls.entries()) {
        for (const [arg, { index }] of args.entries()) {
          if (index <= 5) continue;
          const pointer = `${SECCOMP}/syscalls/${rule}/args/${arg}/index`;
          yield { pointer, message: `must be from 0 to 5, is ${index}` };
        }
      }
    }),
  },
  {
    ref: REF.seccompListener,
    severity: 'error',
    find: of(function* ({ listenerPath = '', listenerMetadata = '' }) {
      if (listenerMetadata === '' || listenerPath !== '') return;
      yield { pointer: `${SECCOMP}/listenerMetadata`, message: 'must not be set without listenerPath' };
    }),
  },
  {
    ref: REF.seccompNotify,
    severity: 'error',
    find: of(function* ({ defaultAction }) {
      if (defaultAction !== 'SCMP_ACT_NOTIFY') return;
      const message = 'SCMP_ACT_NOTIFY cannot be the default: nobody could set the container up any more';
      yield { pointer: `${SECCOMP}/defaultAction`, message };
    }),
  },
];

function of(find: (seccomp: Seccomp) => Iterable<Violation>): Check['find'] {
  return ({ linux }) => (linux?.seccomp === undefined ? [] : find(linux.seccomp));
}

function* errnoOfOtherActions({ defaultAction, defaultErrnoRet, syscalls = [] }: Seccomp): Iterable<Violation> {
  if (defaultErrnoRet !== undefined && !takesErrno(defaultAction)) {
    yield { pointer: `${SECCOMP}/defaultErrnoRet`, message: `cannot be set: ${defaultAction} returns no errno` };
  }
  for (const [index, { action, errnoRet }] of syscalls.entries()) {
    if (errnoRet === undefined || takesErrno(action)) continue;
    yield { pointer: `${SECCOMP}/syscalls/${index}/errnoRet`, message: `cannot be set: ${action} returns no errno` };
  }
}

function takesErrno(action: SeccompAction): boolean {
  return action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
}
