import { CONTROL_SHIFT, ENTRY, ENTRY_FLAG, HEADER, MAGIC, OPERAND } from '../layout.ts';
import { type SyscallName, syscallNumber } from '../numbers.ts';
import { AssemblerX86 } from './assembler-x86_64.ts';
import { NO_HUGE_PAGES, ROOM_FLAGS, ROOM_PROTECTION, STUB_BASE, STUB_ROOM } from './room.ts';

/**
 * The stub (see {@link import('./program.ts').assembleStub}) for x86-64.
 *
 * rbx control socket · rbp {@link STUB_BASE} · r12 entry · r13 entries left · r14 where its result goes · r15 its flags
 */
export function assembleStubX86(): Uint8Array {
  const a = new AssemblerX86();
  const syscall = (name: SyscallName): void => {
    a.movImm('rax', syscallNumber(name, 'x86_64'));
    a.syscall();
  };
  const base = (offset: number) => ({ base: 'rbp', offset }) as const;
  const entry = (offset: number) => ({ base: 'r12', offset }) as const;

  parseControl(a);

  // mmap(STUB_BASE, STUB_ROOM, ROOM_PROTECTION, ROOM_FLAGS, -1, 0)
  a.movImm('rbp', STUB_BASE);
  a.mov('rdi', 'rbp');
  a.movImm('rsi', STUB_ROOM);
  a.movImm('rdx', ROOM_PROTECTION);
  a.movImm('r10', ROOM_FLAGS);
  a.movSigned('r8', -1);
  a.clear('r9');
  syscall('mmap');
  a.cmp('rax', 'rbp');
  a.j('ne', 'exit');
  // madvise(STUB_BASE, STUB_ROOM, MADV_NOHUGEPAGE): the two registers in front are as mmap had them.
  a.movImm('rdx', NO_HUGE_PAGES);
  syscall('madvise');

  a.label('request');
  a.mov('rsi', 'rbp');
  a.movImm('rdx', HEADER.size);
  a.call('read');
  a.load32('rax', base(HEADER.magic));
  a.cmpImm('rax', MAGIC);
  a.j('ne', 'exit');
  a.load32('rdx', base(HEADER.length));
  a.cmpImm('rdx', STUB_ROOM - HEADER.size);
  a.j('a', 'exit');
  a.lea('rsi', base(HEADER.size));
  a.call('read');
  a.load32('r12', base(HEADER.entries));
  a.add('r12', 'rbp');
  a.load32('r13', base(HEADER.count));
  a.lea('r14', base(HEADER.size));

  a.label('entry');
  a.test('r13', 'r13');
  a.j('e', 'reply');
  resolveArguments(a);

  a.load64('rdi', entry(ENTRY.arguments));
  a.load64('rsi', entry(ENTRY.arguments + 8));
  a.load64('rdx', entry(ENTRY.arguments + 16));
  a.testImm('r15', ENTRY_FLAG.store >> 12);
  a.j('ne', 'store');
  a.load64('r10', entry(ENTRY.arguments + 24));
  a.load64('r8', entry(ENTRY.arguments + 32));
  a.load64('r9', entry(ENTRY.arguments + 40));
  a.load32('rax', entry(ENTRY.number));
  a.syscall();

  a.label('done');
  a.store64({ base: 'r14', offset: 0 }, 'rax');
  a.addImm('r14', 8);
  a.addImm('r12', ENTRY.size);
  a.subImm('r13', 1);
  a.cmpImm('rax', -4095);
  a.j('ae', 'failed');
  a.testImm('r15', ENTRY_FLAG.adopt >> 12);
  a.j('e', 'notAdopted');
  a.mov('rbx', 'rax');
  a.label('notAdopted');
  a.testImm('r15', ENTRY_FLAG.returnsTwice >> 12);
  a.j('e', 'entry');
  a.test('rax', 'rax');
  a.j('ne', 'entry');
  // The second process: another control socket, and nothing more to do in this batch.
  a.shr32('r15', CONTROL_SHIFT - 12);
  a.mov('rbx', 'r15');
  a.jmp('request');

  a.label('store');
  a.store32({ base: 'rdi', offset: 0 }, 'rsi');
  a.mov('rax', 'rdx');
  a.jmp('done');

  a.label('failed');
  a.testImm('r15', ENTRY_FLAG.ignore >> 12);
  a.j('ne', 'entry');

  a.label('reply');
  a.store32(base(HEADER.remaining), 'r13');
  a.mov('rsi', 'rbp');
  a.load32('rdx', base(HEADER.reply));
  a.label('write');
  a.mov('rdi', 'rbx');
  syscall('write');
  retryOrExit(a, 'write');
  a.add('rsi', 'rax');
  a.sub('rdx', 'rax');
  a.j('ne', 'write');
  a.jmp('request');

  // read(rsi, rdx bytes), all of them.
  a.label('read');
  a.test('rdx', 'rdx');
  a.j('e', 'readDone');
  a.mov('rdi', 'rbx');
  syscall('read');
  retryOrExit(a, 'read');
  a.add('rsi', 'rax');
  a.sub('rdx', 'rax');
  a.j('ne', 'read');
  a.label('readDone');
  a.ret();

  a.label('exit');
  a.clear('rdi');
  syscall('exit_group');
  return a.assemble();
}

/** rbx = argv[1] as a decimal number; at entry the stack holds argc, argv[0], argv[1] (System V ABI 3.4.1). */
function parseControl(a: AssemblerX86): void {
  a.load64('rsi', { base: 'rsp', offset: 16 });
  a.clear('rbx');
  a.label('digit');
  a.load8('rax', { base: 'rsi', offset: 0 });
  a.test('rax', 'rax');
  a.j('e', 'parsed');
  a.imulImm('rbx', 10);
  a.add('rbx', 'rax');
  a.subImm('rbx', '0'.charCodeAt(0));
  a.addImm('rsi', 1);
  a.jmp('digit');
  a.label('parsed');
}

/** Replaces words of memory among the six arguments by their values; leaves the upper flags in r15. */
function resolveArguments(a: AssemblerX86): void {
  a.load32('r15', { base: 'r12', offset: ENTRY.flags });
  a.lea('r8', { base: 'r12', offset: ENTRY.arguments });
  a.movImm('r9', 6);
  a.label('argument');
  a.mov('rax', 'r15');
  a.andImm('rax', 3);
  a.j('e', 'nextArgument');
  a.load64('r10', { base: 'r8', offset: 0 });
  a.cmpImm('rax', OPERAND.word32);
  a.j('e', 'word32');
  a.load64('r10', { base: 'r10', offset: 0 });
  a.jmp('resolved');
  a.label('word32');
  a.load32Signed('r10', { base: 'r10', offset: 0 });
  a.label('resolved');
  a.store64({ base: 'r8', offset: 0 }, 'r10');
  a.label('nextArgument');
  a.shr32('r15', 2);
  a.addImm('r8', 8);
  a.subImm('r9', 1);
  a.j('ne', 'argument');
}

/** After read or write: again on EINTR, exit on any other failure and on end of file. */
function retryOrExit(a: AssemblerX86, again: string): void {
  a.cmpImm('rax', -4);
  a.j('e', again);
  a.test('rax', 'rax');
  a.j('le', 'exit');
}
