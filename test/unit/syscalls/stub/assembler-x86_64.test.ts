import { assembleHandler } from '../../../../src/syscalls/signal-handler.ts';
import { AssemblerX86, type Condition, type Register } from '../../../../src/syscalls/stub/assembler-x86_64.ts';
import { assembleStub } from '../../../../src/syscalls/stub/program.ts';
import { testWith } from '../tools.ts';
import { disassembled, hex, objdump } from './disassembly.ts';

type Emit = (a: AssemblerX86) => void;

/** Encodings worked out from the manual's tables: opcode, ModRM, displacement. */
const fixed: readonly (readonly [string, Emit])[] = [
  ['b8 01 00 00 00', (a) => a.movImm('rax', 1)],
  ['41 b8 01 00 00 00', (a) => a.movImm('r8', 1)],
  ['49 c7 c0 ff ff ff ff', (a) => a.movSigned('r8', -1)],
  ['48 89 ef', (a) => a.mov('rdi', 'rbp')],
  ['48 8b 85 08 00 00 00', (a) => a.load64('rax', { base: 'rbp', offset: 8 })],
  ['4d 8b 94 24 18 00 00 00', (a) => a.load64('r10', { base: 'r12', offset: 24 })],
  ['48 8b b4 24 10 00 00 00', (a) => a.load64('rsi', { base: 'rsp', offset: 16 })],
  ['4d 8b bd 00 00 00 00', (a) => a.load64('r15', { base: 'r13', offset: 0 })],
  ['44 8b a5 08 00 00 00', (a) => a.load32('r12', { base: 'rbp', offset: 8 })],
  ['8b 3d 01 00 00 00 c3 02 00 00 00', (a) => [a.load32At('rdi', 'data'), a.ret(), a.label('data'), a.data32(2)]],
  ['44 8b 05 00 00 00 00', (a) => [a.load32At('r8', 'next'), a.label('next')]],
  ['4d 63 92 00 00 00 00', (a) => a.load32Signed('r10', { base: 'r10', offset: 0 })],
  ['0f b6 86 00 00 00 00', (a) => a.load8('rax', { base: 'rsi', offset: 0 })],
  ['49 89 86 00 00 00 00', (a) => a.store64({ base: 'r14', offset: 0 }, 'rax')],
  ['89 b7 fc ff ff ff', (a) => a.store32({ base: 'rdi', offset: -4 }, 'rsi')],
  ['48 8d b5 20 00 00 00', (a) => a.lea('rsi', { base: 'rbp', offset: 32 })],
  ['48 01 c6', (a) => a.add('rsi', 'rax')],
  ['48 29 c2', (a) => a.sub('rdx', 'rax')],
  ['45 31 c9', (a) => a.clear('r9')],
  ['49 81 c6 08 00 00 00', (a) => a.addImm('r14', 8)],
  ['49 81 ed 01 00 00 00', (a) => a.subImm('r13', 1)],
  ['48 81 e0 03 00 00 00', (a) => a.andImm('rax', 3)],
  ['48 81 f8 fc ff ff ff', (a) => a.cmpImm('rax', -4)],
  ['48 39 e8', (a) => a.cmp('rax', 'rbp')],
  ['4d 69 db 0a 00 00 00', (a) => a.imulImm('r11', 10)],
  ['48 85 d2', (a) => a.test('rdx', 'rdx')],
  ['41 f7 c7 08 00 00 00', (a) => a.testImm('r15', 8)],
  ['41 c1 ef 02', (a) => a.shr32('r15', 2)],
  ['57', (a) => a.push('rdi')],
  ['41 5c', (a) => a.pop('r12')],
  ['c3', (a) => a.ret()],
  ['0f 05', (a) => a.syscall()],
  ['0f 0b', (a) => a.trap()],
  ['e9 fb ff ff ff', (a) => [a.label('here'), a.jmp('here')]],
  ['e8 00 00 00 00', (a) => [a.call('next'), a.label('next')]],
  ['0f 8d 01 00 00 00 c3', (a) => [a.j('ge', 'over'), a.ret(), a.label('over')]],
];

test.each(fixed)('%s', (bytes, emit) => {
  const a = new AssemblerX86();
  emit(a);
  expect(hex(a.assemble())).toBe(bytes);
});

/** Names of the 64-bit registers and of their lower halves, as objdump writes them. */
const halves: Readonly<Record<Register, string>> = {
  ...{ rax: 'eax', rcx: 'ecx', rdx: 'edx', rbx: 'ebx', rsp: 'esp', rbp: 'ebp', rsi: 'esi', rdi: 'edi' },
  ...{ r8: 'r8d', r9: 'r9d', r10: 'r10d', r11: 'r11d', r12: 'r12d', r13: 'r13d', r14: 'r14d', r15: 'r15d' },
};
const registers = Object.keys(halves).filter((name): name is Register => name in halves);
const conditions: readonly Condition[] = ['e', 'ne', 'b', 'ae', 'be', 'a', 'l', 'ge', 'le', 'g'];

