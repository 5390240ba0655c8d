import type { Arch } from '../../engine/engine.ts';
import type { Seccomp } from '../../spec/config-linux.ts';
import type { Result } from '../../syscalls/batch.ts';
import { auditArches } from '../../syscalls/constants.ts';
import { type SyscallName, syscallNumber } from '../../syscalls/numbers.ts';
import { sockFprog } from '../../syscalls/structs.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { judge, sockFilter, type Verdict } from './bpf.ts';
import { type FilterFlag, filterFlags, notifies } from './profile.ts';

/** A compiled profile: what is loaded, and what it will do to the calls that init has yet to make. */
export class SeccompFilter {
  readonly flags: readonly FilterFlag[];
  readonly notifies: boolean;

  constructor(
    readonly profile: Seccomp,
    readonly program: Uint8Array,
    private readonly arch: Arch,
  ) {
    this.flags = filterFlags(profile);
    this.notifies = notifies(profile);
  }

  /**
   * Adds the loading to what is pending; the result is the listener's descriptor, if there is one. Without it, calls
   * that would be notified fail with ENOSYS.
   */
  load(kernel: RemoteKernel, listener: 'with listener' | 'without listener' = 'with listener'): Result {
    const flags = listener === 'with listener' ? this.flags : this.flags.filter((flag) => !OF_LISTENERS.includes(flag));
    const { pending, calls } = kernel;
    const filter = pending.input(this.program);
    const program = pending.struct(sockFprog, { len: this.program.length / sockFilter.size, filter });
    return calls.seccomp('SECCOMP_SET_MODE_FILTER', flags, program);
  }

  /** What the filter answers to a call with all arguments zero. */
  verdict(name: SyscallName): Verdict | undefined {
    const arch = this.arch === 'x86_64' ? auditArches.AUDIT_ARCH_X86_64 : auditArches.AUDIT_ARCH_AARCH64;
    return judge(this.program, { nr: syscallNumber(name, this.arch), arch });
  }

  /** Whether the kernel makes the call, with or without a record in its log. */
  allows(name: SyscallName): boolean {
    const action = this.verdict(name)?.action;
    return action === 'SECCOMP_RET_ALLOW' || action === 'SECCOMP_RET_LOG';
  }

  /** Whether the call is made, or an agent may let it be made. */
  mayPass(name: SyscallName): boolean {
    return this.allows(name) || this.verdict(name)?.action === 'SECCOMP_RET_USER_NOTIF';
  }
}

/**
 * Whether the filter belongs to create: it notifies, and agents expect its listener before anybody starts the
 * container. It has to let init wait for start; a filter that does not is loaded at start like any other.
 */
export function loadsAtCreate(filter: SeccompFilter | undefined): filter is SeccompFilter {
  return filter?.notifies === true && WAITING.every((name) => filter.mayPass(name));
}

/** What park.ts has init do, and what the stub does by itself. */
const WAITING: readonly SyscallName[] = ['madvise', 'close', 'accept4', 'read', 'write'];

const OF_LISTENERS: readonly FilterFlag[] = [
  'SECCOMP_FILTER_FLAG_NEW_LISTENER',
  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
];
