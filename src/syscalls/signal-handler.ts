import type { Arch } from '../engine/engine.ts';
import { syscallNumber } from './numbers.ts';
import { AssemblerAarch64 } from './stub/assembler-aarch64.ts';
import { AssemblerX86 } from './stub/assembler-x86_64.ts';

/** Machine code, and where in it is what a signal returns by. */
export interface Handler {
  readonly code: Uint8Array;
  readonly restorer: number;
}

/**
 * handler(signal, siginfo): writes the signal's number to `fd`. A signal that the kernel itself raised (si_code > 0 of
 * a fault) means that this process is broken and must not be told apart from a forwarded one: it ends, as by default.
 */
export function assembleHandler(fd: number, arch: Arch): Handler {
  return arch === 'x86_64' ? handlerX86(fd) : handlerAarch64(fd);
}

/** rdi = signal, rsi = siginfo. */
function handlerX86(fd: number): Handler {
  const a = new AssemblerX86();
  for (const fault of FAULTS) {
    a.cmpImm('rdi', fault);
    a.j('e', 'fault');
  }
  a.label('relay');
  a.push('rdi');
  a.mov('rsi', 'rsp');
  a.movImm('rdi', fd);
  a.movImm('rdx', 1);
  a.movImm('rax', syscallNumber('write', 'x86_64'));
  a.syscall();
  a.pop('rdi');
  a.ret();
  a.label('fault');
  a.load32Signed('rax', { base: 'rsi', offset: SI_CODE });
  a.test('rax', 'rax');
  a.j('le', 'relay');
  a.addImm('rdi', 128);
  a.movImm('rax', syscallNumber('exit_group', 'x86_64'));
  a.syscall();
  a.label('restorer');
  a.movImm('rax', RT_SIGRETURN.x86_64);
  a.syscall();
  return { code: a.assemble(), restorer: a.offsetOf('restorer') };
}

/** x0 = signal, x1 = siginfo. The stack pointer stays a multiple of 16. */
function handlerAarch64(fd: number): Handler {
  const a = new AssemblerAarch64();
  for (const fault of FAULTS) {
    a.cmpImm('x0', fault);
    a.bCond('eq', 'fault');
  }
  a.label('relay');
  a.subImm('sp', 'sp', 16);
  a.store64({ base: 'sp', offset: 0 }, 'x0');
  a.addImm('x1', 'sp', 0);
  a.movImm('x0', fd);
  a.movImm('x2', 1);
  a.movImm('x8', syscallNumber('write', 'aarch64'));
  a.svc();
  a.addImm('sp', 'sp', 16);
  a.ret();
  a.label('fault');
  a.load32Signed('x9', { base: 'x1', offset: SI_CODE });
  a.cmpImm('x9', 0);
  a.bCond('le', 'relay');
  a.addImm('x0', 'x0', 128);
  a.movImm('x8', syscallNumber('exit_group', 'aarch64'));
  a.svc();
  a.label('restorer');
  a.movImm('x8', RT_SIGRETURN.aarch64);
  a.svc();
  return { code: a.assemble(), restorer: a.offsetOf('restorer') };
}

/** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV. */
const FAULTS = [4, 5, 7, 8, 11];
/** Offset in siginfo_t. */
const SI_CODE = 8;
/** Not a call that is made: the kernel returns through it. */
const RT_SIGRETURN: Readonly<Record<Arch, number>> = { x86_64: 15, aarch64: 139 };
