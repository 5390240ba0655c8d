import { CONTROL_SHIFT, ENTRY, ENTRY_FLAG, HEADER, MAGIC, OPERAND } from '../layout.ts';
import { type SyscallName, syscallNumber } from '../numbers.ts';
import { AssemblerAarch64 } from './assembler-aarch64.ts';
import { NO_HUGE_PAGES, ROOM_FLAGS, ROOM_PROTECTION, STUB_BASE, STUB_ROOM } from './room.ts';

/**
 * The stub (see {@link import('./program.ts').assembleStub}) for arm64.
 *
 * x19 control socket · x20 {@link STUB_BASE} · x21 entry · x22 entries left · x23 where its result goes · x24 its flags
 *
 * A system call changes x0 and nothing else.
 */
export function assembleStubAarch64(): Uint8Array {
  const a = new AssemblerAarch64();
  const syscall = (name: SyscallName): void => {
    a.movImm('x8', syscallNumber(name, 'aarch64'));
    a.svc();
  };
  const base = (offset: number) => ({ base: 'x20', offset }) as const;
  const entry = (offset: number) => ({ base: 'x21', offset }) as const;

  parseControl(a);

  // mmap(STUB_BASE, STUB_ROOM, ROOM_PROTECTION, ROOM_FLAGS, -1, 0)
  a.movImm('x20', STUB_BASE);
  a.mov('x0', 'x20');
  a.movImm('x1', STUB_ROOM);
  a.movImm('x2', ROOM_PROTECTION);
  a.movImm('x3', ROOM_FLAGS);
  a.movNot('x4', 0);
  a.movImm('x5', 0);
  syscall('mmap');
  a.cmp('x0', 'x20');
  a.bCond('ne', 'exit');
  // madvise(STUB_BASE, STUB_ROOM, MADV_NOHUGEPAGE): the two registers in front are as mmap had them.
  a.movImm('x2', NO_HUGE_PAGES);
  syscall('madvise');

  a.label('request');
  a.mov('x1', 'x20');
  a.movImm('x2', HEADER.size);
  a.bl('read');
  a.load32('x9', base(HEADER.magic));
  a.movImm('x10', MAGIC);
  a.cmp('x9', 'x10');
  a.bCond('ne', 'exit');
  a.load32('x2', base(HEADER.length));
  a.movImm('x10', STUB_ROOM - HEADER.size);
  a.cmp('x2', 'x10');
  a.bCond('hi', 'exit');
  a.addImm('x1', 'x20', HEADER.size);
  a.bl('read');
  a.load32('x21', base(HEADER.entries));
  a.add('x21', 'x21', 'x20');
  a.load32('x22', base(HEADER.count));
  a.addImm('x23', 'x20', HEADER.size);

  a.label('entry');
  a.cbz('x22', 'reply');
  resolveArguments(a);

  a.load64('x0', entry(ENTRY.arguments));
  a.load64('x1', entry(ENTRY.arguments + 8));
  a.load64('x2', entry(ENTRY.arguments + 16));
  a.tbnz('x24', bitOf(ENTRY_FLAG.store), 'store');
  a.load64('x3', entry(ENTRY.arguments + 24));
  a.load64('x4', entry(ENTRY.arguments + 32));
  a.load64('x5', entry(ENTRY.arguments + 40));
  a.load32('x8', entry(ENTRY.number));
  a.svc();

  a.label('done');
  a.store64({ base: 'x23', offset: 0 }, 'x0');
  a.addImm('x23', 'x23', 8);
  a.addImm('x21', 'x21', ENTRY.size);
  a.subImm('x22', 'x22', 1);
  a.cmpImm('x0', -4095);
  a.bCond('hs', 'failed');
  a.tbz('x24', bitOf(ENTRY_FLAG.adopt), 'notAdopted');
  a.mov('x19', 'x0');
  a.label('notAdopted');
  a.tbz('x24', bitOf(ENTRY_FLAG.returnsTwice), 'entry');
  a.cmpImm('x0', 0);
  a.bCond('ne', 'entry');
  // The second process: another control socket, and nothing more to do in this batch.
  a.shiftRight('x19', 'x24', CONTROL_SHIFT);
  a.b('request');

  a.label('store');
  a.store32({ base: 'x0', offset: 0 }, 'x1');
  a.mov('x0', 'x2');
  a.b('done');

  a.label('failed');
  a.tbnz('x24', bitOf(ENTRY_FLAG.ignore), 'entry');

  a.label('reply');
  a.store32(base(HEADER.remaining), 'x22');
  a.mov('x1', 'x20');
  a.load32('x2', base(HEADER.reply));
  a.label('write');
  a.mov('x0', 'x19');
  syscall('write');
  retryOrExit(a, 'write');
  a.add('x1', 'x1', 'x0');
  a.subs('x2', 'x2', 'x0');
  a.bCond('ne', 'write');
  a.b('request');

  // read(x1, x2 bytes), all of them.
  a.label('read');
  a.cbz('x2', 'readDone');
  a.mov('x0', 'x19');
  syscall('read');
  retryOrExit(a, 'read');
  a.add('x1', 'x1', 'x0');
  a.subs('x2', 'x2', 'x0');
  a.bCond('ne', 'read');
  a.label('readDone');
  a.ret();

  a.label('exit');
  a.movImm('x0', 0);
  syscall('exit_group');
  return a.assemble();
}

/** x19 = argv[1] as a decimal number; at entry the stack holds argc, argv[0], argv[1] (as on x86-64). */
function parseControl(a: AssemblerAarch64): void {
  a.load64('x1', { base: 'sp', offset: 16 });
  a.movImm('x19', 0);
  a.movImm('x9', 10);
  a.label('digit');
  a.load8('x0', { base: 'x1', offset: 0 });
  a.cbz('x0', 'parsed');
  a.mul('x19', 'x19', 'x9');
  a.add('x19', 'x19', 'x0');
  a.subImm('x19', 'x19', '0'.charCodeAt(0));
  a.addImm('x1', 'x1', 1);
  a.b('digit');
  a.label('parsed');
}

/** Replaces words of memory among the six arguments by their values; leaves the entry's flags in x24. */
function resolveArguments(a: AssemblerAarch64): void {
  a.load32('x24', { base: 'x21', offset: ENTRY.flags });
  a.mov('x9', 'x24');
  a.addImm('x10', 'x21', ENTRY.arguments);
  a.movImm('x11', 6);
  a.label('argument');
  a.lowBits('x12', 'x9', 2);
  a.cbz('x12', 'nextArgument');
  a.load64('x13', { base: 'x10', offset: 0 });
  a.cmpImm('x12', OPERAND.word32);
  a.bCond('eq', 'word32');
  a.load64('x13', { base: 'x13', offset: 0 });
  a.b('resolved');
  a.label('word32');
  a.load32Signed('x13', { base: 'x13', offset: 0 });
  a.label('resolved');
  a.store64({ base: 'x10', offset: 0 }, 'x13');
  a.label('nextArgument');
  a.shiftRight('x9', 'x9', 2);
  a.addImm('x10', 'x10', 8);
  a.subsImm('x11', 'x11', 1);
  a.bCond('ne', 'argument');
}

/** After read or write: again on EINTR, exit on any other failure and on end of file. */
function retryOrExit(a: AssemblerAarch64, again: string): void {
  a.cmpImm('x0', -4);
  a.bCond('eq', again);
  a.cmpImm('x0', 0);
  a.bCond('le', 'exit');
}

function bitOf(flag: number): number {
  return Math.log2(flag);
}
