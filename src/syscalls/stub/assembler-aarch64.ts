import { Assembler } from './assembler.ts';

/**
 * As much of an AArch64 assembler as the stub and the signal handler need: a method per instruction, labels for
 * branches. Encodings: Arm Architecture Reference Manual, C6.2. Every instruction is one word, little-endian.
 */
export type Register = keyof typeof registers;

const registers = {
  ...{ x0: 0, x1: 1, x2: 2, x3: 3, x4: 4, x5: 5, x6: 6, x7: 7, x8: 8, x9: 9, x10: 10, x11: 11, x12: 12, x13: 13 },
  ...{ x14: 14, x15: 15, x16: 16, x17: 17, x18: 18, x19: 19, x20: 20, x21: 21, x22: 22, x23: 23, x24: 24, x25: 25 },
  ...{ x26: 26, x27: 27, x28: 28, x29: 29, x30: 30, sp: 31 },
} as const;

/** What number 31 means where it is not the stack pointer: reads as zero. */
const ZERO = 31;

/** Condition codes of B.cond: `hs` and `lo`, `hi` and `ls` compare without sign. */
const conditions = { eq: 0, ne: 1, hs: 2, lo: 3, hi: 8, ls: 9, ge: 10, lt: 11, gt: 12, le: 13 } as const;
export type Condition = keyof typeof conditions;

export interface At {
  readonly base: Register;
  /** Not negative, and a multiple of the width that is loaded or stored. */
  readonly offset: number;
}

export class AssemblerAarch64 extends Assembler {
  /** movz, and movk for each further half-word that is not zero. */
  movImm(to: Register, value: number | bigint): void {
    const whole = BigInt.asUintN(64, BigInt(value));
    this.word(0xd2800000 | (half(whole, 0) << 5) | registers[to]);
    for (const at of [1, 2, 3]) {
      const part = half(whole, at);
      if (part !== 0) this.word(0xf2800000 | (at << 21) | (part << 5) | registers[to]);
    }
  }

  /** movn: all bits but those of `value`, which is a half-word. */
  movNot(to: Register, value: number): void {
    this.word(0x92800000 | (value << 5) | registers[to]);
  }

  /** orr with the zero register, which the stack pointer cannot be part of. */
  mov(to: Register, from: Register): void {
    this.word(0xaa0003e0 | (registers[from] << 16) | registers[to]);
  }

  load64(to: Register, from: At): void {
    this.memory(0xf9400000, 8, to, from);
  }

  /** ldr w: clears the upper half. */
  load32(to: Register, from: At): void {
    this.memory(0xb9400000, 4, to, from);
  }

  /** ldr w of what lies at a label, by its distance from here. */
  load32At(to: Register, label: string): void {
    this.jump(0x18000000 | registers[to], label);
  }

  /** ldrsw: extends the sign. */
  load32Signed(to: Register, from: At): void {
    this.memory(0xb9800000, 4, to, from);
  }

  load8(to: Register, from: At): void {
    this.memory(0x39400000, 1, to, from);
  }

  store64(to: At, from: Register): void {
    this.memory(0xf9000000, 8, from, to);
  }

  store32(to: At, from: Register): void {
    this.memory(0xb9000000, 4, from, to);
  }

  store8(to: At, from: Register): void {
    this.memory(0x39000000, 1, from, to);
  }

  add(to: Register, left: Register, right: Register): void {
    this.word(0x8b000000 | (registers[right] << 16) | (registers[left] << 5) | registers[to]);
  }

  /** add to, left, right, lsl #shift. */
  addShifted(to: Register, left: Register, right: Register, shift: number): void {
    this.word(0x8b000000 | (registers[right] << 16) | (shift << 10) | (registers[left] << 5) | registers[to]);
  }

  /** Also of the stack pointer; `value` has twelve bits. */
  addImm(to: Register, from: Register, value: number): void {
    this.word(0x91000000 | (value << 10) | (registers[from] << 5) | registers[to]);
  }

  subImm(to: Register, from: Register, value: number): void {
    this.word(0xd1000000 | (value << 10) | (registers[from] << 5) | registers[to]);
  }

  /** Sets the flags as well. */
  subs(to: Register, left: Register, right: Register): void {
    this.word(0xeb000000 | (registers[right] << 16) | (registers[left] << 5) | registers[to]);
  }

  subsImm(to: Register, from: Register, value: number): void {
    this.word(0xf1000000 | (value << 10) | (registers[from] << 5) | registers[to]);
  }

  cmp(left: Register, right: Register): void {
    this.word(0xeb00001f | (registers[right] << 16) | (registers[left] << 5));
  }

