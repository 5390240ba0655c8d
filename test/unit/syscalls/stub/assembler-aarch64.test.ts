import { assembleHandler } from '../../../../src/syscalls/signal-handler.ts';
import { AssemblerAarch64, type Condition, type Register } from '../../../../src/syscalls/stub/assembler-aarch64.ts';
import { assembleStub } from '../../../../src/syscalls/stub/program.ts';
import { testWith } from '../tools.ts';
import { disassembled, hex, objdump } from './disassembly.ts';

type Emit = (a: AssemblerAarch64) => void;

/** Encodings worked out from the manual's diagrams. */
const fixed: readonly (readonly [string, Emit])[] = [
  ['20 00 80 d2', (a) => a.movImm('x0', 1)],
  ['88 46 8a d2 68 2a a6 f2', (a) => a.movImm('x8', 0x31535234)],
  ['04 00 80 92', (a) => a.movNot('x4', 0)],
  ['e0 03 14 aa', (a) => a.mov('x0', 'x20')],
  ['a0 06 40 f9', (a) => a.load64('x0', { base: 'x21', offset: 8 })],
  ['e1 0b 40 f9', (a) => a.load64('x1', { base: 'sp', offset: 16 })],
  ['89 02 40 b9', (a) => a.load32('x9', { base: 'x20', offset: 0 })],
  ['20 00 00 18 c0 03 5f d6', (a) => [a.load32At('x0', 'next'), a.label('next'), a.ret()]],
  ['ad 01 80 b9', (a) => a.load32Signed('x13', { base: 'x13', offset: 0 })],
  ['20 00 40 39', (a) => a.load8('x0', { base: 'x1', offset: 0 })],
  ['e0 02 00 f9', (a) => a.store64({ base: 'x23', offset: 0 }, 'x0')],
  ['96 16 00 b9', (a) => a.store32({ base: 'x20', offset: 20 }, 'x22')],
  ['b5 02 14 8b', (a) => a.add('x21', 'x21', 'x20')],
  ['ff 43 00 d1', (a) => a.subImm('sp', 'sp', 16)],
  ['1f fc 3f b1', (a) => a.cmpImm('x0', -4095)],
  ['c0 03 5f d6', (a) => a.ret()],
  ['01 00 00 d4', (a) => a.svc()],
  ['00 00 20 d4', (a) => a.trap()],
  ['00 00 00 14', (a) => [a.label('here'), a.b('here')]],
  ['01 00 00 94', (a) => [a.bl('next'), a.label('next')]],
  ['48 00 00 54 c0 03 5f d6', (a) => [a.bCond('hi', 'over'), a.ret(), a.label('over')]],
];

test.each(fixed)('%s', (bytes, emit) => {
  const a = new AssemblerAarch64();
  emit(a);
  expect(hex(a.assemble())).toBe(bytes);
});

const numbers = Array.from({ length: 31 }, (_, i) => `x${i}` as Register);
const conditions: readonly (readonly [Condition, string])[] = [
  ...(['eq', 'ne', 'hi', 'ls', 'ge', 'lt', 'gt', 'le'] as const).map((name) => [name, name] as const),
  ['hs', 'cs'],
  ['lo', 'cc'],
];

