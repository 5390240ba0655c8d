import { hiddenPrefixes } from '../src/engine/node/environment.ts';
import { AssemblerAarch64 } from '../src/syscalls/stub/assembler-aarch64.ts';
import { AssemblerX86 } from '../src/syscalls/stub/assembler-x86_64.ts';
import { machines } from '../src/syscalls/stub/elf.ts';
import { ElfFile } from './elf-file.ts';

/**
 * Makes an executable deaf to the environment variables of its engine: NODE_COMPILE_CACHE writes files,
 * NODE_DEBUG writes to standard error, NODE_REPL_EXTERNAL_MODULE ends the process, all before our first line,
 * and in a process that runs as root. Code of some hundred bytes runs before the program's own entry and
 * changes the first letter of their names to lower case; src/engine/node/environment.ts changes it back.
 */
export function guardEnvironment(elf: Uint8Array): Uint8Array {
  const file = new ElfFile(elf);
  const assemble = file.machine === machines.aarch64 ? guardAarch64 : guardX86;
  file.entry = file.addCode((address) => assemble(file.entry, address));
  return file.bytes;
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
