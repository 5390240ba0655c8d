import { report } from '../../../../src/libcontainer/errors.ts';
import { judge, sockFilter, type Verdict } from '../../../../src/libcontainer/seccomp/bpf.ts';
import { Libseccomp } from '../../../../src/libcontainer/seccomp/libseccomp.ts';
import type { Seccomp, SeccompArg, SeccompRule } from '../../../../src/spec/config-linux.ts';
import { SECCOMP_ACTIONS, type SeccompOperator } from '../../../../src/spec/vocabulary.ts';
import { random } from '../../spec/helpers.ts';
import { engine, local } from '../../syscalls/support.ts';
import { compiled, I386, library, quiet, testWithLibrary, X32_BIT, X86_64 } from './support.ts';

const GETUID = 102;

function allowAllBut(...syscalls: SeccompRule[]): Seccomp {
  return { defaultAction: 'SCMP_ACT_ALLOW', syscalls };
}

function verdict(program: Uint8Array, nr = GETUID, args: readonly bigint[] = [], arch = X86_64): Verdict | undefined {
  return judge(program, { nr, arch, args });
}

const expected: Readonly<Record<string, string>> = {
  SCMP_ACT_KILL: 'SECCOMP_RET_KILL_THREAD 0',
  SCMP_ACT_KILL_PROCESS: 'SECCOMP_RET_KILL_PROCESS 0',
  SCMP_ACT_KILL_THREAD: 'SECCOMP_RET_KILL_THREAD 0',
  SCMP_ACT_TRAP: 'SECCOMP_RET_TRAP 0',
  SCMP_ACT_ERRNO: 'SECCOMP_RET_ERRNO 1',
  SCMP_ACT_TRACE: 'SECCOMP_RET_TRACE 1',
  SCMP_ACT_ALLOW: 'SECCOMP_RET_ALLOW 0',
  SCMP_ACT_LOG: 'SECCOMP_RET_LOG 0',
  SCMP_ACT_NOTIFY: 'SECCOMP_RET_USER_NOTIF 0',
};
for (const action of SECCOMP_ACTIONS) {
  testWithLibrary(`${action} is ${expected[action]}, as a rule and as the default`, () => {
    const words = (answer: Verdict | undefined) => `${answer?.action} ${answer?.data}`;
    const other = action === 'SCMP_ACT_ALLOW' ? 'SCMP_ACT_LOG' : 'SCMP_ACT_ALLOW';
    const byRule = compiled({ defaultAction: other, syscalls: [{ names: ['getuid'], action }] });
    expect(words(verdict(byRule))).toBe(expected[action]);
    if (action === 'SCMP_ACT_NOTIFY') return;
    const byDefault = compiled({ defaultAction: action, syscalls: [{ names: ['getpid', 'clone3'], action: other }] });
    expect(words(verdict(byDefault))).toBe(expected[action]);
  });
}

testWithLibrary('errnoRet is the errno of ERRNO and the message of TRACE', () => {
  const errno = compiled(allowAllBut({ names: ['getuid'], action: 'SCMP_ACT_ERRNO', errnoRet: 1234 }));
  expect(verdict(errno)).toEqual({ action: 'SECCOMP_RET_ERRNO', data: 1234 });
  const trace = compiled(allowAllBut({ names: ['getuid'], action: 'SCMP_ACT_TRACE', errnoRet: 65535 }));
  expect(verdict(trace)).toEqual({ action: 'SECCOMP_RET_TRACE', data: 65535 });
  const byDefault = compiled({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 99, syscalls: [] });
  expect(verdict(byDefault)).toEqual({ action: 'SECCOMP_RET_ERRNO', data: 99 });
});