/** Every method, over every register, and what it must read as. */
const sentences: [string, Emit][] = numbers.flatMap((r): [string, Emit][] => {
  const half = r.replace('x', 'w');
  const at = { base: r, offset: 24 };
  return [
    [`movz ${r}, #0x1234`, (a) => a.movImm(r, 0x1234)],
    [`movn ${r}, #0x0`, (a) => a.movNot(r, 0)],
    [`orr ${r}, xzr, x9`, (a) => a.mov(r, 'x9')],
    [`ldr x11, [${r}, #24]`, (a) => a.load64('x11', at)],
    [`ldr ${half}, [sp, #24]`, (a) => a.load32(r, { base: 'sp', offset: 24 })],
    [`ldrsw ${r}, [x12, #24]`, (a) => a.load32Signed(r, { base: 'x12', offset: 24 })],
    [`ldrb ${half}, [x12, #3]`, (a) => a.load8(r, { base: 'x12', offset: 3 })],
    [`str x14, [${r}, #24]`, (a) => a.store64(at, 'x14')],
    [`str ${half}, [x13, #24]`, (a) => a.store32({ base: 'x13', offset: 24 }, r)],
    [`strb ${half}, [x13, #3]`, (a) => a.store8({ base: 'x13', offset: 3 }, r)],
    [`add ${r}, ${r}, x6`, (a) => a.add(r, r, 'x6')],
    [`add ${r}, x7, ${r}, lsl #3`, (a) => a.addShifted(r, 'x7', r, 3)],
    [`add ${r}, sp, #0x123`, (a) => a.addImm(r, 'sp', 0x123)],
    [`sub sp, ${r}, #0x123`, (a) => a.subImm('sp', r, 0x123)],
    [`subs x10, ${r}, x6`, (a) => a.subs('x10', r, 'x6')],
    [`subs ${r}, x10, #0x1`, (a) => a.subsImm(r, 'x10', 1)],
    [`subs xzr, ${r}, x7`, (a) => a.cmp(r, 'x7')],
    [`subs xzr, ${r}, #0xb`, (a) => a.cmpImm(r, 11)],
    [`adds xzr, ${r}, #0xfff`, (a) => a.cmpImm(r, -4095)],
    [`madd ${r}, ${r}, x9, xzr`, (a) => a.mul(r, r, 'x9')],
    [`ubfm ${r}, x9, #0, #1`, (a) => a.lowBits(r, 'x9', 2)],
    [`ubfm x9, ${r}, #16, #63`, (a) => a.shiftRight('x9', r, 16)],
    [`ldaxr ${r}, [x9]`, (a) => a.loadExclusive(r, 'x9')],
    [`stlxr ${half}, x9, [x10]`, (a) => a.storeExclusive(r, 'x9', 'x10')],
    [`orr ${r}, x9, #0x20`, (a) => a.setBit(r, 'x9', 5)],
  ];
});

testWith(objdump.aarch64.program)('objdump reads every instruction, with every register, as it was meant', () => {
  const a = new AssemblerAarch64();
  for (const [, emit] of sentences) emit(a);
  a.movImm('x3', 0x0009_0000_0005_0001n);
  a.bFar(-4096);
  const rest = ['movz x3, #0x1', 'movk x3, #0x5, lsl #16', 'movk x3, #0x9, lsl #48'];
  const here = (sentences.length + 3) * 4 - 4096;
  const far = `b 0x${BigInt.asUintN(64, BigInt(here)).toString(16)}`;
  expect(disassembled(a.assemble(), 'aarch64')).toEqual([...sentences.map(([sentence]) => sentence), ...rest, far]);
});

testWith(objdump.aarch64.program)('objdump finds every branch where its label is, forwards and backwards', () => {
  const a = new AssemblerAarch64();
  a.label('start');
  for (const [condition] of conditions) a.bCond(condition, 'end');
  a.b('start');
  a.bl('end');
  a.cbz('x5', 'start');
  a.cbnz('x6', 'end');
  a.tbz('x24', 13, 'end');
  a.tbnz('x24', 31, 'start');
  a.label('end');
  const end = `0x${a.offsetOf('end').toString(16)}`;
  expect(disassembled(a.assemble(), 'aarch64')).toEqual([
    ...conditions.map(([, name]) => `b.${name} ${end}`),
    'b 0x0',
    `bl ${end}`,
    'cbz x5, 0x0',
    `cbnz x6, ${end}`,
    `tbz w24, #13, ${end}`,
    'tbnz w24, #31, 0x0',
  ]);
});

testWith(objdump.aarch64.program)('the stub and the signal handler contain nothing that is not an instruction', () => {
  // The handler's last word is the descriptor.
  const handler = assembleHandler(7, 'aarch64').code.subarray(0, -4);
  for (const [code, last] of [
    [assembleStub('aarch64'), 'svc #0x0'],
    [handler, 'ret'],
  ] as const) {
    const lines = disassembled(code, 'aarch64');
    expect(lines.filter((line) => /undefined|\.inst|\.word/.test(line))).toEqual([]);
    expect(lines).toHaveLength(code.length / 4);
    expect(lines.at(-1)).toBe(last);
  }
});

test('a label that stands nowhere is refused, and so is what no instruction can hold', () => {
  const a = new AssemblerAarch64();
  a.b('y');
  expect(() => a.assemble()).toThrow('no label y');
  expect(() => a.load64('x0', { base: 'x1', offset: 12 })).toThrow('no load or store of 8 bytes at 12');
  expect(() => a.load64('x0', { base: 'x1', offset: -8 })).toThrow('no load or store of 8 bytes at -8');
  expect(() => a.bFar(2 ** 28)).toThrow('no branch of 268435456');
});
