import type { Arch } from '../engine/engine.ts';
import { syscallNumber } from './numbers.ts';
import { kernelSigaction } from './structs.ts';
import { AssemblerAarch64 } from './stub/assembler-aarch64.ts';
import { AssemblerX86 } from './stub/assembler-x86_64.ts';

/** Machine code, and where in it is what. */
export interface Handler {
  readonly code: Uint8Array;
  /** What a signal returns by. */
  readonly restorer: number;
  /**
   * install(table): gives each signal of the table a new action. The table has the action, then the signals as 32-bit
   * numbers, then zero. Returns zero.
   */
  readonly install: number;
}

/**
 * handler(signal, siginfo): writes the signal's number to `fd`. A signal that the kernel itself raised (si_code > 0 of
 * a fault) means that this process is broken and must not be told apart from a forwarded one: it ends, as by default.
 */
export function assembleHandler(fd: number, arch: Arch): Handler {
  const { code, ...places } = handlers[arch];
  const copy = code.slice();
  new DataView(copy.buffer).setUint32(copy.length - FD_SIZE, fd, true);
  return { code: copy, ...places };
}

/** rdi = signal, rsi = siginfo. */
function handlerX86(): Handler {
  const a = new AssemblerX86();
  for (const fault of FAULTS) {
    a.cmpImm('rdi', fault);
    a.j('e', 'fault');
  }
  a.label('relay');
  a.push('rdi');
  a.mov('rsi', 'rsp');
  a.load32At('rdi', 'fd');
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
  a.label('install');
  a.mov('rsi', 'rdi');
  a.lea('r8', { base: 'rdi', offset: kernelSigaction.size });
  a.label('next');
  a.load32('rdi', { base: 'r8', offset: 0 });
  a.test('rdi', 'rdi');
  a.j('e', 'done');
  a.clear('rdx');
  a.movImm('r10', SIGSET_SIZE);
  a.movImm('rax', syscallNumber('rt_sigaction', 'x86_64'));
  a.syscall();
  a.addImm('r8', 4);
  a.jmp('next');
  a.label('done');
  a.clear('rax');
  a.ret();
  a.label('fd');
  a.data32(0);
  return { code: a.assemble(), restorer: a.offsetOf('restorer'), install: a.offsetOf('install') };
}

/** x0 = signal, x1 = siginfo. The stack pointer stays a multiple of 16. */
function handlerAarch64(): Handler {
  const a = new AssemblerAarch64();
  for (const fault of FAULTS) {
    a.cmpImm('x0', fault);
    a.bCond('eq', 'fault');
  }
  a.label('relay');
  a.subImm('sp', 'sp', 16);
  a.store64({ base: 'sp', offset: 0 }, 'x0');
  a.addImm('x1', 'sp', 0);
  a.load32At('x0', 'fd');
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
  a.label('install');
  a.mov('x1', 'x0');
  a.addImm('x9', 'x0', kernelSigaction.size);
  a.movImm('x2', 0);
  a.movImm('x3', SIGSET_SIZE);
  a.movImm('x8', syscallNumber('rt_sigaction', 'aarch64'));
  a.label('next');
  a.load32('x0', { base: 'x9', offset: 0 });
  a.cbz('x0', 'done');
  a.svc();
  a.addImm('x9', 'x9', 4);
  a.b('next');
  a.label('done');
  a.ret();
  a.label('fd');
  a.data32(0);
  return { code: a.assemble(), restorer: a.offsetOf('restorer'), install: a.offsetOf('install') };
}

/** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV. */
const FAULTS = [4, 5, 7, 8, 11];
/** Offset in siginfo_t. */
const SI_CODE = 8;
/** Not a call that is made: the kernel returns through it. */
const RT_SIGRETURN: Readonly<Record<Arch, number>> = { x86_64: 15, aarch64: 139 };

export const SIGSET_SIZE = 8;
/** The last of the code. */
const FD_SIZE = 4;

/** Once, when the executable is made: all that a command has to add is the descriptor. */
const handlers: Readonly<Record<Arch, Handler>> = { x86_64: handlerX86(), aarch64: handlerAarch64() };
