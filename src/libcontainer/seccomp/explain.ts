import type { SyscallError } from '../../engine/errors.ts';
import { errnoCode, errnoNumber } from '../../syscalls/errno.ts';
import type { SyscallName } from '../../syscalls/numbers.ts';
import type { Verdict } from './bpf.ts';
import type { SeccompFilter } from './filter.ts';

/**
 * What a profile does to init's last calls, in words. It may forbid the execve that it is loaded for, and the
 * write by which init would tell: then only the filter itself knows.
 */

/** Why execve failed, if the filter is the reason. */
export function whyDenied(filter: SeccompFilter | undefined, error: SyscallError): string | undefined {
  const verdict = filter?.verdict('execve');
  if (verdict?.action === 'SECCOMP_RET_ERRNO' && verdict.data === error.errno)
    return `the seccomp profile denies execve with ${error.code}`;
  if (verdict?.action === 'SECCOMP_RET_TRACE' && error.errno === errnoNumber('ENOSYS'))
    return 'the seccomp profile leaves execve to a tracer, and there is none';
  return undefined;
}

/** Why init ended without a word. */
export function whySilent(filter: SeccompFilter | undefined): string | undefined {
  if (!filter) return undefined;
  const answers = (['execve', 'write'] as const).flatMap((name) => answer(filter, name) ?? []);
  return answers.length > 0 ? `the seccomp profile ${answers.join(', and ')}` : undefined;
}

function answer(filter: SeccompFilter, name: SyscallName): string | undefined {
  const verdict = filter.verdict(name);
  return verdict === undefined || filter.mayPass(name) ? undefined : `answers ${name} with ${words(verdict)}`;
}

function words({ action, data }: Verdict): string {
  const short = action.slice('SECCOMP_RET_'.length);
  return action === 'SECCOMP_RET_ERRNO' ? errnoCode(data) : short;
}
