import { assemble, judge } from '../../../../src/libcontainer/seccomp/bpf.ts';
import { enosysProgram, type Newest } from '../../../../src/libcontainer/seccomp/enosys.ts';
import { I386, X32_BIT, X86_64 } from './support.ts';

const X32 = 0x4000003e;
const AARCH64 = 0xc00000b7;
const ENOSYS = 38;

/** What the program and, behind it, a filter that kills everything give: the errno, or `filter` for what reached that. */
function outcome(newest: readonly Newest[], arch: number, nr: number): number | 'filter' | undefined {
  const [head, filter] = [enosysProgram(newest), assemble([{ code: 'ret', k: 0x80000000 }])];
  const program = new Uint8Array(head.length + filter.length);
  program.set(head);
  program.set(filter, head.length);
  const verdict = judge(program, { nr, arch });
  return verdict?.action === 'SECCOMP_RET_KILL_PROCESS' ? 'filter' : verdict?.data;
}

const three: readonly Newest[] = [
  { arch: X86_64, number: 439 },
  { arch: I386, number: 450 },
  { arch: X32, number: X32_BIT + 547 },
];

const table: readonly (readonly [string, readonly Newest[], number, number, number | 'filter'])[] = [
  ['the newest of x86_64', three, X86_64, 439, 'filter'],
  ['one newer', three, X86_64, 440, ENOSYS],
  ['the largest number that is not x32', three, X86_64, X32_BIT - 1, ENOSYS],
  ['the newest of x32', three, X86_64, X32_BIT + 547, 'filter'],
  ['one newer on x32', three, X86_64, X32_BIT + 548, ENOSYS],
  ['a negative number', three, X86_64, -1, ENOSYS],
  ['the newest of i386', three, I386, 450, 'filter'],
  ['one newer on i386', three, I386, 451, ENOSYS],
  ['an architecture that the profile has not', three, AARCH64, 1000, 'filter'],
  ['x86_64 alone', [{ arch: X86_64, number: 3 }], X86_64, 4, ENOSYS],
  ['x32 where only x86_64 is listed', [{ arch: X86_64, number: 3 }], X86_64, X32_BIT + 4, 'filter'],
  ['x86_64 where only x32 is listed', [{ arch: X32, number: X32_BIT + 3 }], X86_64, 4, 'filter'],
  ['x32 alone', [{ arch: X32, number: X32_BIT + 3 }], X86_64, X32_BIT + 4, ENOSYS],
  ['arm64', [{ arch: AARCH64, number: 3 }], AARCH64, 4, ENOSYS],
  ['no architecture at all', [], X86_64, 1000, 'filter'],
];
for (const [name, newest, arch, nr, expected] of table) {
  test(`${name}: number ${nr} gives ${expected === 'filter' ? 'what the filter says' : 'ENOSYS'}`, () => {
    expect(outcome(newest, arch, nr)).toBe(expected);
  });
}
