import { SyscallError } from '../../../../src/engine/errors.ts';
import { report } from '../../../../src/libcontainer/errors.ts';
import { whyDenied, whySilent } from '../../../../src/libcontainer/seccomp/explain.ts';
import { loadsAtCreate, SeccompFilter } from '../../../../src/libcontainer/seccomp/filter.ts';
import { checkProfile, filterFlags } from '../../../../src/libcontainer/seccomp/profile.ts';
import type { Seccomp, SeccompRule } from '../../../../src/spec/config-linux.ts';
import { local } from '../../syscalls/support.ts';
import { compiled, testWithLibrary } from './support.ts';

function profile(more: Partial<Seccomp> = {}, ...syscalls: SeccompRule[]): Seccomp {
  return { defaultAction: 'SCMP_ACT_ALLOW', syscalls, ...more };
}

const notify: SeccompRule = { names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' };

const flags: readonly (readonly [string, Seccomp, string[]])[] = [
  ['no flags at all', profile(), ['SPEC_ALLOW']],
  ['an empty list', profile({ flags: [] }), []],
  ['a flag', profile({ flags: ['SECCOMP_FILTER_FLAG_LOG'] }), ['LOG']],
  ['TSYNC, which one thread does not need', profile({ flags: ['SECCOMP_FILTER_FLAG_TSYNC'] }), []],
  ['a rule that notifies', profile({ flags: [] }, notify), ['NEW_LISTENER']],
  ['a rule that notifies and no flags', profile({}, notify), ['SPEC_ALLOW', 'NEW_LISTENER']],
];
for (const [name, given, expected] of flags) {
  test(`${name}: the filter is loaded with [${expected.join(', ')}]`, () => {
    expect(filterFlags(given)).toEqual(expected.map((flag) => `SECCOMP_FILTER_FLAG_${flag}`));
  });
}

const agent = { listenerPath: '/run/agent' };
const refusals: readonly (readonly [string, Seccomp, string])[] = [
  ['an errno above 4094', profile({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 4095 }), '/defaultErrnoRet'],
  [
    'an errno above 4094 in a rule',
    profile({}, { names: ['a'], action: 'SCMP_ACT_ERRNO', errnoRet: 4095 }),
    '/syscalls/0/errnoRet',
  ],
  [
    'a message above 65535',
    profile({}, { names: ['a'], action: 'SCMP_ACT_TRACE', errnoRet: 65536 }),
    '/syscalls/0/errnoRet',
  ],
  ['notification without an agent', profile({}, notify), '/listenerPath'],
  [
    'notification of write',
    profile(agent, notify, { names: ['read', 'write'], action: 'SCMP_ACT_NOTIFY' }),
    '/syscalls/1/names',
  ],
  [
    'WAIT_KILLABLE_RECV without notification',
    profile({ flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] }),
    '/flags/0',
  ],
];
for (const [name, given, pointer] of refusals) {
  test(`${name} is refused`, () => {
    try {
      checkProfile(local, given);
    } catch (error) {
      expect(report(error).pointer).toBe(`/linux/seccomp${pointer}`);
      return;
    }
    throw new Error('it was accepted');
  });
}

test('what is just within bounds is accepted', () => {
  const rules: SeccompRule[] = [
    { names: ['a'], action: 'SCMP_ACT_ERRNO', errnoRet: 4094 },
    { names: ['b'], action: 'SCMP_ACT_TRACE', errnoRet: 65535 },
    { names: ['write'], action: 'SCMP_ACT_ERRNO' },
    notify,
  ];
  const all: Seccomp['flags'] = [
    'SECCOMP_FILTER_FLAG_TSYNC',
    'SECCOMP_FILTER_FLAG_LOG',
    'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
  ];
  expect(() => checkProfile(local, profile({ ...agent, flags: all }, ...rules))).not.toThrow();
});

function filter(...syscalls: SeccompRule[]): SeccompFilter {
  const made = profile(agent, ...syscalls);
  return new SeccompFilter(made, compiled(made), 'x86_64');
}

const rule = (action: SeccompRule['action'], ...names: string[]): SeccompRule => ({ names, action });

testWithLibrary('a filter that notifies is loaded at create if init can wait under it', () => {
  expect(loadsAtCreate(undefined)).toBe(false);
  expect(loadsAtCreate(filter(rule('SCMP_ACT_ERRNO', 'ptrace')))).toBe(false);
  expect(loadsAtCreate(filter(notify))).toBe(true);
  expect(loadsAtCreate(filter(rule('SCMP_ACT_NOTIFY', 'accept4', 'read', 'close', 'madvise')))).toBe(true);
  for (const name of ['accept4', 'read', 'write', 'close', 'madvise']) {
    expect([name, loadsAtCreate(filter(notify, rule('SCMP_ACT_ERRNO', name)))]).toEqual([name, false]);
  }
});

function execveFails(errno: number, code: string): SyscallError {
  return new SyscallError('execve', [], errno, code);
}

testWithLibrary('an execve that the filter denies is told apart from one that fails', () => {
  const denying = filter(rule('SCMP_ACT_ERRNO', 'execve'));
  expect(whyDenied(denying, execveFails(1, 'EPERM'))).toBe('the seccomp profile denies execve with EPERM');
  expect(whyDenied(denying, execveFails(2, 'ENOENT'))).toBeUndefined();
  expect(whyDenied(filter(rule('SCMP_ACT_TRACE', 'execve')), execveFails(38, 'ENOSYS'))).toContain('tracer');
  expect(whyDenied(filter(rule('SCMP_ACT_LOG', 'execve')), execveFails(1, 'EPERM'))).toBeUndefined();
  expect(whyDenied(undefined, execveFails(1, 'EPERM'))).toBeUndefined();
});

testWithLibrary('an init that ended without a word is explained by what it could not do', () => {
  expect(whySilent(filter(rule('SCMP_ACT_KILL_PROCESS', 'execve')))).toBe(
    'the seccomp profile answers execve with KILL_PROCESS',
  );
  expect(whySilent(filter(rule('SCMP_ACT_ERRNO', 'write')))).toBe('the seccomp profile answers write with EPERM');
  expect(whySilent(filter(rule('SCMP_ACT_TRAP', 'write', 'execve')))).toBe(
    'the seccomp profile answers execve with TRAP, and answers write with TRAP',
  );
  expect(whySilent(filter(rule('SCMP_ACT_ERRNO', 'ptrace')))).toBeUndefined();
  expect(whySilent(undefined)).toBeUndefined();
});
