import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { which } from './support/host.ts';
import type { Patch } from './support/json.ts';
import { isTsrunc, ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { Receiver } from './support/terminal.ts';
import { until } from './support/wait.ts';

const box = sandbox('plan');

interface Call {
  readonly process: string;
  readonly syscall: string;
  readonly args: readonly string[];
  readonly pointer?: string;
}

interface Step {
  readonly step: string;
  readonly pointer?: string;
  readonly calls: readonly Call[];
}

function planned(bundle: string, id: string): Step[] {
  return JSON.parse(ok(box.runtime(['plan', '--bundle', bundle, '--format', 'json', id])).stdout).steps;
}

/** What can only be known when it is done are the numbers of inherited descriptors, of a process, and of a key; and what is not there. */
function comparable({ process, syscall, args }: Call): string {
  const words = args.join(', ');
  const told = words.replace(['keyctl', 'wait4'].includes(syscall) ? /\b\d+\b/ : /^(\d+\b|<\w+>)/, 'N');
  return `${process}: ${syscall}(${told})`;
}

const RICH: Patch = {
  '/mounts/-': [
    { destination: '/made/here', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'ro', 'tmpcopyup'] },
    { destination: '/srv', type: 'bind', source: '/usr', options: ['rbind', 'rro'] },
  ],
  '/process/user': { uid: 1000, gid: 1000, additionalGids: [5], umask: 7 },
  '/process/oomScoreAdj': 100,
  '/linux/sysctl': { 'kernel.shmmni': '100' },
  '/linux/devices': [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229 }],
  '/hooks/prestart': [{ path: '/bin/true' }],
  '/hooks/createContainer': [{ path: '/bin/true' }],
  '/linux/seccomp': {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    flags: ['SECCOMP_FILTER_FLAG_LOG'],
    syscalls: [
      {
        names: ['nosuchcall', 'execve', 'exit_group', 'brk', 'mmap', 'read', 'write', 'nanosleep'],
        action: 'SCMP_ACT_ALLOW',
      },
      { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 8, op: 'SCMP_CMP_EQ' }] },
    ],
  },
};

let receiver: Receiver;
beforeAll(() => {
  receiver = new Receiver(path.join(box.scratch(), 'console.sock'));
});
afterAll(() => receiver.close());

testTsrunc.each<[string, Patch, string[]?]>([
  ['the usual config', {}],
  ['a config that asks for more', RICH],
  ['a terminal', { '/process/terminal': true, '/process/consoleSize': { height: 3, width: 4 } }, ['--console-socket']],
])('what init really does is what was planned, call by call: %s', (_, patch, flags = []) => {
  const id = box.id();
  const bundle = box.bundle({ ownRootfs: true, script: 'sleep 60', patch });
  const plan = planned(bundle, id).flatMap(({ calls }) => calls);
  const created = traced(['create', '--bundle', bundle, ...flags.flatMap((flag) => [flag, receiver.path]), id]);
  const started = traced(['start', id]);
  // The answers to what create has sent last are start's to hear.
  const heard = started.filter(({ process }) => process === 'init').findIndex(({ syscall }) => syscall === 'accept4');
  const real = [...created, ...started.filter(({ process }) => process === 'init').slice(heard + 1)];
  const of = (calls: readonly Call[], process: string): string[] =>
    calls.filter((call) => call.process === process).map(comparable);
  expect(of(real, 'builder')).toEqual(of(plan, 'builder'));
  expect(of(real, 'init')).toEqual(of(plan, 'init'));
  ok(box.runtime(['delete', '--force', id]));
});

function traced(args: readonly string[]): Call[] {
  const file = path.join(box.scratch(), 'trace.json');
  ok(box.runtime(['--trace', file, ...args]));
  const events: { cat?: string; name: string; tid: number; args: Record<string, string> }[] = JSON.parse(
    fs.readFileSync(file, 'utf8'),
  ).traceEvents;
  const names = new Map(
    events.filter(({ name }) => name === 'thread_name').map(({ tid, args }) => [tid, args['name']]),
  );
  return events
    .filter(({ cat }) => cat === 'syscall')
    .map(({ name, tid, args }) => ({ process: names.get(tid) ?? '', syscall: name, args: [args['args'] ?? ''] }));
}

