import { bytesField, type Struct, struct, u16, u32, u64, writeField } from '../struct.ts';

/** elf.h, 64-bit. */
const elfHeader = struct('Elf64_Ehdr', {
  e_ident: bytesField(16),
  e_type: u16,
  e_machine: u16,
  e_version: u32,
  e_entry: u64,
  e_phoff: u64,
  e_shoff: u64,
  e_flags: u32,
  e_ehsize: u16,
  e_phentsize: u16,
  e_phnum: u16,
  e_shentsize: u16,
  e_shnum: u16,
  e_shstrndx: u16,
});

const programHeader = struct('Elf64_Phdr', {
  p_type: u32,
  p_flags: u32,
  p_offset: u64,
  p_vaddr: u64,
  p_paddr: u64,
  p_filesz: u64,
  p_memsz: u64,
  p_align: u64,
});

const LOAD_ADDRESS = 0x400000;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474e551;
const READ_EXECUTE = 5;
const READ_WRITE = 6;

/** e_machine. */
export const machines = { x86_64: 62, aarch64: 183 } as const;

/** A static executable of one segment that is never writable, with a stack that is never executable. */
export function elfExecutable(code: Uint8Array, arch: keyof typeof machines): Uint8Array {
  const start = elfHeader.size + 2 * programHeader.size;
  const file = new Uint8Array(start + code.length);
  put(file, 0, elfHeader, {
    e_type: 2,
    e_machine: machines[arch],
    e_version: 1,
    e_entry: LOAD_ADDRESS + start,
    e_phoff: elfHeader.size,
    e_ehsize: elfHeader.size,
    e_phentsize: programHeader.size,
    e_phnum: 2,
  });
  // Magic, 64-bit, little-endian, version 1, System V.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  put(file, elfHeader.size, programHeader, {
    p_type: PT_LOAD,
    p_flags: READ_EXECUTE,
    p_vaddr: LOAD_ADDRESS,
    p_paddr: LOAD_ADDRESS,
    p_filesz: file.length,
    p_memsz: file.length,
    p_align: 0x1000,
  });
  put(file, elfHeader.size + programHeader.size, programHeader, {
    p_type: PT_GNU_STACK,
    p_flags: READ_WRITE,
    p_align: 16,
  });
  file.set(code, start);
  return file;
}

function put(file: Uint8Array, at: number, declaration: Struct, values: Readonly<Record<string, number>>): void {
  const view = new DataView(file.buffer);
  for (const [field, value] of Object.entries(values)) {
    const type = declaration.fields[field];
    if (type) writeField(view, at + (declaration.offsets[field] ?? 0), type, value);
  }
}
