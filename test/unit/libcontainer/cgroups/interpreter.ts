/**
 * Runs a BPF_PROG_TYPE_CGROUP_DEVICE program as the kernel would, written from the instruction set's
 * definition and not from our assembler. What the verifier refuses is an exception here: a read outside of
 * the context, a jump out of the program or backwards, an instruction that nothing reaches, a register that
 * was never written.
 */
export interface Access {
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
  /** 1 mknod, 2 read, 4 write */
  readonly access: number;
}

export function run(program: Uint8Array, request: Access): boolean {
  const context = new DataView(new ArrayBuffer(12));
  context.setUint32(0, ((request.access << 16) | (request.type === 'b' ? 1 : 2)) >>> 0, true);
  context.setUint32(4, request.major, true);
  context.setUint32(8, request.minor, true);
  const registers = new Map<number, number>([[1, CONTEXT]]);
  const code = decode(program);
  for (let pc = 0, steps = 0; ; steps++) {
    if (steps > 100_000) throw new Error('does not end');
    const insn = at(code, pc);
    if (insn.op === 0x95) return (read(registers, 0) & 1) === 1;
    pc += 1 + step(insn, registers, context);
  }
}

/** The instructions that no path from the first one leads to. The verifier accepts a program without any. */
export function unreachable(program: Uint8Array): number[] {
  const code = decode(program);
  const seen = new Set<number>();
  const open = [0];
  for (let pc = open.pop(); pc !== undefined; pc = open.pop()) {
    if (seen.has(pc)) continue;
    seen.add(pc);
    const insn = at(code, pc);
    if (insn.op === 0x95) continue;
    if (insn.op !== 0x05) open.push(pc + 1);
    if (isJump(insn.op)) open.push(pc + 1 + insn.offset);
  }
  return code.map((_, index) => index).filter((index) => !seen.has(index));
}

interface Insn {
  readonly op: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
  readonly immediate: number;
}

const CONTEXT = 0x1000;

function decode(program: Uint8Array): Insn[] {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  return Array.from({ length: program.length / 8 }, (_, i) => ({
    op: view.getUint8(i * 8),
    dst: view.getUint8(i * 8 + 1) & 15,
    src: view.getUint8(i * 8 + 1) >> 4,
    offset: view.getInt16(i * 8 + 2, true),
    immediate: view.getInt32(i * 8 + 4, true),
  }));
}

function at(code: readonly Insn[], pc: number): Insn {
  const insn = code[pc];
  if (insn === undefined) throw new Error(`runs out of the program at ${pc}`);
  return insn;
}

function isJump(op: number): boolean {
  return (op & 7) === 5 || (op & 7) === 6;
}

/** Executes one instruction; the result is how far it jumps. */
function step({ op, dst, src, offset, immediate }: Insn, registers: Map<number, number>, context: DataView): number {
  const jump = (taken: boolean): number => {
    if (offset < 0) throw new Error('jumps backwards');
    return taken ? offset : 0;
  };
  switch (op) {
    case 0x61:
      if (read(registers, src) !== CONTEXT) throw new Error('loads from elsewhere');
      registers.set(dst, context.getUint32(offset, true));
      return 0;
    case 0xbc:
      registers.set(dst, read(registers, src) >>> 0);
      return 0;
    case 0xb4:
      registers.set(dst, immediate >>> 0);
      return 0;
    case 0x54:
      registers.set(dst, (read(registers, dst) & immediate) >>> 0);
      return 0;
    case 0x74:
      registers.set(dst, (read(registers, dst) >>> 0) >>> immediate);
      return 0;
    case 0x05:
      return jump(true);
    case 0x16:
      return jump(read(registers, dst) === immediate >>> 0);
    case 0x56:
      return jump(read(registers, dst) !== immediate >>> 0);
    case 0x46:
      return jump((read(registers, dst) & immediate) !== 0);
    default:
      throw new Error(`opcode 0x${op.toString(16)}`);
  }
}

function read(registers: ReadonlyMap<number, number>, register: number): number {
  const value = registers.get(register);
  if (value === undefined) throw new Error(`r${register} is read before it is written`);
  return value;
}