const strace = which('strace');

describe('strace sees the same', () => {
  let plan: Call[];
  let create: string[];
  let start: string[];

  const straced = strace ? testTsrunc : test.skip;
  const of = (process: string): string[] =>
    plan.filter((call) => call.process === process).map(({ syscall }) => syscall);

  beforeAll(async () => {
    if (!strace || !isTsrunc) return;
    const id = box.id();
    const bundle = box.bundle({ ownRootfs: true, script: 'sleep 60' });
    plan = planned(bundle, id).flatMap(({ calls }) => calls);
    const files = ['create', 'start'].map((verb) => path.join(box.scratch(), verb));
    const callers = files.map((file) => {
      return `strace() { command strace -f -qq -s 4096 -o ${file} "$@"; }; set -- strace "$@"`;
    });
    // The first strace stays with init, as long as that lives.
    const creating = box.begin(['create', '--bundle', bundle, id], { caller: callers[0] ?? '' });
    await until('it is created', () => box.runtime(['state', id]).stdout.includes('"created"'));
    ok(box.runtime(['start', id], { caller: callers[1] ?? '' }));
    ok(box.runtime(['delete', '--force', id]));
    await creating.done;
    [create = [], start = []] = files.map((file) => fs.readFileSync(file, 'utf8').split('\n'));
  });

  straced('of init, to its execve', () => {
    const seen = news(linesOf(create, /pivot_root\(/));
    const made = of('init').filter(isNews);
    expect(made.length).toBeGreaterThan(200);
    expect(seen.slice(0, made.length)).toEqual(made);
    expect(made.at(-1)).toBe('execve');
  });

  straced('of the builder, when it has its memory and until it exits', () => {
    const lines = linesOf(create, /clone3\(\{flags=CLONE_PARENT/);
    const own = lines.slice(lines.findIndex((line) => /^\d+ +execve\(/.test(line)) + 1);
    expect(news(own).filter((name) => !/^(mmap|exit)/.test(name))).toEqual(of('builder').filter(isNews));
  });

  straced('of the runtime, between those that Node makes', () => {
    const lines = [create, start].flatMap((all) => linesOf(all, /execve\(/)).map(anyNumber);
    let at = 0;
    const calls = plan.filter(({ process, syscall }) => process === 'runtime' && syscall !== 'realpath');
    for (const { syscall, args } of calls) {
      const names = (NODES[syscall] ?? [syscall]).map(anyNumber);
      const file = args.find((word) => word.startsWith('"/'));
      const found = lines.findIndex((line, i) => {
        const called = i >= at && names.includes(/^N +(\w+)\(/.exec(line)?.[1] ?? '');
        return called && (file === undefined || syscall === 'write' || line.includes(anyNumber(file)));
      });
      expect([syscall, args, found >= at]).toEqual([syscall, args, true]);
      at = found + 1;
    }
    expect(calls.length).toBeGreaterThan(80);
  });
});

/** What Node makes of the operations on files, and libc of posix_spawn. */
const NODES: Readonly<Record<string, readonly string[]>> = {
  read: ['openat'],
  open: ['openat'],
  stat: ['statx', 'newfstatat', 'stat'],
  lstat: ['statx', 'newfstatat', 'lstat'],
  posix_spawn: ['vfork', 'clone', 'clone3'],
};

/** Of processes and descriptors, which a plan cannot know. */
function anyNumber(text: string): string {
  return text.replace(/\d+/g, 'N');
}

/** Of the first process that makes such a call. */
function linesOf(all: readonly string[], call: RegExp): string[] {
  const pid = /^\d+ /.exec(all.find((line) => call.test(line)) ?? '')?.[0] ?? 'none';
  return all.filter((line) => line.startsWith(pid) && !line.includes('resumed>'));
}

/** The names of their calls, less what is said to the runtime. */
function news(lines: readonly string[]): string[] {
  return lines.map((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? '').filter((name) => name !== '' && isNews(name));
}

/** Not of those that a stub also makes on its own behalf, to be told and to tell. */
function isNews(name: string): boolean {
  return !['read', 'write', 'accept4', 'madvise'].includes(name);
}

testTsrunc('a plan changes nothing, and can be had of a container that there is', () => {
  const bundle = box.bundle({ ownRootfs: true });
  const before = fs.readdirSync(path.join(bundle, 'rootfs'));
  const id = box.id();
  const steps = planned(bundle, id);
  expect(steps.flatMap(({ calls }) => calls).length).toBeGreaterThan(60);
  expect(fs.readdirSync(path.join(bundle, 'rootfs'))).toEqual(before);
  expect(box.containers()).not.toContain(id);
  expect(box.leftovers(id)).toEqual([]);
});

testTsrunc('nobody in particular can plan what spec writes', () => {
  const bundle = box.bundle({ ownRootfs: true });
  fs.chmodSync(bundle, 0o777);
  fs.rmSync(path.join(bundle, 'config.json'));
  const program = path.join(bundle, 'tsrunc');
  fs.copyFileSync(path.join(__dirname, '../../bin/tsrunc'), program);
  const nobody = (...args: string[]): string =>
    execFileSync(program, ['--root', '/run/tsrunc', ...args], {
      uid: 65534,
      gid: 65534,
      encoding: 'utf8',
      cwd: bundle,
    });
  nobody('spec');
  expect(nobody('plan')).toMatch(/^mount proc on \/proc \(\/mounts\/0\)\n {4}init: openat2\(/m);
  const steps: Step[] = JSON.parse(nobody('plan', '--format', 'json')).steps;
  expect(steps.flatMap(({ calls }) => calls).length).toBeGreaterThanOrEqual(60);
});

testTsrunc('each step names what asks for it', () => {
  const steps = planned(box.bundle({ ownRootfs: true }), box.id());
  const mount = steps.find(({ pointer }) => pointer === '/mounts/3');
  expect(mount?.step).toBe('mount tmpfs on /dev/shm');
  expect(mount?.calls.map(({ syscall }) => syscall)).toEqual(
    expect.arrayContaining(['fsopen', 'fsmount', 'move_mount']),
  );
  expect(mount?.calls.every(({ pointer }) => pointer === '/mounts/3')).toBe(true);
});

testTsrunc('twice the same bundle has no difference, and a change is what differs', () => {
  const bundle = box.bundle({ ownRootfs: true });
  const diff = (other: string): string => ok(box.runtime(['plan', '--bundle', bundle, '--diff', other])).stdout;
  expect(diff(bundle)).toBe('');
  const changed = box.bundle({ ownRootfs: true, patch: { '/hostname': 'other' } });
  expect(diff(changed)).toMatch(
    /^ {2}set the hostname \(\/hostname\)\n- {5}init: sethostname\("other"\)\n\+ {5}init: sethostname\("runc"\)$/m,
  );
});

testTsrunc('what systemd would be asked for is in the plan, in words', () => {
  const patch = { '/linux/cgroupsPath': 'web.slice:x:y' };
  const args = ['--systemd-cgroup', 'plan', '--bundle', box.bundle({ ownRootfs: true, patch }), '--format', 'json'];
  const steps: Step[] = JSON.parse(ok(box.runtime(args)).stdout).steps;
  const asked = steps.flatMap(({ calls }) => calls).filter(({ process }) => process === 'systemd');
  expect(asked.map(({ syscall }) => syscall)).toEqual(expect.arrayContaining(['Hello', 'Get', 'StartTransientUnit']));
  const [unit, mode, properties] = asked.find(({ syscall }) => syscall === 'StartTransientUnit')?.args ?? [];
  expect([unit, mode]).toEqual(['"x-y.scope"', '"replace"']);
  for (const property of ['Slice="web.slice"', 'Delegate=true', 'PIDs=[1000]']) expect(properties).toContain(property);
  expect(steps.some(({ step }) => step === 'execute the program')).toBe(true);
});

testTsrunc('what the machine would refuse of a seccomp profile is refused', () => {
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_PARISC64'] };
  const plan = box.runtime(['plan', '--bundle', box.bundle({ patch: { '/linux/seccomp': seccomp } })]);
  refused(plan, /libseccomp refuses an architecture|does not know SCMP_ARCH_PARISC64/);
});

testTsrunc('what create refuses cannot be planned', () => {
  refused(box.runtime(['plan', '--bundle', box.bundle({ patch: { '/process/args': [] } })]), /\/process\/args/);
});
