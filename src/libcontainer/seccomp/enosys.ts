import { auditArches, seccompReturns } from '../../syscalls/constants.ts';
import { errnoNumber } from '../../syscalls/errno.ts';
import { assemble, type Instruction, SECCOMP_DATA } from './bpf.ts';

/** The newest system call that a profile mentions, on one architecture. */
export interface Newest {
  /** libseccomp's SCMP_ARCH_*: AUDIT_ARCH_*, but for x32. */
  readonly arch: number;
  readonly number: number;
}

/**
 * A program to run before the profile's own: system calls newer than any that the profile mentions fail with
 * ENOSYS. Its author cannot have meant to deny them; and a C library that gets ENOSYS falls back to what it did
 * before, where EPERM would be taken as final.
 */
export function enosysProgram(newest: readonly Newest[]): Uint8Array {
  const [x86_64, x32] = [newest.find(({ arch }) => arch === X86_64), newest.find(({ arch }) => arch === X32)];
  const others = newest.filter(({ arch }) => arch !== X86_64 && arch !== X32);
  const sections = others.map(({ arch, number }) => section(arch, limit(number)));
  if (x86_64 || x32) sections.push(section(X86_64, x86Section(x86_64?.number, x32?.number)));
  if (sections.length === 0) return new Uint8Array(0);

  const whole: Instruction[] = [{ code: 'ld', k: SECCOMP_DATA.arch }, ...sections.flat()];
  // Everything that is not newer goes on right behind this program.
  return assemble(
    whole.map((instruction, i) => (instruction === LEAVE ? { ...LEAVE, k: whole.length - i - 1 } : instruction)),
  );
}

/** `rules` for the system calls of one architecture; the accumulator holds the architecture before and behind it. */
function section(arch: number, rules: readonly Instruction[]): Instruction[] {
  return [{ code: 'jeq', k: arch, jf: rules.length + 1 }, { code: 'ld', k: SECCOMP_DATA.nr }, ...rules];
}

function limit(number: number): Instruction[] {
  return [{ code: 'jgt', k: number, jf: 1 }, { code: 'ret', k: ENOSYS }, LEAVE];
}

/** The two share an architecture, and bit 30 tells them apart. One that the profile does not have is left to the filter. */
function x86Section(x86_64: number | undefined, x32: number | undefined): Instruction[] {
  const [plain, marked] = [x86_64, x32].map((number) => (number === undefined ? [LEAVE] : limit(number)));
  return [{ code: 'jset', k: X32_BIT, jf: marked?.length ?? 0 }, ...(marked ?? []), ...(plain ?? [])];
}

/** Stands for a jump to the end, until it is known how far that is. */
const LEAVE: Instruction = { code: 'ja', k: 0 };
export const X86_64 = auditArches.AUDIT_ARCH_X86_64;
/** x86_64 without the mark of 64 bits: libseccomp's name for an architecture that the kernel has no name for. */
export const X32 = 0x4000003e;
export const X32_BIT = 0x40000000;
const ENOSYS = seccompReturns.SECCOMP_RET_ERRNO + errnoNumber('ENOSYS');
