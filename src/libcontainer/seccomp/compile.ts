import { isErrno } from '../../engine/errors.ts';
import type { Seccomp, SeccompRule } from '../../spec/config-linux.ts';
import { joinPointer } from '../../spec/json.ts';
import { errnoNumber } from '../../syscalls/errno.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { ContainerError } from '../errors.ts';
import type { Log } from '../host.ts';
import { actionValue } from './actions.ts';
import { joinPrograms, MAX_INSTRUCTIONS, sockFilter } from './bpf.ts';
import { byArchitecture } from './dispatch.ts';
import { enosysProgram, type Newest } from './enosys.ts';
import type { Condition, Filter, FilterRule, RuleTable } from './library-filter.ts';
import { type Libseccomp, UNKNOWN } from './libseccomp.ts';

/** The BPF program of a profile, as runc would load it. `log` learns which names mean nothing here. */
export function compile(
  { kernel, log }: { readonly kernel: LocalKernel; readonly log: Log },
  library: Libseccomp,
  profile: Seccomp,
): Uint8Array {
  const arches = archesOf(library, profile);
  const numbers = numbersOf(library, profile, wantsEnosys(profile) ? arches : arches.slice(0, 1));
  const rules = rulesOf(profile, numbers);
  if (numbers.unknown.length > 0) log.debug(unknownNames(library.version, numbers.unknown));

  const told = library.ruleTable(rules);
  const programs = arches.map((arch) => ({ arch, program: programFor(arch, kernel, library, profile, told) }));
  const head = wantsEnosys(profile) ? enosysProgram(numbers.newest) : new Uint8Array(0);
  return joined(head, byArchitecture(programs));
}

/**
 * The rules for one architecture. libseccomp would put all of them into one program, too, but the time that takes
 * grows with the square of its length: 15 ms for the usual three, and 4 ms one by one.
 */
function programFor(
  arch: number,
  kernel: LocalKernel,
  library: Libseccomp,
  profile: Seccomp,
  told: RuleTable<Rule>,
): Uint8Array {
  const filter = library.filter(actionValue(profile.defaultAction, profile.defaultErrnoRet));
  try {
    setArch(filter, arch, library.nativeArch);
    if (told.rules.length > LIST_IS_FASTER) filter.optimize();
    filter.addRules(told, refusal);
    return filter.program(kernel);
  } finally {
    filter.release();
  }
}

function unknownNames(version: string, names: readonly string[]): string {
  return `seccomp: libseccomp ${version} knows no call ${names.map((name) => JSON.stringify(name)).join(', ')}`;
}

/** This machine's architecture, whether it is listed or not, and then the profile's others. */
function archesOf(library: Libseccomp, { architectures = [] }: Seccomp): number[] {
  const tokens = architectures.map((name, i) => {
    const token = library.arch(name);
    if (token !== undefined) return token;
    throw new ContainerError('host', `libseccomp ${library.version} does not know ${name}`, {
      pointer: joinPointer('linux', 'seccomp', 'architectures', i),
    });
  });
  return [...new Set([library.nativeArch, ...tokens])];
}

function setArch(filter: Filter, arch: number, native: number): void {
  try {
    filter.setArch(arch, native);
  } catch (cause) {
    const hint = isErrno(cause, 'EDOM') ? 'its byte order is not that of this machine' : undefined;
    throw new ContainerError('invalid-config', 'libseccomp refuses an architecture', {
      pointer: joinPointer('linux', 'seccomp', 'architectures'),
      hint,
      cause,
    });
  }
}

interface Numbers {
  /** Here, by name. */
  readonly known: ReadonlyMap<string, number>;
  readonly unknown: readonly string[];
  /** Names count whatever their action is; where an architecture has none of them, nothing is newer. */
  readonly newest: readonly Newest[];
}

function numbersOf(library: Libseccomp, { syscalls = [] }: Seccomp, arches: readonly number[]): Numbers {
  const names = [...new Set(syscalls.flatMap((rule) => rule.names))];
  const table = library.numbers(names, arches);
  const here = new Map(names.map((name, i) => [name, table[0]?.[i] ?? UNKNOWN] as const));
  const unknown = names.filter((name) => here.get(name) === UNKNOWN);
  for (const name of unknown) here.delete(name);
  const newest = arches.map((arch, i) => ({ arch, number: Math.max(0, ...(table[i] ?? [])) }));
  return { known: here, unknown, newest: newest.filter(({ number }) => number > 0) };
}

interface Rule extends FilterRule {
  readonly name: string;
  readonly pointer: string;
}

/**
 * What libseccomp is to be told. A rule that says what the default says anyway is left out, since libseccomp
 * refuses it; so is a name that it does not know, since profiles are written for many kernels.
 */
function rulesOf(profile: Seccomp, { known }: Numbers): Rule[] {
  const byDefault = actionValue(profile.defaultAction, profile.defaultErrnoRet);
  const rules: Rule[] = [];
  profile.syscalls?.forEach((rule, i) => {
    const action = actionValue(rule.action, rule.errnoRet);
    if (action === byDefault) return;
    const pointer = joinPointer('linux', 'seccomp', 'syscalls', i);
    const any = alternatives(rule);
    for (const name of rule.names) {
      const number = known.get(name);
      if (number === undefined) continue;
      for (const conditions of any) rules.push({ name, pointer, action, number, conditions });
    }
  });
  return rules;
}

/**
 * Conditions on different arguments must all hold. Two on the same argument are alternatives, each a rule of its
 * own, and so are then all the others: that is what libseccomp can express and profiles rely on.
 */
function alternatives({ args = [] }: SeccompRule): (readonly Condition[])[] {
  const repeated = new Set(args.map(({ index }) => index)).size < args.length;
  return repeated ? args.map((condition) => [condition]) : [args];
}

function refusal({ name, pointer }: Rule, cause: Error): ContainerError {
  const hint = isErrno(cause, 'EEXIST') ? 'an earlier rule gives the same call another action' : undefined;
  return new ContainerError('invalid-config', `libseccomp refuses the rule for ${name}`, { pointer, hint, cause });
}

/** A default that lets unknown calls pass, or says ENOSYS itself, needs no help. A tracer answers for itself. */
function wantsEnosys({ defaultAction, defaultErrnoRet }: Seccomp): boolean {
  const permissive = ['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(defaultAction);
  return !permissive && defaultErrnoRet !== errnoNumber('ENOSYS');
}

function joined(head: Uint8Array, rest: Uint8Array): Uint8Array {
  const whole = joinPrograms(head, rest);
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
