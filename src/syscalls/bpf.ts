/**
 * A small assembler for eBPF: the instructions that a filter over a flat context needs, with labels. Loading
 * and attaching the result is not its business.
 *
 * Comparisons and arithmetic are the 32-bit ones (JMP32 is in Linux since 5.1): the context's words are u32,
 * and a 64-bit comparison would sign-extend an immediate above 2^31.
 */
export class BpfAssembler {
  readonly #instructions: Instruction[] = [];
  readonly #labels = new Map<string, number>();

  get length(): number {
    return this.#instructions.length;
  }

  /** `dst = *(u32 *)(base + offset)` */
  load(dst: Register, base: Register, offset: number): void {
    this.#push({ code: CLASS.LDX | SIZE_W | MODE_MEM, dst, src: base, offset });
  }

  /** `dst = src` */
  move(dst: Register, src: Register): void {
    this.#push({ code: CLASS.ALU | ALU.mov | SOURCE_REGISTER, dst, src });
  }

  /** `dst = dst op immediate` */
  alu(op: AluOp, dst: Register, immediate: number): void {
    this.#push({ code: CLASS.ALU | ALU[op], dst, immediate });
  }

  jump(label: string): void {
    this.#push({ code: CLASS.JMP | JUMP_ALWAYS, label });
  }

  /** Jumps if `dst op immediate`; `set` is true when they have a bit in common. */
  jumpIf(op: JumpOp, dst: Register, immediate: number, label: string): void {
    this.#push({ code: CLASS.JMP32 | JUMP[op], dst, immediate, label });
  }

  /** Returns r0. */
  exit(): void {
    this.#push({ code: CLASS.JMP | JUMP_EXIT });
  }

  /** Names the next instruction. */
  label(name: string): void {
    if (this.#labels.has(name)) throw new Error(`bpf: label ${name} is defined twice`);
    this.#labels.set(name, this.#instructions.length);
  }

  /** An array of `struct bpf_insn`, little-endian as both architectures are. */
  assemble(): Uint8Array {
    const bytes = new Uint8Array(this.#instructions.length * BPF_INSN_SIZE);
    const view = new DataView(bytes.buffer);
    this.#instructions.forEach((instruction, index) => {
      const { code, dst = 0, src = 0, immediate = 0 } = instruction;
      const at = index * BPF_INSN_SIZE;
      view.setUint8(at, code);
      view.setUint8(at + 1, dst | (src << 4));
      view.setInt16(at + 2, this.#offset(instruction, index), true);
      view.setInt32(at + 4, immediate | 0, true);
    });
    return bytes;
  }

  #push(instruction: Instruction): void {
    this.#instructions.push(instruction);
  }

  /** Jumps count from the instruction after them. */
  #offset({ label, offset = 0 }: Instruction, index: number): number {
    if (label === undefined) return offset;
    const target = this.#labels.get(label);
    if (target === undefined) throw new Error(`bpf: label ${label} is not defined`);
    const distance = target - index - 1;
    if (distance > MAX_JUMP) throw new RangeError(`bpf: ${label} is ${distance} instructions away, limit ${MAX_JUMP}`);
    return distance;
  }
}

export type Register = 0 | 1 | 2 | 3 | 4 | 5;
export type AluOp = keyof typeof ALU;
export type JumpOp = keyof typeof JUMP;

/** sizeof(struct bpf_insn) */
export const BPF_INSN_SIZE = 8;

interface Instruction {
  readonly code: number;
  readonly dst?: Register;
  readonly src?: Register;
  readonly offset?: number;
  readonly immediate?: number;
  readonly label?: string;
}

const CLASS = { LDX: 0x01, ALU: 0x04, JMP: 0x05, JMP32: 0x06 } as const;
const SIZE_W = 0x00;
const MODE_MEM = 0x60;
const SOURCE_REGISTER = 0x08;
const ALU = { and: 0x50, rsh: 0x70, mov: 0xb0 } as const;
const JUMP = { eq: 0x10, set: 0x40, ne: 0x50 } as const;
const JUMP_ALWAYS = 0x00;
const JUMP_EXIT = 0x90;
/** The offset is an s16. */
const MAX_JUMP = 0x7fff;
