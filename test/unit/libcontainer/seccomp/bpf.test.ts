import { assemble, type Instruction, judge } from '../../../../src/libcontainer/seccomp/bpf.ts';
import { X86_64 } from './support.ts';

const ALLOW = 0x7fff0000;
const ERRNO = 0x50000;

function answer(instructions: readonly Instruction[], args: readonly bigint[] = [], nr = 1) {
  return judge(assemble(instructions), { nr, arch: X86_64, args });
}

test('an instruction is a struct sock_filter: 16 bits, two jumps, 32 bits', () => {
  const bytes = assemble([{ code: 'jge', jt: 1, jf: 255, k: 0x87654321 }]);
  expect([...bytes]).toEqual([0x35, 0, 1, 255, 0x21, 0x43, 0x65, 0x87]);
});

test('a program sees number, architecture, and the halves of each argument', () => {
  const returned = (offset: number) =>
    answer(
      [
        { code: 'ld', k: offset },
        { code: 'jeq', k: expected[offset] ?? 0, jf: 1 },
        { code: 'ret', k: ALLOW },
        { code: 'ret', k: 0 },
      ],
      [0x1122334455667788n, 0n, 0n, 0n, 0n, 0xffffffffffffffffn],
    )?.action;
  const expected: Readonly<Record<number, number>> = {
    0: 1,
    4: X86_64,
    16: 0x55667788,
    20: 0x11223344,
    56: 0xffffffff,
    60: 0xffffffff,
  };
  for (const offset of Object.keys(expected))
    expect([offset, returned(Number(offset))]).toEqual([offset, 'SECCOMP_RET_ALLOW']);
});

const comparisons: readonly (readonly [Instruction['code'], number, boolean])[] = [
  ['jeq', 7, true],
  ['jeq', 8, false],
  ['jgt', 6, true],
  ['jgt', 7, false],
  ['jge', 7, true],
  ['jge', 8, false],
  ['jset', 4, true],
  ['jset', 8, false],
];
for (const [code, k, holds] of comparisons) {
  test(`${code} ${k} ${holds ? 'holds' : 'does not hold'} of 7`, () => {
    const program: Instruction[] = [
      { code: 'ld', k: 0 },
      { code, k, jt: 0, jf: 1 },
      { code: 'ret', k: ALLOW },
      { code: 'ret', k: ERRNO + 9 },
    ];
    const expected = holds ? { action: 'SECCOMP_RET_ALLOW', data: 0 } : { action: 'SECCOMP_RET_ERRNO', data: 9 };
    expect(answer(program, [], 7)).toEqual(expected);
  });
}

test('comparisons and masks know no sign', () => {
  const program: Instruction[] = [
    { code: 'ld', k: 16 },
    { code: 'and', k: 0xf0000000 },
    { code: 'jgt', k: 0x7fffffff, jf: 1 },
    { code: 'ret', k: 0x80000000 },
    { code: 'ret', k: ALLOW },
  ];
  expect(answer(program, [0xffffffffn])?.action).toBe('SECCOMP_RET_KILL_PROCESS');
  expect(answer(program, [0x0fffffffn])?.action).toBe('SECCOMP_RET_ALLOW');
});

test('a program that ends without an answer, or has other instructions, is not judged', () => {
  expect(answer([{ code: 'ld', k: 0 }])).toBeUndefined();
  expect(
    answer([
      { code: 'ja', k: 5 },
      { code: 'ret', k: ALLOW },
    ]),
  ).toBeUndefined();
  expect(
    answer([
      { code: 'ld', k: 64 },
      { code: 'ret', k: ALLOW },
    ]),
  ).toBeUndefined();
  expect(judge(Uint8Array.of(0x87, 0, 0, 0, 0, 0, 0, 0), { nr: 0, arch: X86_64 })).toBeUndefined();
  expect(answer([{ code: 'ret', k: 0x12340000 }])).toBeUndefined();
});