/** Every method, over every register, and what it must read as. */
const sentences: [string, Emit][] = registers.flatMap((r): [string, Emit][] => {
  const half = halves[r];
  const at = { base: r, offset: 0x18 };
  const below = { base: r, offset: -8 };
  return [
    [`mov ${half},0x12345678`, (a) => a.movImm(r, 0x12345678)],
    [`mov ${r},0xffffffffffffffff`, (a) => a.movSigned(r, -1)],
    [`mov ${r},r9`, (a) => a.mov(r, 'r9')],
    [`mov rbx,${r}`, (a) => a.mov('rbx', r)],
    [`mov r11,QWORD PTR [${r}+0x18]`, (a) => a.load64('r11', at)],
    [`mov ${r},QWORD PTR [rbp-0x8]`, (a) => a.load64(r, { base: 'rbp', offset: -8 })],
    [`mov edx,DWORD PTR [${r}-0x8]`, (a) => a.load32('rdx', below)],
    [`movsxd ${r},DWORD PTR [r12+0x18]`, (a) => a.load32Signed(r, { base: 'r12', offset: 0x18 })],
    [`movzx ${half},BYTE PTR [rsp+0x18]`, (a) => a.load8(r, { base: 'rsp', offset: 0x18 })],
    [`mov QWORD PTR [${r}+0x18],r14`, (a) => a.store64(at, 'r14')],
    [`mov DWORD PTR [r13-0x8],${half}`, (a) => a.store32({ base: 'r13', offset: -8 }, r)],
    [`lea ${r},[${r}+0x18]`, (a) => a.lea(r, at)],
    [`add ${r},rsi`, (a) => a.add(r, 'rsi')],
    [`sub r10,${r}`, (a) => a.sub('r10', r)],
    [`xor ${half},${half}`, (a) => a.clear(r)],
    [`add ${r},0x12345`, (a) => a.addImm(r, 0x12345)],
    [`sub ${r},0x12345`, (a) => a.subImm(r, 0x12345)],
    [`and ${r},0x12345`, (a) => a.andImm(r, 0x12345)],
    [`cmp ${r},0xfffffffffffff001`, (a) => a.cmpImm(r, -4095)],
    [`cmp ${r},rdi`, (a) => a.cmp(r, 'rdi')],
    [`imul ${r},${r},0xa`, (a) => a.imulImm(r, 10)],
    [`test ${r},r8`, (a) => a.test(r, 'r8')],
    [`test ${half},0x12345`, (a) => a.testImm(r, 0x12345)],
    [`shr ${half},0x4`, (a) => a.shr32(r, 4)],
    [`lock cmpxchg QWORD PTR [${r}+0x18],rcx`, (a) => a.lockCompareExchange(at, 'rcx')],
    [`push ${r}`, (a) => a.push(r)],
    [`pop ${r}`, (a) => a.pop(r)],
  ];
});

testWith(objdump.x86_64.program)('objdump reads every instruction, with every register, as it was meant', () => {
  const a = new AssemblerX86();
  for (const [, emit] of sentences) emit(a);
  a.syscall();
  a.ret();
  expect(disassembled(a.assemble(), 'x86_64')).toEqual([...sentences.map(([sentence]) => sentence), 'syscall', 'ret']);
});

testWith(objdump.x86_64.program)('objdump finds every jump where its label is, forwards and backwards', () => {
  const a = new AssemblerX86();
  a.label('start');
  for (const condition of conditions) a.j(condition, 'end');
  a.jmp('start');
  a.call('end');
  a.label('end');
  const end = `0x${a.offsetOf('end').toString(16)}`;
  expect(disassembled(a.assemble(), 'x86_64')).toEqual([
    ...conditions.map((condition) => `j${condition} ${end}`),
    'jmp 0x0',
    `call ${end}`,
  ]);
});

testWith(objdump.x86_64.program)('the stub and the signal handler contain nothing that is not an instruction', () => {
  // The handler's last word is the descriptor.
  const handler = assembleHandler(7, 'x86_64').code.subarray(0, -4);
  for (const [code, last] of [
    [assembleStub('x86_64'), 'syscall'],
    [handler, 'ret'],
  ] as const) {
    const lines = disassembled(code, 'x86_64');
    expect(lines.filter((line) => /bad|\.byte/.test(line))).toEqual([]);
    expect(lines.at(-1)).toBe(last);
  }
});

test('a label that stands twice or nowhere is refused', () => {
  const a = new AssemblerX86();
  a.label('x');
  expect(() => a.label('x')).toThrow('label x stands twice');
  a.jmp('y');
  expect(() => a.assemble()).toThrow('no label y');
});
