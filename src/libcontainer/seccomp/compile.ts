import type { Engine } from '../../engine/engine.ts';
import { SyscallError } from '../../engine/errors.ts';
import type { Seccomp, SeccompRule } from '../../spec/config-linux.ts';
import { joinPointer } from '../../spec/json.ts';
import { errnoNumber } from '../../syscalls/errno.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { ContainerError } from '../errors.ts';
import type { Log } from '../host.ts';
import { actionValue } from './actions.ts';
import { MAX_INSTRUCTIONS, sockFilter } from './bpf.ts';
import { enosysProgram, type Newest } from './enosys.ts';
import type { Condition, Filter, Libseccomp } from './libseccomp.ts';

/** The BPF program of a profile, as runc would load it. `log` learns which names mean nothing here. */
export function compile(
  { engine, kernel, log }: { engine: Engine; kernel: LocalKernel; log: Log },
  library: Libseccomp,
  profile: Seccomp,
): Uint8Array {
  const arches = archesOf(library, profile);
  const rules = rulesOf(library, profile, log);
  const filter = library.filter(actionValue(profile.defaultAction, profile.defaultErrnoRet));
  try {
    for (const arch of arches) if (arch !== library.nativeArch) filter.addArch(arch);
    if (rules.length > LIST_IS_FASTER) filter.optimize();
    for (const rule of rules) add(filter, rule);
    const head = wantsEnosys(profile) ? enosysProgram(newestOf(library, profile, arches)) : new Uint8Array(0);
    return joined(head, filter.program(engine, kernel));
  } finally {
    filter.release();
  }
}

/** The profile's architectures and this machine's, which libseccomp always adds. */
function archesOf(library: Libseccomp, { architectures = [] }: Seccomp): number[] {
  const tokens = architectures.map((name, i) => {
    const token = library.arch(name);
    if (token !== undefined) return token;
    throw new ContainerError('host', `libseccomp ${library.version} does not know ${name}`, {
      pointer: joinPointer('linux', 'seccomp', 'architectures', String(i)),
    });
  });
  return [...new Set([library.nativeArch, ...tokens])];
}

interface Rule {
  readonly name: string;
  readonly pointer: string;
  readonly action: number;
  readonly number: number;
  readonly conditions: readonly Condition[];
}

/**
 * What libseccomp is to be told. A rule that says what the default says anyway is left out, since libseccomp
 * refuses it; so is a name that it does not know, since profiles are written for many kernels.
 */
function rulesOf(library: Libseccomp, profile: Seccomp, log: Log): Rule[] {
  const byDefault = actionValue(profile.defaultAction, profile.defaultErrnoRet);
  return (profile.syscalls ?? []).flatMap((rule, i) => {
    const action = actionValue(rule.action, rule.errnoRet);
    if (action === byDefault) return [];
    return rule.names.flatMap((name) => {
      const number = library.number(name);
      if (number === undefined) {
        log.debug(`seccomp: libseccomp ${library.version} does not know a system call "${name}": it has no rule`);
        return [];
      }
      const pointer = joinPointer('linux', 'seccomp', 'syscalls', String(i));
      return alternatives(rule).map((conditions) => ({ name, pointer, action, number, conditions }));
    });
  });
}

/**
 * Conditions on different arguments must all hold. Two on the same argument are alternatives, each a rule of its
 * own, and so are then all the others: that is what libseccomp can express and profiles rely on.
 */
function alternatives({ args = [] }: SeccompRule): (readonly Condition[])[] {
  const repeated = new Set(args.map(({ index }) => index)).size < args.length;
  return repeated ? args.map((condition) => [condition]) : [args];
}

function add(filter: Filter, { name, pointer, action, number, conditions }: Rule): void {
  try {
    filter.addRule(action, number, conditions);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const hint = error.code === 'EEXIST' ? 'an earlier rule gives the same call another action' : undefined;
    throw new ContainerError('invalid-config', `libseccomp refuses the rule for ${name}`, {
      pointer,
      hint,
      cause: error,
    });
  }
}

/** A default that lets unknown calls pass, or says ENOSYS itself, needs no help. A tracer answers for itself. */
function wantsEnosys({ defaultAction, defaultErrnoRet }: Seccomp): boolean {
  const permissive = ['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(defaultAction);
  return !permissive && defaultErrnoRet !== errnoNumber('ENOSYS');
}

/** Names count whatever their action is; where a profile has none that an architecture knows, nothing is newer. */
function newestOf(library: Libseccomp, { syscalls = [] }: Seccomp, arches: readonly number[]): Newest[] {
  const names = [...new Set(syscalls.flatMap((rule) => rule.names))];
  return arches.flatMap((arch) => {
    const number = Math.max(0, ...names.map((name) => library.number(name, arch) ?? 0));
    return number > 0 ? [{ arch, number }] : [];
  });
}

function joined(head: Uint8Array, rest: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + rest.length);
  whole.set(head);
  whole.set(rest, head.length);
  const count = whole.length / sockFilter.size;
  if (count > MAX_INSTRUCTIONS) {
    throw new ContainerError(
      'invalid-config',
      `the profile needs ${count} BPF instructions, and the kernel takes ${MAX_INSTRUCTIONS}`,
      { pointer: '/linux/seccomp', hint: 'fewer architectures or conditions make it shorter' },
    );
  }
  return whole;
}

/** Up to here a list of comparisons costs a system call no more than the tree does. */
const LIST_IS_FASTER = 32;