const holds: Readonly<Record<SeccompOperator, (argument: bigint, value: bigint, valueTwo: bigint) => boolean>> = {
  SCMP_CMP_NE: (argument, value) => argument !== value,
  SCMP_CMP_LT: (argument, value) => argument < value,
  SCMP_CMP_LE: (argument, value) => argument <= value,
  SCMP_CMP_EQ: (argument, value) => argument === value,
  SCMP_CMP_GE: (argument, value) => argument >= value,
  SCMP_CMP_GT: (argument, value) => argument > value,
  SCMP_CMP_MASKED_EQ: (argument, value, valueTwo) => (argument & value) === valueTwo,
};
const OPERATORS = Object.keys(holds) as SeccompOperator[];

/** Values whose halves meet in all ways. */
const HALVES = [0n, 1n, 5n, 0x7fffffffn, 0x80000000n, 0xffffffffn];
const VALUES = HALVES.flatMap((high) => HALVES.map((low) => (high << 32n) | low));

for (const op of OPERATORS) {
  testWithLibrary(`${op} is right for every pair of halves`, () => {
    const pick = random(7);
    for (const value of [0n, 5n, 0x1_0000_0005n, 0x8000_0000_7fff_ffffn, 0xffff_ffff_ffff_ffffn]) {
      const valueTwo = op === 'SCMP_CMP_MASKED_EQ' ? (VALUES[pick(VALUES.length)] ?? 0n) & value : 0n;
      const rule: SeccompRule = {
        names: ['getuid'],
        action: 'SCMP_ACT_KILL',
        args: [{ index: 2, value, valueTwo, op }],
      };
      const program = compiled(allowAllBut(rule));
      const killed = VALUES.map(
        (argument) => verdict(program, GETUID, [0n, 0n, argument])?.action !== 'SECCOMP_RET_ALLOW',
      );
      expect(killed).toEqual(VALUES.map((argument) => holds[op](argument, value, valueTwo)));
    }
  });
}

testWithLibrary('random conditions on different arguments all have to hold', () => {
  const pick = random(11);
  const value = () => VALUES[pick(VALUES.length)] ?? 0n;
  for (let round = 0; round < 60; round++) {
    const indexes = [0, 1, 2, 3, 4, 5].filter(() => pick(2) === 0);
    const args: SeccompArg[] = indexes.map((index) => {
      const mask = value();
      return { index, op: OPERATORS[pick(OPERATORS.length)] ?? 'SCMP_CMP_EQ', value: mask, valueTwo: value() & mask };
    });
    const program = compiled(allowAllBut({ names: ['getuid'], action: 'SCMP_ACT_KILL', args }));
    for (let call = 0; call < 20; call++) {
      const given = [0, 1, 2, 3, 4, 5].map((index) =>
        pick(2) ? BigInt(args.find((arg) => arg.index === index)?.value ?? 0) : value(),
      );
      const all = args.every(({ index, op, value: v, valueTwo = 0 }) =>
        holds[op](given[index] ?? 0n, BigInt(v), BigInt(valueTwo)),
      );
      expect([args, given, verdict(program, GETUID, given)?.action === 'SECCOMP_RET_KILL_THREAD']).toEqual([
        args,
        given,
        all,
      ]);
    }
  }
});

testWithLibrary('two conditions on one argument make alternatives of all conditions of the rule', () => {
  const equal = (index: number, value: number): SeccompArg => ({ index, value, op: 'SCMP_CMP_EQ' });
  const rule: SeccompRule = {
    names: ['getuid'],
    action: 'SCMP_ACT_KILL',
    args: [equal(0, 1), equal(0, 2), equal(3, 9)],
  };
  const program = compiled(allowAllBut(rule));
  const killed = [[1n], [2n], [3n], [0n, 0n, 0n, 9n]].map((args) => verdict(program, GETUID, args)?.action);
  expect(killed).toEqual([
    'SECCOMP_RET_KILL_THREAD',
    'SECCOMP_RET_KILL_THREAD',
    'SECCOMP_RET_ALLOW',
    'SECCOMP_RET_KILL_THREAD',
  ]);
});

