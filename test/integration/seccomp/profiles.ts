import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Json } from '../support/json.ts';
import type { Profile } from './probe.ts';

/**
 * Profiles to compare runtimes under: two of our own in the manner of the engines', and the engines' where they are.
 * podman's is installed with it; `TSRUNC_SECCOMP_PROFILES` names more files, such as Docker's default.json.
 */
export function defaultProfiles(): [string, Profile][] {
  const files = [PODMAN, ...(process.env['TSRUNC_SECCOMP_PROFILES'] ?? '').split(':')];
  const installed = files.filter((file) => file !== '' && fs.existsSync(file));
  return [
    ['a list of what is allowed', allowList('SCMP_ACT_ERRNO')],
    ['a list of what does not kill', allowList('SCMP_ACT_KILL_PROCESS')],
    ...installed.map((file): [string, Profile] => [path.basename(file), forContainer(fs.readFileSync(file, 'utf8'))]),
  ];
}

const PODMAN = '/usr/share/containers/seccomp.json';

/** Enough for the probe and for runc, whose init works under the filter; and calls of all ages and kinds of condition besides. */
function allowList(defaultAction: string): Profile {
  const simple = [
    ...['access', 'alarm', 'arch_prctl', 'bind', 'brk', 'capget', 'chdir', 'chmod', 'clock_gettime', 'clock_nanosleep'],
    ...['close', 'close_range', 'connect', 'dup', 'dup2', 'dup3', 'epoll_create1', 'eventfd2', 'execve', 'execveat'],
    ...['exit', 'exit_group', 'faccessat', 'faccessat2', 'fchmod', 'fcntl', 'fcntl64', 'fork', 'fstat', 'fstat64'],
    ...['futex', 'futex_time64', 'futex_waitv', 'getcwd', 'getdents64', 'getegid', 'geteuid', 'getgid', 'getpgrp'],
    ...['getpid', 'getppid', 'getrandom', 'gettid', 'getuid', 'ioctl', 'kill', 'lseek', '_llseek', 'lstat', 'madvise'],
    ...['memfd_create', 'mkdir', 'mlock', 'mmap', 'mmap2', 'mprotect', 'mremap', 'munmap', 'nanosleep', 'newfstatat'],
    ...['open', 'openat', 'openat2', 'pause', 'pidfd_open', 'pipe', 'pipe2', 'poll', 'ppoll', 'prctl', 'pread64'],
    ...[
      'prlimit64',
      'read',
      'readlink',
      'readlinkat',
      'readv',
      'rseq',
      'rt_sigaction',
      'rt_sigprocmask',
      'rt_sigreturn',
    ],
    ...['sched_yield', 'setpgid', 'set_robust_list', 'set_tid_address', 'sigreturn', 'socketcall', 'statx', 'time'],
    ...['capset', 'epoll_ctl', 'epoll_pwait', 'epoll_create', 'fchdir', 'fchown', 'fstatfs', 'keyctl', 'mincore'],
    ...['pselect6', 'recvfrom', 'sched_getaffinity', 'sendto', 'setgid', 'setgroups', 'setresgid', 'setresuid'],
    ...['setuid', 'sigaltstack', 'statfs', 'sysinfo', 'tgkill', 'unlinkat', 'getsockname', 'recvmsg', 'sendmsg'],
    ...['uname', 'vfork', 'wait4', 'waitid', 'waitpid', 'write', 'writev', 'no_such_system_call'],
  ];
  const personality = [0, 8, 0x20000, 0x20008, 0xffffffff];
  return {
    defaultAction,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: [
      { names: simple, action: 'SCMP_ACT_ALLOW' },
      ...personality.map((value) => ({
        names: ['personality'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }],
      })),
      {
        names: ['clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 40, op: 'SCMP_CMP_NE' }] },
      { names: ['ptrace', 'bpf'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
      { names: ['umask'], action: 'SCMP_ACT_TRACE' },
      { names: ['sync'], action: 'SCMP_ACT_LOG' },
    ],
  };
}

interface EngineRule {
  readonly names?: string[];
  readonly name?: string;
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: { [key: string]: Json }[];
  readonly includes?: Conditions;
  readonly excludes?: Conditions;
}

interface Conditions {
  readonly arches?: readonly string[];
  readonly caps?: readonly string[];
}

/** The engines' format: rules that count for some architectures or capabilities. As for a container with the usual ones. */
function forContainer(text: string): Profile {
  const profile: { defaultAction: string; defaultErrnoRet?: number; syscalls: EngineRule[] } = JSON.parse(text);
  const rules = profile.syscalls.filter(applies).map(({ names, name, action, errnoRet, args }) => ({
    names: names ?? [name ?? ''],
    action,
    ...(typeof errnoRet === 'number' && { errnoRet }),
    ...(args?.length && {
      args: args.map(({ index = 0, value = 0, valueTwo = 0, op = '' }) => ({ index, value, valueTwo, op })),
    }),
  }));
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet !== undefined && { defaultErrnoRet: profile.defaultErrnoRet }),
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: rules,
  };
}

function applies({ includes = {}, excludes = {} }: EngineRule): boolean {
  const { arches: onArches = [], caps: withCaps = [] } = includes;
  const { arches: notOn = [], caps: without = [] } = excludes;
  if (onArches.length > 0 && !onArches.some((arch) => ARCHES.includes(arch))) return false;
  if (notOn.includes('amd64')) return false;
  return withCaps.every((cap) => CAPABILITIES.includes(cap)) && !without.some((cap) => CAPABILITIES.includes(cap));
}

const ARCHES = ['amd64', 'x86', 'x32'];
const CAPABILITIES = [
  ...['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FSETID', 'CAP_FOWNER', 'CAP_SETGID', 'CAP_SETUID', 'CAP_SETFCAP'],
  ...['CAP_SETPCAP', 'CAP_NET_BIND_SERVICE', 'CAP_SYS_CHROOT', 'CAP_KILL', 'CAP_AUDIT_WRITE'],
];