  /** cmp, or cmn for what is negative; twelve bits. */
  cmpImm(register: Register, value: number): void {
    const opcode = value < 0 ? 0xb100001f : 0xf100001f;
    this.word(opcode | (Math.abs(value) << 10) | (registers[register] << 5));
  }

  /** madd with a zero addend. */
  mul(to: Register, left: Register, right: Register): void {
    this.word(0x9b000000 | (registers[right] << 16) | (ZERO << 10) | (registers[left] << 5) | registers[to]);
  }

  /** The lowest `bits` bits of `from`: ubfx from bit 0. */
  lowBits(to: Register, from: Register, bits: number): void {
    this.word(0xd3400000 | ((bits - 1) << 10) | (registers[from] << 5) | registers[to]);
  }

  /** lsr of 64 bits. */
  shiftRight(to: Register, from: Register, count: number): void {
    this.word(0xd340fc00 | (count << 16) | (registers[from] << 5) | registers[to]);
  }

  /** Sets the one bit `bit`: orr with an immediate of one bit. */
  setBit(to: Register, from: Register, bit: number): void {
    this.word(0xb2400000 | (((64 - bit) & 63) << 16) | (registers[from] << 5) | registers[to]);
  }

  b(label: string): void {
    this.jump(0x14000000, label);
  }

  bCond(condition: Condition, label: string): void {
    this.jump(0x54000000 | conditions[condition], label);
  }

  /** Branches if the register is zero. */
  cbz(register: Register, label: string): void {
    this.jump(0xb4000000 | registers[register], label);
  }

  cbnz(register: Register, label: string): void {
    this.jump(0xb5000000 | registers[register], label);
  }

  /** ldaxr: what a store-exclusive to the same place then depends on. */
  loadExclusive(to: Register, base: Register): void {
    this.word(0xc85ffc00 | (registers[base] << 5) | registers[to]);
  }

  /** stlxr: `failed` is 0 if it was stored. */
  storeExclusive(failed: Register, from: Register, base: Register): void {
    this.word(0xc800fc00 | (registers[failed] << 16) | (registers[base] << 5) | registers[from]);
  }

  /** brk. */
  trap(): void {
    this.word(0xd4200000);
  }

  /** Branches if bit `bit`, below 32, is set. */
  tbnz(register: Register, bit: number, label: string): void {
    this.jump(0x37000000 | (bit << 19) | registers[register], label);
  }

  tbz(register: Register, bit: number, label: string): void {
    this.jump(0x36000000 | (bit << 19) | registers[register], label);
  }

  bl(label: string): void {
    this.jump(0x94000000, label);
  }

  /** b to a place outside the code: `distance` bytes from here. */
  bFar(distance: number): void {
    this.word(0x14000000 | field(distance, 26));
  }

  /** Data among the code. */
  data32(value: number): void {
    this.word(value);
  }

  ret(): void {
    this.word(0xd65f03c0);
  }

  svc(): void {
    this.word(0xd4000001);
  }

  /** A branch's distance is counted in words; where it stands and how wide it is, its opcode says. */
  protected override bind(view: DataView, at: number, target: number): void {
    const word = view.getUint32(at, true);
    const distance = target - at;
    view.setUint32(at, (word | distanceField(word >>> 24, distance)) >>> 0, true);
  }

  private memory(opcode: number, width: number, register: Register, { base, offset }: At): void {
    if (offset < 0 || offset % width !== 0) throw new RangeError(`no load or store of ${width} bytes at ${offset}`);
    this.word(opcode | ((offset / width) << 10) | (registers[base] << 5) | registers[register]);
  }

  private jump(opcode: number, label: string): void {
    this.jumpTo(label);
    this.word(opcode);
  }

  private word(value: number): void {
    this.emit32(value);
  }
}

function half(value: bigint, at: number): number {
  return Number((value >> BigInt(16 * at)) & 0xffffn);
}

/** b and bl have 26 bits, tbz and tbnz 14, the others 19. */
function distanceField(opcode: number, distance: number): number {
  if ((opcode & 0x7c) === 0x14) return field(distance, 26);
  return (opcode & 0x7e) === 0x36 ? field(distance, 14) << 5 : field(distance, 19) << 5;
}

/** A distance in words, in so many bits. */
function field(distance: number, bits: number): number {
  const words = distance / 4;
  if (!Number.isInteger(words) || Math.abs(words) >= 2 ** (bits - 1)) throw new RangeError(`no branch of ${distance}`);
  return words & (2 ** bits - 1);
}
