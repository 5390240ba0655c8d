import { Assembler } from './assembler.ts';

/**
 * As much of an x86-64 assembler as the stub and the signal handler need: a method per instruction, labels
 * for jumps. Operand order is Intel's. Encodings: Intel SDM volume 2, and the comments beside them.
 */
export type Register = keyof typeof registers;

const registers = {
  rax: 0,
  rcx: 1,
  rdx: 2,
  rbx: 3,
  rsp: 4,
  rbp: 5,
  rsi: 6,
  rdi: 7,
  r8: 8,
  r9: 9,
  r10: 10,
  r11: 11,
  r12: 12,
  r13: 13,
  r14: 14,
  r15: 15,
} as const;

/** Condition codes of Jcc. */
const conditions = { e: 4, ne: 5, b: 2, ae: 3, be: 6, a: 7, l: 12, ge: 13, le: 14, g: 15 } as const;
export type Condition = keyof typeof conditions;

export interface At {
  readonly base: Register;
  readonly offset: number;
}

export class AssemblerX86 extends Assembler {
  /** mov r32, imm32: zero-extends into the 64-bit register. */
  movImm(to: Register, value: number): void {
    this.rex(0, 0, registers[to]);
    this.emit(0xb8 | (registers[to] & 7));
    this.emit32(value);
  }

  /** mov r64, imm32: sign-extends. */
  movSigned(to: Register, value: number): void {
    this.rex(1, 0, registers[to]);
    this.emit(0xc7, 0xc0 | (registers[to] & 7));
    this.emit32(value);
  }

  mov(to: Register, from: Register): void {
    this.registerOp(1, 0x89, registers[from], registers[to]);
  }

  load64(to: Register, from: At): void {
    this.memoryOp(1, [0x8b], registers[to], from);
  }

  /** Zero-extends. */
  load32(to: Register, from: At): void {
    this.memoryOp(0, [0x8b], registers[to], from);
  }

  /** What lies at a label, by its distance from here. Zero-extends. */
  load32At(to: Register, label: string): void {
    this.rex(0, registers[to], 0);
    this.emit(0x8b, 0x05 | ((registers[to] & 7) << 3));
    this.jumpTo(label);
    this.emit32(0);
  }

  /** movsxd: sign-extends. */
  load32Signed(to: Register, from: At): void {
    this.memoryOp(1, [0x63], registers[to], from);
  }

  /** movzx r32, byte. */
  load8(to: Register, from: At): void {
    this.memoryOp(0, [0x0f, 0xb6], registers[to], from);
  }

  store64(to: At, from: Register): void {
    this.memoryOp(1, [0x89], registers[from], to);
  }

  store32(to: At, from: Register): void {
    this.memoryOp(0, [0x89], registers[from], to);
  }

  lea(to: Register, from: At): void {
    this.memoryOp(1, [0x8d], registers[to], from);
  }

  add(to: Register, from: Register): void {
    this.registerOp(1, 0x01, registers[from], registers[to]);
  }

  sub(to: Register, from: Register): void {
    this.registerOp(1, 0x29, registers[from], registers[to]);
  }

  /** xor r32, r32: clears, upper half included. */
  clear(register: Register): void {
    this.registerOp(0, 0x31, registers[register], registers[register]);
  }

  addImm(to: Register, value: number): void {
    this.arithmeticImm(0, to, value);
  }

  subImm(to: Register, value: number): void {
    this.arithmeticImm(5, to, value);
  }

  andImm(to: Register, value: number): void {
    this.arithmeticImm(4, to, value);
  }

  /** cmp r64, imm32 sign-extended. */
  cmpImm(register: Register, value: number): void {
    this.arithmeticImm(7, register, value);
  }

  cmp(left: Register, right: Register): void {
    this.registerOp(1, 0x39, registers[right], registers[left]);
  }

  imulImm(to: Register, value: number): void {
    this.rex(1, registers[to], registers[to]);
    this.emit(0x69, 0xc0 | ((registers[to] & 7) << 3) | (registers[to] & 7));
    this.emit32(value);
  }

