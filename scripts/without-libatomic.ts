import { AssemblerAarch64 } from '../src/syscalls/stub/assembler-aarch64.ts';
import { AssemblerX86 } from '../src/syscalls/stub/assembler-x86_64.ts';
import { machines } from '../src/syscalls/stub/elf.ts';
import { ElfFile } from './elf-file.ts';

/**
 * Node wants libatomic.so.1, which a minimal system has not got, for one function, and that for eight bytes: what is one
 * instruction on these machines. The function becomes our own; the library is no longer asked for.
 */
export function withoutLibatomic(elf: Uint8Array): Uint8Array {
  const file = new ElfFile(elf);
  const table = new Map(file.dynamic().map(({ tag, at }) => [tag, file.word(at)]));
  const place = (tag: number) => file.offsetOf(table.get(tag) ?? 0);
  const strings = place(DT.strtab);
  const needed = file.dynamic().filter(({ tag }) => tag === DT.needed);
  const nameOf = (at: number) => file.text(strings + file.word(at));
  const unwanted = needed.find(({ at }) => nameOf(at) === LIBRARY);
  const other = needed.find(({ at }) => nameOf(at) === 'libc.so.6');
  if (unwanted === undefined || other === undefined) return elf;

  const slot = takeSlot(file, place(DT.jmprel), table.get(DT.pltrelsz) ?? 0, place(DT.symtab), strings);
  const assemble = file.machine === machines.aarch64 ? compareExchangeAarch64 : compareExchangeX86;
  file.setWord(file.offsetOf(slot), file.addCode(assemble));
  // The same library twice is as good as once.
  file.setWord(unwanted.at, file.word(other.at));
  dropVersions(file, strings);
  return file.bytes;
}

/** The address that calls of the function go through; the loader leaves it alone from here on (R_*_NONE). */
function takeSlot(file: ElfFile, relocations: number, size: number, symbols: number, strings: number): number {
  const found = [];
  for (let at = relocations; at < relocations + size; at += RELA.size) {
    const symbol = symbols + SYMBOL_SIZE * file.view.getUint32(at + RELA.symbol, true);
    if (file.text(strings + file.view.getUint32(symbol, true)) === FUNCTION) found.push(at);
  }
  const [at, ...more] = found;
  if (at === undefined || more.length > 0) throw new Error(`${FUNCTION} is called in another way than it used to be`);
  file.setWord(at + RELA.info, 0);
  return file.word(at);
}

/** Takes the library's record out of the list of versions that the loader checks (Elf64_Verneed). */
function dropVersions(file: ElfFile, strings: number): void {
  const entry = (tag: number) => file.dynamic().find((one) => one.tag === tag)?.at ?? 0;
  const [first, count] = [entry(DT.verneed), entry(DT.verneednum)];
  let before: number | undefined;
  for (let at = file.offsetOf(file.word(first)); ; ) {
    const next = file.view.getUint32(at + VERNEED.next, true);
    if (file.text(strings + file.view.getUint32(at + VERNEED.file, true)) === LIBRARY) {
      if (before === undefined) file.setWord(first, file.word(first) + next);
      else {
        const link = before + VERNEED.next;
        file.view.setUint32(link, next === 0 ? 0 : file.view.getUint32(link, true) + next, true);
      }
      file.setWord(count, file.word(count) - 1);
      return;
    }
    if (next === 0) throw new Error(`no versions of ${LIBRARY}`);
    before = at;
    at += next;
  }
}

/** rdi = size, rsi = place, rdx = what is expected, and gets what is found, rcx = what is wanted. Returns whether it was so. */
export function compareExchangeX86(): Uint8Array {
  const a = new AssemblerX86();
  a.cmpImm('rdi', 8);
  a.j('ne', 'other');
  a.load64('rax', { base: 'rdx', offset: 0 });
  a.load64('rcx', { base: 'rcx', offset: 0 });
  a.lockCompareExchange({ base: 'rsi', offset: 0 }, 'rcx');
  a.j('ne', 'different');
  a.movImm('rax', 1);
  a.ret();
  a.label('different');
  a.store64({ base: 'rdx', offset: 0 }, 'rax');
  a.clear('rax');
  a.ret();
  a.label('other');
  a.trap();
  return a.assemble();
}

/** The same, of x0 to x3. */
export function compareExchangeAarch64(): Uint8Array {
  const a = new AssemblerAarch64();
  a.cmpImm('x0', 8);
  a.bCond('ne', 'other');
  a.load64('x9', { base: 'x2', offset: 0 });
  a.load64('x10', { base: 'x3', offset: 0 });
  a.label('again');
  a.loadExclusive('x11', 'x1');
  a.cmp('x11', 'x9');
  a.bCond('ne', 'different');
  a.storeExclusive('x12', 'x10', 'x1');
  a.cbnz('x12', 'again');
  a.movImm('x0', 1);
  a.ret();
  a.label('different');
  a.store64({ base: 'x2', offset: 0 }, 'x11');
  a.movImm('x0', 0);
  a.ret();
  a.label('other');
  a.trap();
  return a.assemble();
}

const LIBRARY = 'libatomic.so.1';
const FUNCTION = '__atomic_compare_exchange';
const DT = {
  needed: 1,
  pltrelsz: 2,
  strtab: 5,
  symtab: 6,
  jmprel: 23,
  verneed: 0x6ffffffe,
  verneednum: 0x6fffffff,
} as const;
/** Offsets in Elf64_Rela; the upper half of its info is the symbol. */
const RELA = { info: 8, symbol: 12, size: 24 } as const;
const SYMBOL_SIZE = 24;
const VERNEED = { file: 4, next: 12 } as const;
