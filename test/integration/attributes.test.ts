import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { slurp, statusField, which } from './support/host.ts';
import type { Json, Patch } from './support/json.ts';
import { ok, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

const box = sandbox('attributes');

/** Field `number` of /proc/PID/stat, as proc(5) counts. */
function statField(pid: number, number: number): number {
  const fields = slurp(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return Number(fields[number - 3]);
}

const NICE = 19;
const RT_PRIORITY = 40;
const POLICY = 41;

/** The container's process, created and not started, and then running. */
function both(patch: Patch, look: (pid: number) => unknown, expected: unknown): void {
  const container = box.create({ script: 'exec sleep 100', patch });
  expect(look(container.pid)).toEqual(expected);
  container.start();
  expect(look(container.pid)).toEqual(expected);
}

describe('scheduler', () => {
  const facts = (pid: number) => [POLICY, RT_PRIORITY, NICE].map((field) => statField(pid, field));
  testTsrunc.each<[string, Json, number[]]>([
    ['SCHED_OTHER with a nice value', { policy: 'SCHED_OTHER', nice: 7 }, [0, 0, 7]],
    ['SCHED_BATCH', { policy: 'SCHED_BATCH', nice: -3 }, [3, 0, -3]],
    ['SCHED_IDLE', { policy: 'SCHED_IDLE' }, [5, 0, 0]],
    ['SCHED_FIFO with a priority', { policy: 'SCHED_FIFO', priority: 42 }, [1, 42, 0]],
    ['SCHED_RR', { policy: 'SCHED_RR', priority: 1 }, [2, 1, 0]],
    [
      'SCHED_DEADLINE',
      { policy: 'SCHED_DEADLINE', runtime: 1_000_000, deadline: 10_000_000, period: 20_000_000 },
      [6, 0, 0],
    ],
  ])('%s', (_, scheduler, expected) => both({ '/process/scheduler': scheduler }, facts, expected));

  testTsrunc('a real-time priority is given in a user namespace too: the runtime has the privilege', () => {
    const patch = { ...inUserNamespace(), '/process/scheduler': { policy: 'SCHED_FIFO', priority: 9 } };
    both(patch, facts, [1, 9, 0]);
  });

  testTsrunc('SCHED_FLAG_RESET_ON_FORK keeps the policy from the children', () => {
    const scheduler = { policy: 'SCHED_FIFO', priority: 3, flags: ['SCHED_FLAG_RESET_ON_FORK'] };
    const script = `set -- $(cat /proc/self/stat); echo \${41}; read line </proc/1/stat; set -- $line; echo \${41}`;
    expect(ok(box.run({ script, patch: { '/process/scheduler': scheduler } })).stdout).toBe('0\n1\n');
  });

  testTsrunc('SCHED_ISO is refused, since no kernel has it', () => {
    const { created } = box.tryCreate({ patch: { '/process/scheduler': { policy: 'SCHED_ISO' } } });
    refused(created, '/process/scheduler: set the scheduling policy SCHED_ISO: Linux has no such policy');
  });
});

describe('ioPriority', () => {
  const classes = { IOPRIO_CLASS_RT: 'realtime', IOPRIO_CLASS_BE: 'best-effort', IOPRIO_CLASS_IDLE: 'idle' };
  const ionice = (pid: number) => execFileSync('ionice', ['-p', String(pid)], { encoding: 'utf8' }).trim();
  const withIonice = which('ionice') === undefined ? test.skip : testTsrunc;
  withIonice.each(Object.entries(classes))('%s', (name, word) => {
    const expected = word === 'idle' ? 'idle' : `${word}: prio 5`;
    both({ '/process/ioPriority': { class: name, priority: 5 } }, ionice, expected);
  });
});

describe('personality', () => {
  testTsrunc.each([
    ['LINUX', '00000000\n'],
    ['LINUX32', '00000008\n'],
  ])('%s', (domain, expected) => {
    both({ '/linux/personality': { domain } }, (pid) => slurp(`/proc/${pid}/personality`), expected);
  });
});

describe('memoryPolicy', () => {
  const policyOf = (pid: number) =>
    new Set(
      slurp(`/proc/${pid}/numa_maps`)
        .split('\n')
        .flatMap((line) => line.split(' ')[1] ?? []),
    );
  const numa = fs.existsSync('/proc/self/numa_maps') ? testTsrunc : test.skip;
  numa.each<[string, Json, string]>([
    ['MPOL_BIND', { mode: 'MPOL_BIND', nodes: '0' }, 'bind:0'],
    ['MPOL_INTERLEAVE', { mode: 'MPOL_INTERLEAVE', nodes: '0-0' }, 'interleave:0'],
    ['MPOL_PREFERRED', { mode: 'MPOL_PREFERRED', nodes: '0' }, 'prefer:0'],
    ['MPOL_LOCAL', { mode: 'MPOL_LOCAL' }, 'local'],
    ['MPOL_DEFAULT', { mode: 'MPOL_DEFAULT' }, 'default'],
    ['a flag', { mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES'] }, 'bind=static:0'],
  ])('%s', (_, memoryPolicy, expected) => {
    const container = box.create({ script: 'exec sleep 100', patch: { '/linux/memoryPolicy': memoryPolicy } }).start();
    expect([...policyOf(container.pid)]).toContain(expected);
  });

  testTsrunc('a node that the machine does not have is an error that says so', () => {
    const { created } = box.tryCreate({ patch: { '/linux/memoryPolicy': { mode: 'MPOL_BIND', nodes: '777' } } });
    refused(created, 'are the nodes there');
  });
});

test('the CPU affinity of the caller is not the container’s', () => {
  const pinned = { caller: 'taskset -pc 0 $$ >/dev/null' };
  const mine = statusField(process.pid, 'Cpus_allowed_list');
  const { stdout } = ok(box.run({ script: 'grep Cpus_allowed_list /proc/self/status', ...pinned }));
  expect(stdout.split('\t')[1]?.trim()).toBe(mine);
});

describe('labels of a security module that is off', () => {
  const apparmor = slurp('/sys/module/apparmor/parameters/enabled').startsWith('Y') ? test.skip : test;
  const selinux = slurp('/sys/fs/selinux/enforce') !== '' ? test.skip : test;
  apparmor('an AppArmor profile is an error', () => {
    const { created } = box.tryCreate({ patch: { '/process/apparmorProfile': 'docker-default' } });
    refused(created, 'apparmor: config provided but apparmor not supported');
  });
  selinux('an SELinux label is an error', () => {
    const { created } = box.tryCreate({ patch: { '/process/selinuxLabel': 'system_u:system_r:container_t:s0' } });
    refused(created, 'selinux label is specified in config, but selinux is disabled or not supported');
  });
  selinux('a mount label is left out', () => {
    ok(box.run({ script: 'true', patch: { '/linux/mountLabel': 'system_u:object_r:container_file_t:s0' } }));
  });
});

describe('annotations of crun', () => {
  const keep = (value: string): Patch => ({ '/annotations': { 'run.oci.keep_original_groups': value } });
  const groups = 'grep Groups /proc/self/status';
  const withGroups = which('setpriv') === undefined ? test.skip : testTsrunc;
  withGroups.each<[string, Patch, string]>([
    ['run.oci.keep_original_groups=1 keeps the caller’s groups', keep('1'), 'Groups:\t7 8 '],
    ['and any other value does not', keep('0'), 'Groups:\t '],
  ])('%s', (_, patch, expected) => {
    const caller = 'exec setpriv --groups 7,8 "$@"';
    expect(ok(box.run({ script: groups, patch, caller })).stdout.replace(/ *\n/, ' ')).toBe(expected);
  });
});

function inUserNamespace(): Patch {
  const map = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  return { '/linux/namespaces/-': [{ type: 'user' }], '/linux/uidMappings': map, '/linux/gidMappings': map };
}
