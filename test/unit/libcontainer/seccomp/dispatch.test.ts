import { judge, type Verdict } from '../../../../src/libcontainer/seccomp/bpf.ts';
import { byArchitecture } from '../../../../src/libcontainer/seccomp/dispatch.ts';
import { Filter, type FilterRule, ruleTable } from '../../../../src/libcontainer/seccomp/library-filter.ts';
import { nativeFunctions } from '../../../../src/syscalls/native.ts';
import { callByTable } from '../../../../src/syscalls/native-table.ts';
import { engine, local } from '../../syscalls/support.ts';
import { I386, library, testWithLibrary, X32_BIT, X86_64 } from './support.ts';

const X32 = X86_64 & ~0x80000000;
const AARCH64 = 0xc00000b7;
const ERRNO = 0x00050001;
const ALLOW = 0x7fff0000;
const TRACE = 0x7ff00007;

/** One filter of libseccomp's for all of `arches`, which is what ours has to answer like. */
function together(arches: readonly number[], rules: readonly FilterRule[]): Uint8Array {
  const native = engine.native();
  const context = native.call(nativeFunctions.seccomp_init, [ERRNO]).value;
  for (const arch of arches.slice(1)) native.call(nativeFunctions.seccomp_arch_add, [context, arch]);
  return programOf(context, rules);
}

function oneByOne(arches: readonly number[], rules: readonly FilterRule[]): Uint8Array {
  const programs = arches.map((arch) => {
    const context = engine.native().call(nativeFunctions.seccomp_init, [ERRNO]).value;
    new Filter(engine, callByTable(engine.native(), local, engine.arch), context).setArch(arch, X86_64);
    return { arch, program: programOf(context, rules) };
  });
  return byArchitecture(programs);
}

function programOf(context: number, rules: readonly FilterRule[]): Uint8Array {
  const filter = new Filter(engine, callByTable(engine.native(), local, engine.arch), context);
  try {
    filter.addRules(ruleTable(engine.native(), rules), (_, error) => error);
    return filter.program(local);
  } finally {
    filter.release();
  }
}

function rules(): FilterRule[] {
  const simple = ['read', 'fcntl64', 'fork', 'getuid', 'getuid32', 'openat2', 'socketcall', 'mmap2', 'waitpid'];
  const [numbers = []] = (library?.numbers([...simple, 'socket', 'clone', 'ptrace'], [X86_64]) ?? []).map((list) => [
    ...list,
  ]);
  const [socket = 0, clone = 0, ptrace = 0] = numbers.slice(simple.length);
  return [
    ...numbers.slice(0, simple.length).flatMap((number) => rule(ALLOW, number ?? 0)),
    rule(ALLOW, socket, { index: 0, value: 40, op: 'SCMP_CMP_NE' }),
    rule(ALLOW, clone, { index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }),
    rule(TRACE, ptrace),
  ];
}

function rule(action: number, number: number, ...conditions: FilterRule['conditions']): FilterRule {
  return { action, number, conditions };
}

/** Every number near enough to mean something, on every architecture; and for some, arguments that conditions ask for. */
function answers(program: Uint8Array): (Verdict | undefined)[] {
  const numbers = Array.from({ length: 560 }, (_, nr) => nr);
  const conditional = [41, 56, 101, 102, 120, 359];
  const calls = [
    ...numbers.map((nr) => ({ nr, args: [0n] })),
    ...[40n, 0x7e020000n].flatMap((argument) => conditional.map((nr) => ({ nr, args: [argument] }))),
  ];
  const marked = calls.map(({ nr, args }) => ({ nr: nr + X32_BIT, args }));
  const odd = [-1, 0x7fffffff, X32_BIT - 1].map((nr) => ({ nr, args: [0n] }));
  return [X86_64, I386, AARCH64, X32, 0].flatMap((arch) =>
    [...calls, ...marked, ...odd].map((call) => judge(program, { ...call, arch })),
  );
}

testWithLibrary.each([
  ['the machine’s own', [X86_64]],
  ['the 32-bit one too', [X86_64, I386]],
  ['all three', [X86_64, I386, X32]],
  ['in another order', [X86_64, X32, I386]],
  ['one that shares the number of the kernel', [X86_64, X32]],
  ['one of another machine', [X86_64, AARCH64]],
])('programs of single architectures answer together as libseccomp’s own: %s', (_, arches) => {
  const ours = answers(oneByOne(arches, rules()));
  expect(ours).toEqual(answers(together(arches, rules())));
  expect(new Set(ours.map((verdict) => verdict?.action)).size).toBe(4);
});