  test(left: Register, right: Register): void {
    this.registerOp(1, 0x85, registers[right], registers[left]);
  }

  /** test r32, imm32. */
  testImm(register: Register, value: number): void {
    this.rex(0, 0, registers[register]);
    this.emit(0xf7, 0xc0 | (registers[register] & 7));
    this.emit32(value);
  }

  /** mov r64, imm64. */
  movImm64(to: Register, value: bigint): void {
    this.rex(1, 0, registers[to]);
    this.emit(0xb8 | (registers[to] & 7));
    for (let byte = 0n; byte < 8n; byte++) this.emit(Number((value >> (8n * byte)) & 0xffn));
  }

  shl64(register: Register, count: number): void {
    this.rex(1, 0, registers[register]);
    this.emit(0xc1, 0xe0 | (registers[register] & 7), count);
  }

  /** or byte ptr, imm8. */
  orByte(to: At, value: number): void {
    this.memoryOp(0, [0x80], 1, to);
    this.emit(value);
  }

  /** lock cmpxchg: rax against memory; if they are equal `from` goes there, otherwise memory to rax. */
  lockCompareExchange(to: At, from: Register): void {
    this.emit(0xf0);
    this.memoryOp(1, [0x0f, 0xb1], registers[from], to);
  }

  /** ud2. */
  trap(): void {
    this.emit(0x0f, 0x0b);
  }

  /** jmp r64. */
  jmpRegister(to: Register): void {
    this.rex(0, 4, registers[to]);
    this.emit(0xff, 0xe0 | (registers[to] & 7));
  }

  shr32(register: Register, count: number): void {
    this.rex(0, 0, registers[register]);
    this.emit(0xc1, 0xe8 | (registers[register] & 7), count);
  }

  jmp(label: string): void {
    this.emit(0xe9);
    this.jumpTo(label);
    this.emit32(0);
  }

  j(condition: Condition, label: string): void {
    this.emit(0x0f, 0x80 | conditions[condition]);
    this.jumpTo(label);
    this.emit32(0);
  }

  call(label: string): void {
    this.emit(0xe8);
    this.jumpTo(label);
    this.emit32(0);
  }

  ret(): void {
    this.emit(0xc3);
  }

  push(register: Register): void {
    this.rex(0, 0, registers[register]);
    this.emit(0x50 | (registers[register] & 7));
  }

  pop(register: Register): void {
    this.rex(0, 0, registers[register]);
    this.emit(0x58 | (registers[register] & 7));
  }

  /** Data among the code. */
  data32(value: number): void {
    this.emit32(value);
  }

  syscall(): void {
    this.emit(0x0f, 0x05);
  }

  /** A displacement counts from the end of its four bytes. */
  protected override bind(view: DataView, at: number, target: number): void {
    view.setInt32(at, target - (at + 4), true);
  }

  /** REX prefix, left out where it would say nothing. */
  private rex(wide: 0 | 1, reg: number, rm: number): void {
    const prefix = 0x40 | (wide << 3) | ((reg >> 3) << 2) | (rm >> 3);
    if (prefix !== 0x40) this.emit(prefix);
  }

  private registerOp(wide: 0 | 1, opcode: number, reg: number, rm: number): void {
    this.rex(wide, reg, rm);
    this.emit(opcode, 0xc0 | ((reg & 7) << 3) | (rm & 7));
  }

  /** ModRM with a 32-bit displacement; rsp and r12 as base need a SIB byte. */
  private memoryOp(wide: 0 | 1, opcode: readonly number[], reg: number, at: At): void {
    const rm = registers[at.base];
    this.rex(wide, reg, rm);
    this.emit(...opcode, 0x80 | ((reg & 7) << 3) | (rm & 7));
    if ((rm & 7) === 4) this.emit(0x24);
    this.emit32(at.offset);
  }

  private arithmeticImm(extension: number, register: Register, value: number): void {
    this.rex(1, 0, registers[register]);
    this.emit(0x81, 0xc0 | (extension << 3) | (registers[register] & 7));
    this.emit32(value);
  }
}
