import * as fs from 'node:fs';
import * as path from 'node:path';
import { build, except, probe, testWithCompiler } from './seccomp/probe.ts';
import { defaultProfiles } from './seccomp/profiles.ts';
import type { Json } from './support/json.ts';
import { isTsrunc, ok, REFERENCE, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

const box = sandbox('seccomp');

beforeAll(() => {
  if (testWithCompiler === test) build('every-syscall', path.join(box.rootfs, 'bin/every-syscall'));
});

/** A call that has no arguments of its own, so that the filter can be given any. */
const GETUID = 102;
const getuid = `${GETUID}`;

describe('actions', () => {
  const table: readonly (readonly [string, Json, string])[] = [
    ['SCMP_ACT_ALLOW', {}, 'ok'],
    ['SCMP_ACT_LOG', {}, 'ok'],
    ['SCMP_ACT_ERRNO', {}, 'errno 1'],
    ['SCMP_ACT_ERRNO', { errnoRet: 42 }, 'errno 42'],
    ['SCMP_ACT_ERRNO', { errnoRet: 0 }, 'ok'],
    ['SCMP_ACT_ERRNO', { errnoRet: 4094 }, 'errno 4094'],
    ['SCMP_ACT_TRACE', {}, 'errno 38'],
    ['SCMP_ACT_TRACE', { errnoRet: 65535 }, 'errno 38'],
    ['SCMP_ACT_TRAP', {}, 'signal 31'],
    ['SCMP_ACT_KILL', {}, 'signal 31'],
    ['SCMP_ACT_KILL_THREAD', {}, 'signal 31'],
    ['SCMP_ACT_KILL_PROCESS', {}, 'signal 31'],
  ];
  for (const [action, extra, expected] of table) {
    testWithCompiler(`${action} ${JSON.stringify(extra)} gives "${expected}"`, () => {
      const rule = { names: ['getuid', 'no_such_system_call'], action, ...(typeof extra === 'object' && extra) };
      // LOG as the default: a rule that allows would otherwise say what the default says.
      const profile = { ...except(rule), defaultAction: 'SCMP_ACT_LOG' };
      const answers = probe(box, profile, [getuid, '104']);
      expect([answers.get(getuid), answers.get('104')]).toEqual([expected, 'ok']);
    });
  }

  testWithCompiler('a default errno is given to what no rule mentions, and a newer call gets ENOSYS', () => {
    const [, list] = defaultProfiles()[0] ?? [];
    const profile = { ...list, defaultErrnoRet: 61 };
    expect(probe(box, profile, ['100', '455', '1000000'])).toEqual(
      new Map([
        ['100', 'errno 61'],
        ['455', 'errno 38'],
        ['1000000', 'errno 38'],
      ]),
    );
  });
});

describe('conditions', () => {
  const VALUE = 0x1_0000_0005n;
  const TRIED = [0n, 5n, VALUE - 1n, VALUE, VALUE + 1n, 0x2_0000_0005n, 0xffff_ffff_ffff_ffffn];
  const operators: Readonly<Record<string, (argument: bigint) => boolean>> = {
    SCMP_CMP_NE: (argument) => argument !== VALUE,
    SCMP_CMP_LT: (argument) => argument < VALUE,
    SCMP_CMP_LE: (argument) => argument <= VALUE,
    SCMP_CMP_EQ: (argument) => argument === VALUE,
    SCMP_CMP_GE: (argument) => argument >= VALUE,
    SCMP_CMP_GT: (argument) => argument > VALUE,
  };
  const errno = (args: Json[]): Json => ({ names: ['getuid'], action: 'SCMP_ACT_ERRNO', errnoRet: 77, args });
  const answersTo = (rules: Json[], calls: readonly string[]): boolean[] => {
    const answers = probe(box, except(...rules), calls);
    return calls.map((call) => answers.get(call) === 'errno 77');
  };

  for (const [op, holds] of Object.entries(operators)) {
    testWithCompiler(`${op} compares all 64 bits, without sign`, () => {
      for (const index of [0, 5]) {
        const calls = TRIED.map((argument) => `${GETUID}${',0'.repeat(index)},${argument}`);
        expect(answersTo([errno([{ index, value: VALUE, op }])], calls)).toEqual(TRIED.map(holds));
      }
    });
  }

  testWithCompiler('the largest value is compared exactly', () => {
    const value = 0xffff_ffff_ffff_ffffn;
    const calls = [`${GETUID},${value}`, `${GETUID},${value - 1n}`];
    expect(answersTo([errno([{ index: 0, value, op: 'SCMP_CMP_EQ' }])], calls)).toEqual([true, false]);
  });

  testWithCompiler('SCMP_CMP_MASKED_EQ compares what its mask leaves', () => {
    const args = [
      { index: 1, value: 0xff00_0000_0000_00f0n, valueTwo: 0x1200_0000_0000_0030n, op: 'SCMP_CMP_MASKED_EQ' },
    ];
    const calls = ['0x12ffffffffffff3f', '0x1200000000000030', '0x1300000000000030', '0x1200000000000040'].map(
      (argument) => `${GETUID},0,${argument}`,
    );
    expect(answersTo([errno(args)], calls)).toEqual([true, true, false, false]);
  });

  const calls = ['1,2', '1,0', '0,2', '0,0', '3,2'].map((args) => `${GETUID},${args}`);
  const equal = (index: number, value: number) => ({ index, value, op: 'SCMP_CMP_EQ' });
  testWithCompiler('conditions on different arguments must all hold', () => {
    expect(answersTo([errno([equal(0, 1), equal(1, 2)])], calls)).toEqual([true, false, false, false, false]);
  });

  testWithCompiler('conditions on one argument are alternatives, and so are then all of the rule', () => {
    expect(answersTo([errno([equal(0, 1), equal(0, 3)])], calls)).toEqual([true, true, false, false, true]);
    expect(answersTo([errno([equal(0, 1), equal(0, 3), equal(1, 2)])], calls)).toEqual([true, true, true, false, true]);
  });
});

describe('like runc', () => {
  const everywhere = ['0-470', 'i386:20', 'i386:24', 'i386:450', 'i386:1000', '0x40000027', '0x40000200', '0x400003e8'];
  for (const [name, profile] of defaultProfiles()) {
    for (const noNewPrivileges of [true, false]) {
      const tested = REFERENCE === undefined ? test.skip : testWithCompiler;
      tested(`every system call under ${name}, ${noNewPrivileges ? 'with' : 'without'} no_new_privs`, () => {
        const ours = probe(box, profile, everywhere, { noNewPrivileges });
        const theirs = probe(box, profile, everywhere, { noNewPrivileges, runtime: REFERENCE ?? '' });
        expect(ours.size).toBe(478);
        expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
      });
    }
  }

  testWithCompiler('calls of an architecture that the profile does not list kill', () => {
    const [x32, x86_64] = ['0x40000027', '39'];
    const rule = { names: ['ptrace'], action: 'SCMP_ACT_ERRNO' };
    const listed = { ...except(rule), architectures: ['SCMP_ARCH_X32'] };
    expect([...probe(box, except(rule), [x32, x86_64]).values()]).toEqual(['signal 31', 'ok']);
    expect([...probe(box, listed, [x32, x86_64]).values()]).toEqual(['errno 38', 'ok']);
  });
});

describe('privileges', () => {
  const script = 'grep -E "^(Cap|NoNew|Seccomp:|Uid|Groups)" /proc/self/status';
  for (const uid of [0, 1000]) {
    for (const noNewPrivileges of [true, false]) {
      test(`a filter changes no capability of uid ${uid}, ${noNewPrivileges ? 'with' : 'without'} no_new_privs`, () => {
        const patch = {
          '/process/noNewPrivileges': noNewPrivileges,
          '/process/user/uid': uid,
          '/process/capabilities/inheritable': ['CAP_KILL'],
          '/process/capabilities/ambient': ['CAP_KILL'],
        };
        const seccomp = { ...except({ names: ['ptrace'], action: 'SCMP_ACT_ERRNO' }) };
        const without = ok(box.run({ script, patch })).stdout;
        const under = ok(box.run({ script, patch: { ...patch, '/linux/seccomp': seccomp } })).stdout;
        expect(under).toBe(without.replace(/Seccomp:\t0/, 'Seccomp:\t2'));
        expect(under).not.toBe(without);
      });

      testTsrunc(`a profile need not allow what the runtime does for uid ${uid}, nnp ${noNewPrivileges}`, () => {
        const names = [
          'execve',
          'write',
          'exit_group',
          'arch_prctl',
          'brk',
          'set_tid_address',
          'set_robust_list',
          'rseq',
        ];
        const more = [
          'prlimit64',
          'readlinkat',
          'readlink',
          'getrandom',
          'mprotect',
          'mmap',
          'getuid',
          'prctl',
          'setuid',
          'setgid',
          'getgid',
        ];
        const patch = {
          '/process/args': ['echo', 'here'],
          '/process/noNewPrivileges': noNewPrivileges,
          '/process/user/uid': uid,
          '/linux/seccomp': {
            defaultAction: 'SCMP_ACT_ERRNO',
            syscalls: [{ names: [...names, ...more], action: 'SCMP_ACT_ALLOW' }],
          },
        };
        expect(ok(box.run({ patch })).stdout).toBe('here\n');
      });
    }
  }
});

describe('a start that the profile forbids', () => {
  const forbidding = (name: string, action: string, extra: { [key: string]: Json } = {}): Json => ({
    ...except({ names: [name], action, ...extra }),
  });
  const failing: readonly (readonly [string, Json, RegExp])[] = [
    [
      'execve with EPERM',
      forbidding('execve', 'SCMP_ACT_ERRNO'),
      /operation not permitted.*seccomp profile denies execve/,
    ],
    ['execve with ENOENT', forbidding('execve', 'SCMP_ACT_ERRNO', { errnoRet: 2 }), /denies execve with ENOENT/],
    ['execve by a tracer', forbidding('execve', 'SCMP_ACT_TRACE'), /leaves execve to a tracer/],
    ['execve by a signal', forbidding('execve', 'SCMP_ACT_TRAP'), /died.*answers execve with TRAP/],
    ['execve by death', forbidding('execve', 'SCMP_ACT_KILL_PROCESS'), /died.*answers execve with KILL_PROCESS/],
  ];
  for (const noNewPrivileges of [true, false]) {
    for (const [name, profile, says] of failing) {
      testTsrunc(`${name}: start says so, nnp ${noNewPrivileges}`, () => {
        const patch = { '/linux/seccomp': profile, '/process/noNewPrivileges': noNewPrivileges };
        const container = box.create({ patch });
        refused(container.call(['start', container.id], { timeout: 10 }), says);
        expect(container.state().status).toBe('stopped');
        container.delete();
      });
    }
  }

  for (const action of ['SCMP_ACT_ERRNO', 'SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_TRAP', 'SCMP_ACT_TRACE']) {
    testTsrunc(`write by ${action}, and a program that cannot be executed: start fails, and names write`, () => {
      const bundle = box.bundle({
        ownRootfs: true,
        patch: { '/process/args': ['/broken'], '/linux/seccomp': forbidding('write', action) },
      });
      fs.writeFileSync(path.join(bundle, 'rootfs/broken'), '\x7fnothing', { mode: 0o755 });
      const container = box.create({ bundle });
      refused(container.call(['start', container.id], { timeout: 10 }), /died.*seccomp profile answers write with/);
      container.delete();
    });
  }

  test('programs run under profiles that deny what a runtime would answer by', () => {
    const syscalls = [{ names: ['write', 'sendto', 'sendmsg', 'read', 'recvfrom'], action: 'SCMP_ACT_ERRNO' }];
    const patch = { '/process/args': ['true'], '/linux/seccomp': { ...except(...syscalls) } };
    ok(box.run({ patch }));
  });
});

describe('startContainer hooks', () => {
  for (const noNewPrivileges of [true, false]) {
    test(`run under the filter that the program gets, nnp ${noNewPrivileges}`, () => {
      const denied = ['prctl', 'setgroups', 'setresuid', 'setresgid', 'capset', 'close_range', 'chdir', 'clone3'];
      const bundle = box.bundle({
        ownRootfs: true,
        patch: {
          '/root/readonly': false,
          '/process/args': ['cat', '/hook'],
          '/process/noNewPrivileges': noNewPrivileges,
          '/linux/seccomp': { ...except({ names: isTsrunc ? denied : ['ptrace'], action: 'SCMP_ACT_ERRNO' }) },
          '/hooks/startContainer': [
            { path: '/bin/sh', args: ['sh', '-c', 'grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status > /hook'] },
          ],
        },
      });
      expect(ok(box.run({ bundle })).stdout).toBe(`NoNewPrivs:\t${Number(noNewPrivileges)}\nSeccomp:\t2\n`);
    });
  }
});

describe('what is refused at create', () => {
  const rule = (extra: { [key: string]: Json }): Json => ({
    ...except({ names: ['getuid'], action: 'SCMP_ACT_ERRNO', ...extra }),
  });
  const refusals: readonly (readonly [string, Json, RegExp])[] = [
    ['an errno that no error has', rule({ errnoRet: 4095 }), /syscalls\/0\/errnoRet.*at most 4094/],
    ['an errno for what gives none', rule({ action: 'SCMP_ACT_KILL', errnoRet: 1 }), /syscalls\/0\/errnoRet/],
    ['an argument that no call has', rule({ args: [{ index: 6, value: 0, op: 'SCMP_CMP_EQ' }] }), /args\/0\/index/],
    [
      'two actions for one case',
      {
        ...except(
          { names: ['getuid'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
          { names: ['getuid'], action: 'SCMP_ACT_KILL', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
        ),
      },
      /syscalls\/1.*getuid.*an earlier rule gives the same call another action/,
    ],
    ['notification without an agent', rule({ action: 'SCMP_ACT_NOTIFY' }), /listenerPath is not set/],
    [
      'notification of write',
      { ...except({ names: ['write'], action: 'SCMP_ACT_NOTIFY' }), listenerPath: '/a' },
      /write syscall/,
    ],
    [
      'WAIT_KILLABLE_RECV alone',
      { ...except(), flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] },
      /flags\/0.*SCMP_ACT_NOTIFY/,
    ],
    ['a foreign byte order', { ...except(), architectures: ['SCMP_ARCH_MIPS'] }, /its byte order is not that of this/],
    [
      'more rules than the kernel takes',
      endless(),
      /needs \d+ BPF instructions, .*\(fewer architectures or conditions/,
    ],
  ];
  for (const [name, profile, says] of refusals) {
    testTsrunc(`${name}`, () => {
      const { id, created } = box.tryCreate({ patch: { '/linux/seccomp': profile } });
      refused(created, says);
      expect(box.containers()).not.toContain(id);
    });
  }
});

/** Each condition on a 64-bit value takes four instructions or more. */
function endless(): Json {
  const values = Array.from({ length: 1200 }, (_, i) => i * 0x1_0000_0001);
  const rules = values.map((value) => ({
    names: ['lseek'],
    action: 'SCMP_ACT_ERRNO',
    args: [{ index: 1, value, op: 'SCMP_CMP_EQ' }],
  }));
  return { ...except(...rules) };
}

describe('the cache', () => {
  testTsrunc('holds the program of a profile, for root alone, and is no container', () => {
    const patch = {
      '/process/args': ['true'],
      '/linux/seccomp': { ...except({ names: ['ptrace'], action: 'SCMP_ACT_KILL' }) },
    };
    ok(box.run({ patch }));
    const directory = path.join(box.root, '.cache:seccomp');
    const files = fs.readdirSync(directory);
    expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
    expect(files.map((file) => fs.statSync(path.join(directory, file)).mode & 0o777)).toEqual(files.map(() => 0o600));
    const before = files.map((file) => fs.statSync(path.join(directory, file)).ino);
    ok(box.run({ patch }));
    expect(files.map((file) => fs.statSync(path.join(directory, file)).ino)).toEqual(before);
    expect(ok(box.runtime(['list', '--quiet'])).stdout).toBe('');
  });

  testTsrunc('that is damaged, or in the way, is as good as none', () => {
    const seccomp = { ...except({ names: ['ptrace'], action: 'SCMP_ACT_KILL_THREAD' }) };
    const directory = path.join(box.root, '.cache:seccomp');
    const script = 'grep Seccomp: /proc/self/status';
    const run = () => ok(box.run({ script, patch: { '/linux/seccomp': seccomp } })).stdout;
    expect(run()).toBe('Seccomp:\t2\n');
    for (const file of fs.readdirSync(directory)) fs.truncateSync(path.join(directory, file), 100);
    expect(run()).toBe('Seccomp:\t2\n');
    fs.rmSync(directory, { recursive: true });
    fs.writeFileSync(directory, '');
    expect(run()).toBe('Seccomp:\t2\n');
    fs.rmSync(directory);
  });

  testTsrunc('is not needed between create and start', async () => {
    const patch = { '/linux/seccomp': { ...except({ names: ['ptrace'], action: 'SCMP_ACT_KILL' }) } };
    const container = box.create({ script: 'grep Seccomp: /proc/self/status', patch });
    fs.rmSync(path.join(box.root, '.cache:seccomp'), { recursive: true });
    container.start();
    expect(await container.stopped()).toBe('Seccomp:\t2\n');
  });
});