testWithLibrary('names that nobody knows are left out, and said in the log', () => {
  const lines: string[] = [];
  const names = ['getuid', 'no_such_call', 'x'.repeat(5000), 'get\0pid', ''];
  const program = compiled(allowAllBut({ names, action: 'SCMP_ACT_KILL' }), {
    ...quiet,
    debug: (line: string) => void lines.push(line),
  });
  expect(verdict(program)?.action).toBe('SECCOMP_RET_KILL_THREAD');
  expect(verdict(program, 39)?.action).toBe('SECCOMP_RET_ALLOW');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('knows no call "no_such_call", "xxx');
  expect(lines[0]).toContain('"get\\u0000pid", ""');
});

testWithLibrary('a rule that says what the default says is left out, another errno is not', () => {
  const errno = (errnoRet: number): SeccompRule => ({ names: ['getuid'], action: 'SCMP_ACT_ERRNO', errnoRet });
  const profile = (rule: SeccompRule): Seccomp => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 38,
    syscalls: [rule],
  });
  expect(verdict(compiled(profile(errno(38))))?.data).toBe(38);
  expect(verdict(compiled(profile(errno(1))))?.data).toBe(1);
});

describe('calls newer than the profile', () => {
  const names = ['read', 'getuid', 'openat2'];
  const newest = 437;
  const profile = (defaultAction: Seccomp['defaultAction'], more: Partial<Seccomp> = {}): Seccomp => ({
    defaultAction,
    syscalls: [{ names, action: defaultAction === 'SCMP_ACT_ALLOW' ? 'SCMP_ACT_KILL' : 'SCMP_ACT_ALLOW' }],
    ...more,
  });
  const newer = (what: Seccomp) =>
    `${verdict(compiled(what), newest + 1)?.action} ${verdict(compiled(what), newest + 1)?.data}`;

  testWithLibrary('fail with ENOSYS where the default denies', () => {
    for (const action of ['SCMP_ACT_ERRNO', 'SCMP_ACT_KILL', 'SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_TRAP'] as const) {
      expect([action, newer(profile(action))]).toEqual([action, 'SECCOMP_RET_ERRNO 38']);
      expect(verdict(compiled(profile(action)), newest)?.action).toBe('SECCOMP_RET_ALLOW');
    }
    expect(newer(profile('SCMP_ACT_ERRNO', { defaultErrnoRet: 1 }))).toBe('SECCOMP_RET_ERRNO 38');
  });

  testWithLibrary('get the default where that lets them pass or asks a tracer', () => {
    expect(newer(profile('SCMP_ACT_ALLOW'))).toBe('SECCOMP_RET_ALLOW 0');
    expect(newer(profile('SCMP_ACT_LOG'))).toBe('SECCOMP_RET_LOG 0');
    expect(newer(profile('SCMP_ACT_TRACE'))).toBe('SECCOMP_RET_TRACE 1');
  });

  testWithLibrary('are counted for each architecture', () => {
    const architectures = ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] as const;
    const program = compiled(profile('SCMP_ACT_KILL_PROCESS', { architectures }));
    const answers = [
      [X86_64, 438],
      [X86_64, X32_BIT + 438],
      [X86_64, X32_BIT + 437],
      [I386, 438],
      [I386, 437],
    ].map(([arch = 0, nr = 0]) => verdict(program, nr, [], arch)?.action);
    const [enosys, allow] = ['SECCOMP_RET_ERRNO', 'SECCOMP_RET_ALLOW'];
    expect(answers).toEqual([enosys, enosys, allow, enosys, allow]);
  });
});

