/** A linked executable that is changed in place, so that nothing in it moves (System V ABI, "Object Files"). */
export class ElfFile {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(elf: Uint8Array) {
    this.bytes = elf.slice();
    this.view = new DataView(this.bytes.buffer);
  }

  get machine(): number {
    return this.view.getUint16(ELF.machine, true);
  }

  get entry(): number {
    return this.word(ELF.entry);
  }

  set entry(address: number) {
    this.setWord(ELF.entry, address);
  }

  /** Puts code into the padding behind the executable's own. `assemble` is told its address, which comes back. */
  addCode(assemble: (address: number) => Uint8Array): number {
    const header = this.loads().find((at) => this.view.getUint32(at + PROGRAM.flags, true) & PF_X);
    if (header === undefined) throw new Error('the executable has no code');
    const offset = this.word(header + PROGRAM.offset);
    // Instructions of arm64 are aligned.
    const size = Math.ceil(this.word(header + PROGRAM.fileSize) / 16) * 16;
    const address = this.word(header + PROGRAM.address) + size;
    const code = assemble(address);
    const next = Math.min(
      ...this.loads()
        .map((at) => this.word(at + PROGRAM.offset))
        .filter((at) => at > offset),
    );
    if (offset + size + code.length > next) throw new Error('no room behind the code of the executable');
    this.bytes.set(code, offset + size);
    this.setWord(header + PROGRAM.fileSize, size + code.length);
    this.setWord(header + PROGRAM.memorySize, size + code.length);
    return address;
  }

  /** Where in the file an address is. */
  offsetOf(address: number): number {
    for (const at of this.loads()) {
      const distance = address - this.word(at + PROGRAM.address);
      if (distance >= 0 && distance < this.word(at + PROGRAM.fileSize))
        return this.word(at + PROGRAM.offset) + distance;
    }
    throw new Error(`0x${address.toString(16)} is not in the file`);
  }

  /** The entries of the dynamic section: tag, and where in the file the value is. */
  dynamic(): readonly { readonly tag: number; readonly at: number }[] {
    const [header] = this.headers().filter((at) => this.view.getUint32(at, true) === PT_DYNAMIC);
    if (header === undefined) throw new Error('the executable is not linked dynamically');
    const start = this.word(header + PROGRAM.offset);
    const count = this.word(header + PROGRAM.fileSize) / 16;
    return Array.from({ length: count }, (_, i) => ({ tag: this.word(start + 16 * i), at: start + 16 * i + 8 }));
  }

  /** A string that ends with NUL, at a place in the file. */
  text(at: number): string {
    return String.fromCharCode(...this.bytes.subarray(at, this.bytes.indexOf(0, at)));
  }

  word(at: number): number {
    return Number(this.view.getBigUint64(at, true));
  }

  setWord(at: number, value: number): void {
    this.view.setBigUint64(at, BigInt(value), true);
  }

  private loads(): number[] {
    return this.headers().filter((at) => this.view.getUint32(at, true) === PT_LOAD);
  }

  private headers(): number[] {
    const start = this.word(ELF.programHeaders);
    return Array.from({ length: this.view.getUint16(ELF.headerCount, true) }, (_, i) => start + PROGRAM.size * i);
  }
}

/** Offsets in Elf64_Ehdr and Elf64_Phdr. */
const ELF = { machine: 18, entry: 24, programHeaders: 32, headerCount: 56 } as const;
const PROGRAM = { flags: 4, offset: 8, address: 16, fileSize: 32, memorySize: 40, size: 56 } as const;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PF_X = 1;
