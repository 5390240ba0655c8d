import { seccompReturns } from '../../syscalls/constants.ts';
import { assemble, type Instruction, joinPrograms, SECCOMP_DATA, sockFilter } from './bpf.ts';
import { X32, X32_BIT, X86_64 } from './enosys.ts';

/** A program that decides the system calls of one architecture. */
export interface ArchProgram {
  /** libseccomp's SCMP_ARCH_*: AUDIT_ARCH_*, but for x32. */
  readonly arch: number;
  readonly program: Uint8Array;
}

/** One program of several: each system call goes to that of its architecture, and any other architecture kills. */
export function byArchitecture(programs: readonly ArchProgram[]): Uint8Array {
  const [first] = programs;
  // A single one looks at the architecture itself.
  if (first && programs.length === 1) return first.program;
  const x32 = programs.some(({ arch }) => arch === X32);
  const head: Instruction[] = [
    { code: 'ld', k: SECCOMP_DATA.arch },
    ...programs.flatMap(({ arch }) => (arch === X32 ? [] : arch === X86_64 && x32 ? x86Branch : branch(arch))),
    { code: 'ret', k: seccompReturns.SECCOMP_RET_KILL_THREAD },
  ];
  const starts = startsOf(head.length, programs);
  const jumps = head.map((instruction, at): Instruction => {
    if (!isEntry(instruction)) return instruction;
    return { code: 'ja', k: (starts.get(instruction.entry) ?? 0) - at - 1 };
  });
  return joinPrograms(assemble(jumps), ...programs.map(({ program }) => program));
}

/** Stands for a jump to the program of an architecture, until it is known how far that is. */
interface Entry extends Instruction {
  readonly entry: number;
}

function entry(arch: number): Entry {
  return { code: 'ja', k: 0, entry: arch };
}

function isEntry(instruction: Instruction): instruction is Entry {
  return 'entry' in instruction;
}

function branch(arch: number): Instruction[] {
  return [{ code: 'jeq', k: arch, jf: 1 }, entry(arch)];
}

/** The two share AUDIT_ARCH_X86_64, and bit 30 of the number tells them apart. */
const x86Branch: readonly Instruction[] = [
  { code: 'jeq', k: X86_64, jf: 4 },
  { code: 'ld', k: SECCOMP_DATA.nr },
  { code: 'jset', k: X32_BIT, jf: 1 },
  entry(X32),
  entry(X86_64),
];

function startsOf(head: number, programs: readonly ArchProgram[]): ReadonlyMap<number, number> {
  let next = head;
  return new Map(
    programs.map(({ arch, program }) => {
      const start = next;
      next += program.length / sockFilter.size;
      return [arch, start];
    }),
  );
}