testWithLibrary('the tree that long profiles get answers as the list does', () => {
  const names = Array.from({ length: 200 }, (_, nr) => nr).flatMap((nr) => known[nr] ?? []);
  const long = compiled({ defaultAction: 'SCMP_ACT_TRACE', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] });
  const short = names.map((name) =>
    compiled({ defaultAction: 'SCMP_ACT_TRACE', syscalls: [{ names: [name], action: 'SCMP_ACT_ALLOW' }] }),
  );
  expect(names.length).toBeGreaterThan(32);
  for (let nr = 0; nr < 220; nr++) {
    const allowed = short.some((program) => verdict(program, nr)?.action === 'SECCOMP_RET_ALLOW');
    expect([nr, verdict(long, nr)?.action]).toEqual([nr, allowed ? 'SECCOMP_RET_ALLOW' : 'SECCOMP_RET_TRACE']);
  }
});
const known = [
  'read',
  'write',
  'open',
  'close',
  'stat',
  'fstat',
  'lstat',
  'poll',
  'lseek',
  'mmap',
  'mprotect',
  'munmap',
  'brk',
  'ioctl',
  'pread64',
  'pwrite64',
  'readv',
  'writev',
  'access',
  'pipe',
  'select',
  'dup',
  'dup2',
  'pause',
  'nanosleep',
  'alarm',
  'getpid',
  'sendfile',
  'socket',
  'connect',
  'accept',
  'sendto',
  'recvfrom',
  'sendmsg',
  'recvmsg',
  'shutdown',
  'bind',
  'listen',
  'fork',
  'vfork',
];

testWithLibrary('an architecture that is not listed kills', () => {
  const program = compiled(allowAllBut({ names: ['getuid'], action: 'SCMP_ACT_LOG' }));
  expect(verdict(program, 1, [], I386)?.action).toBe('SECCOMP_RET_KILL_THREAD');
  expect(verdict(program, X32_BIT + 1)?.action).toBe('SECCOMP_RET_KILL_THREAD');
});

testWithLibrary('what libseccomp refuses is blamed on the rule', () => {
  const rule = (action: SeccompRule['action']): SeccompRule => ({
    names: ['getuid'],
    action,
    args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }],
  });
  const fails = () => compiled(allowAllBut(rule('SCMP_ACT_KILL'), rule('SCMP_ACT_TRAP')));
  expect(fails).toThrow('libseccomp refuses the rule for getuid');
  expect(pointerOf(fails)).toBe('/linux/seccomp/syscalls/1');
  expect(pointerOf(() => compiled({ ...allowAllBut(), architectures: ['SCMP_ARCH_MIPS'] }))).toBe(
    '/linux/seccomp/architectures',
  );
});

testWithLibrary('a program longer than the kernel takes is refused in words', () => {
  const args = (value: number): SeccompArg[] =>
    [0, 1, 2, 3, 4, 5].map((index) => ({ index, value: value + index, op: 'SCMP_CMP_EQ' }));
  const syscalls = Array.from(
    { length: 500 },
    (_, i): SeccompRule => ({ names: ['getuid'], action: 'SCMP_ACT_KILL', args: args(i * 10) }),
  );
  expect(() => compiled(allowAllBut(...syscalls))).toThrow(/needs \d+ BPF instructions, and the kernel takes 4096/);
});

testWithLibrary('the library tells its version and its file', () => {
  expect(library?.version).toMatch(/^2\.\d+\.\d+$/);
  expect(library?.file).toMatch(/^\/.*libseccomp\.so/);
  expect(compiled(allowAllBut()).length % sockFilter.size).toBe(0);
});

test('a machine without the library is told which package to install', () => {
  const without = {
    ...engine,
    native: () => ({
      map: engine.native().map,
      call: () => {
        throw new Error('cannot open shared object file');
      },
    }),
  };
  expect(Libseccomp.find(without, local)).toBeUndefined();
  try {
    Libseccomp.load(without, local);
    throw new Error('it was loaded');
  } catch (error) {
    expect(report(error).message).toBe(
      'libseccomp.so.2 is not installed (the package is called libseccomp2 or libseccomp)',
    );
  }
});

function pointerOf(fails: () => unknown): string | undefined {
  try {
    fails();
  } catch (error) {
    return report(error).pointer;
  }
  return undefined;
}
