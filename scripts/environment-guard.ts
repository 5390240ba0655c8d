import { hiddenPrefixes } from '../src/engine/node/environment.ts';
import { AssemblerAarch64 } from '../src/syscalls/stub/assembler-aarch64.ts';
import { AssemblerX86 } from '../src/syscalls/stub/assembler-x86_64.ts';
import { machines } from '../src/syscalls/stub/elf.ts';

/**
 * Makes an executable deaf to the environment variables of its engine: NODE_COMPILE_CACHE writes files,
 * NODE_DEBUG writes to standard error, NODE_REPL_EXTERNAL_MODULE ends the process, all before our first line,
 * and in a process that runs as root. Code of some hundred bytes runs before the program's own entry and
 * changes the first letter of their names to lower case; src/engine/node/environment.ts changes it back.
 *
 * It lies in the padding behind the executable's code, so nothing moves (System V ABI, "Program Header").
 */
export function guardEnvironment(elf: Uint8Array): Uint8Array {
  const file = elf.slice();
  const view = new DataView(file.buffer);
  const entry = Number(view.getBigUint64(ELF.entry, true));
  const { header, offset, address, size, next } = codeSegment(view);
  const assemble = view.getUint16(ELF.machine, true) === machines.aarch64 ? guardAarch64 : guardX86;
  const code = assemble(entry, address + size);
  if (offset + size + code.length > next) throw new Error('no room behind the code of the executable');
  file.set(code, offset + size);
  view.setBigUint64(header + PROGRAM.fileSize, BigInt(size + code.length), true);
  view.setBigUint64(header + PROGRAM.memorySize, BigInt(size + code.length), true);
  view.setBigUint64(ELF.entry, BigInt(address + size), true);
  return file;
}

/** At entry the stack holds argc, argv, NULL, envp, NULL; rdx is the loader's and must survive (System V ABI 3.4.1). */
function guardX86(entry: number): Uint8Array {
  const a = new AssemblerX86();
  a.load64('rsi', { base: 'rsp', offset: 0 });
  a.shl64('rsi', 3);
  a.add('rsi', 'rsp');
  a.addImm('rsi', 16);
  a.label('variable');
  a.load64('rdi', { base: 'rsi', offset: 0 });
  a.test('rdi', 'rdi');
  a.j('e', 'done');
  a.addImm('rsi', 8);
  for (const prefix of hiddenPrefixes) {
    // As many bytes as the prefix has, at the upper end of the register.
    a.load64('rax', { base: 'rdi', offset: 0 });
    const shift = 8 * (8 - prefix.length);
    if (shift > 0) a.shl64('rax', shift);
    a.movImm64('rcx', word(prefix) << BigInt(shift));
    a.cmp('rax', 'rcx');
    a.j('e', 'hide');
  }
  a.jmp('variable');
  a.label('hide');
  a.orByte({ base: 'rdi', offset: 0 }, 0x20);
  a.jmp('variable');
  a.label('done');
  a.movImm64('rax', BigInt(entry));
  a.jmpRegister('rax');
  return a.assemble();
}

/** The same for arm64: at entry x0 is the loader's. `address` is where the guard itself will be. */
function guardAarch64(entry: number, address: number): Uint8Array {
  const a = new AssemblerAarch64();
  a.load64('x9', { base: 'sp', offset: 0 });
  a.addImm('x10', 'sp', 16);
  a.addShifted('x10', 'x10', 'x9', 3);
  a.label('variable');
  a.load64('x11', { base: 'x10', offset: 0 });
  a.cbz('x11', 'done');
  a.addImm('x10', 'x10', 8);
  a.load64('x12', { base: 'x11', offset: 0 });
  for (const prefix of hiddenPrefixes) {
    if (prefix.length < 8) a.lowBits('x13', 'x12', 8 * prefix.length);
    else a.mov('x13', 'x12');
    a.movImm('x14', word(prefix));
    a.cmp('x13', 'x14');
    a.bCond('eq', 'hide');
  }
  a.b('variable');
  a.label('hide');
  a.load8('x12', { base: 'x11', offset: 0 });
  a.setBit('x12', 'x12', 5);
  a.store8({ base: 'x11', offset: 0 }, 'x12');
  a.b('variable');
  a.label('done');
  a.bFar(entry - (address + a.offsetOf('done')));
  return a.assemble();
}

function word(text: string): bigint {
  return [...text].reduce((value, char, i) => value | (BigInt(char.charCodeAt(0)) << BigInt(8 * i)), 0n);
}

interface Segment {
  readonly header: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
  /** Where the next segment begins in the file. */
  readonly next: number;
}

function codeSegment(view: DataView): Segment {
  const start = Number(view.getBigUint64(ELF.programHeaders, true));
  const headers = Array.from({ length: view.getUint16(ELF.headerCount, true) }, (_, i) => start + PROGRAM.size * i);
  const loads = headers.filter((at) => view.getUint32(at, true) === PT_LOAD);
  const header = loads.find((at) => view.getUint32(at + PROGRAM.flags, true) & PF_X);
  if (header === undefined) throw new Error('the executable has no code');
  const offsetOf = (at: number): number => Number(view.getBigUint64(at + PROGRAM.offset, true));
  const offset = offsetOf(header);
  return {
    header,
    offset,
    address: Number(view.getBigUint64(header + PROGRAM.address, true)),
    size: Number(view.getBigUint64(header + PROGRAM.fileSize, true)),
    next: Math.min(...loads.map(offsetOf).filter((other) => other > offset)),
  };
}

/** Offsets in Elf64_Ehdr and Elf64_Phdr. */
const ELF = { machine: 18, entry: 24, programHeaders: 32, headerCount: 56 } as const;
const PROGRAM = { flags: 4, offset: 8, address: 16, fileSize: 32, memorySize: 40, size: 56 } as const;
const PT_LOAD = 1;
const PF_X = 1;
