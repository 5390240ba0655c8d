import { type ChildProcess, execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { cgroup2Mount, slurp, which } from './support/host.ts';
import type { Json, Patch } from './support/json.ts';
import { invoke, isTsrunc, ok, type RunOptions, refused, testTsrunc } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';
import { hold, mayUnshare, user } from './support/user.ts';
import { until } from './support/wait.ts';

const box = sandbox('rootless');

/** Nobody's on this machine. */
const ALONE = 47_001;
const JOE = 47_002;
const SUB_IDS = 'joe:1500000:65536\n';

const possible = mayUnshare();
const testUser = possible ? test : test.skip;
const testUserTsrunc = possible ? testTsrunc : test.skip;
/** newuidmap and newgidmap are in the package uidmap, and setuid root. */
const hasHelpers = possible && which('newuidmap') !== undefined && which('newgidmap') !== undefined;
const testHelpers = hasHelpers ? test : test.skip;
const testHelpersTsrunc = hasHelpers ? testTsrunc : test.skip;

beforeAll(() => {
  fs.mkdirSync(box.root);
  fs.chmodSync(box.root, 0o1777);
});

const alone = (more: Partial<Parameters<typeof user>[1]> = {}): RunOptions => user(box, { uid: ALONE, ...more });
const joe = (more: Partial<Parameters<typeof user>[1]> = {}): RunOptions =>
  user(box, { uid: JOE, name: 'joe', subIDs: SUB_IDS, ...more });

const map = (...entries: [number, number, number][]): Json =>
  entries.map(([containerID, hostID, size]) => ({ containerID, hostID, size }));

const NO_GID = { '/mounts/2/options': ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'] };
/** A cgroup mount of the host's hierarchy is not a user's to make: the tests of cgroups ask for it. */
const NO_CGROUP_MOUNT = { '/mounts/6': undefined };

function mapped(maps: Json): Patch {
  const user = { '/linux/namespaces/-': [{ type: 'user' }], '/linux/uidMappings': maps, '/linux/gidMappings': maps };
  return { ...user, ...NO_CGROUP_MOUNT };
}

const ALONE_MAPPED: Patch = { ...mapped(map([0, ALONE, 1])), ...NO_GID };
const JOE_MAPPED: Patch = mapped(map([0, JOE, 1], [1, 1_500_000, 65_536]));

/** Each user with a config that maps what it has; tsrunc's users also with one that says nothing of it. */
const cases: readonly [string, typeof alone, Patch, number, jest.It][] = [
  ['a user with one ID', alone, ALONE_MAPPED, ALONE, testUser],
  ['a user with IDs of /etc/subuid', joe, JOE_MAPPED, JOE, testHelpers],
  ['a user with one ID, no user namespace in the config', alone, NO_CGROUP_MOUNT, ALONE, testUserTsrunc],
  ['a user with IDs of /etc/subuid, no user namespace in the config', joe, NO_CGROUP_MOUNT, JOE, testHelpersTsrunc],
];

describe.each(cases)('%s', (_, as, patch, uid, testHere) => {
  testHere('takes a container from create to delete', async () => {
    const container = box.create({
      script: 'trap "exit 0" TERM; echo up; while :; do sleep 0.1; done',
      patch,
      user: as(),
    });
    expect(container.state()).toMatchObject({ id: container.id, status: 'created', pid: container.pid });
    container.start();
    await until('the program runs', () => container.created.later() === 'up\n', 10);
    expect(container.state().status).toBe('running');
    expect(ok(container.call(['list', '--quiet'])).stdout.split('\n')).toContain(container.id);
    expect(fs.statSync(`/proc/${container.pid}`).uid).toBe(uid);
    container.kill('TERM');
    expect(await container.stopped()).toBe('up\n');
    expect(container.state()).toMatchObject({ status: 'stopped', pid: 0 });
    container.delete();
    await box.clean(container.id);
  });

  testHere('runs another process in one that is created, and in one that runs', async () => {
    const container = box.create({ script: 'exec sleep 100', patch, user: as() });
    const look = (): string => ok(container.call(['exec', container.id, 'sh', '-c', 'id -u; hostname'])).stdout;
    expect(look()).toBe('0\nrunc\n');
    container.start();
    expect(look()).toBe('0\nrunc\n');
    container.delete('--force');
    await box.clean(container.id);
  });

  testHere('runs one to its exit status', () => {
    const outcome = box.run({ script: 'id -u; id -g; exit 7', patch, user: as() });
    expect(outcome).toMatchObject({ status: 7, stdout: '0\n0\n', stderr: '' });
  });

  testHere('ends one that runs by delete --force', async () => {
    const container = box.create({ script: 'exec sleep 100', patch, user: as() }).start();
    container.delete('--force');
    await box.clean(container.id);
  });

  testHere('has a PID file written', () => {
    const directory = box.scratch();
    fs.chownSync(directory, uid, uid);
    const flags = ['--pid-file', path.join(directory, 'pid')];
    const container = box.create({ script: 'true', patch, flags, user: as() });
    expect(slurp(path.join(directory, 'pid'))).toBe(String(container.pid));
    container.delete();
  });

  testHere('has the devices and links of /dev', () => {
    const script =
      'cd /dev; stat -c "%n %t:%T" null zero full random urandom tty; readlink fd; readlink ptmx; echo x > null';
    const { stdout } = ok(box.run({ script, patch, user: as() }));
    expect(stdout).toBe('null 1:3\nzero 1:5\nfull 1:7\nrandom 1:8\nurandom 1:9\ntty 5:0\n/proc/self/fd\npts/ptmx\n');
  });

  testHere('writes files of the host as itself', () => {
    const directory = box.scratch();
    fs.chownSync(directory, uid, uid);
    const entry = { type: 'bind', source: directory, destination: '/mnt', options: ['rbind'] };
    ok(box.run({ script: 'touch /mnt/file', patch: { ...patch, '/mounts/-': [entry] }, user: as() }));
    expect(fs.statSync(path.join(directory, 'file'))).toMatchObject({ uid, gid: uid });
  });

  // runc 1.1.5 tries to clear them, and fails.
  (isTsrunc ? testHere : test.skip)('keeps what restricts a mount of the host', () => {
    const directory = box.scratch();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,nosuid,nodev,noexec', 'tmpfs', directory]);
    const entry = { type: 'bind', source: directory, destination: '/mnt', options: ['rbind', 'ro'] };
    const script = 'grep " /mnt " /proc/self/mountinfo';
    const outcome = box.run({ script, patch: { ...patch, '/mounts/-': [entry] }, user: as() });
    execFileSync('umount', [directory]);
    expect(ok(outcome).stdout).toContain(' /mnt ro,nosuid,nodev,noexec');
  });

  testHere('has hooks run: those of the host as the caller, those of the container as its root', () => {
    const directory = box.scratch();
    fs.chownSync(directory, uid, uid);
    const mark = (kind: string): Json => [
      { path: '/bin/sh', args: ['sh', '-c', `echo ${kind} $(id -u) >> ${directory}/log`], env: ['PATH=/usr/bin:/bin'] },
    ];
    const kinds = ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'];
    const hooks = Object.fromEntries(kinds.map((kind) => [kind, mark(kind)]));
    ok(box.run({ script: 'true', patch: { ...patch, '/hooks': hooks }, user: as() }));
    const lines = [
      `prestart ${uid}`,
      `createRuntime ${uid}`,
      'createContainer 0',
      `poststart ${uid}`,
      `poststop ${uid}`,
    ];
    expect(slurp(path.join(directory, 'log')).trim().split('\n')).toEqual(lines);
  });

  testHere.each([true, false])('is confined by seccomp, no_new_privs %s', (noNewPrivileges) => {
    const seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }],
    };
    const more = { '/linux/seccomp': seccomp, '/process/noNewPrivileges': noNewPrivileges };
    const { stdout } = ok(
      box.run({ script: 'mkdir /tmp/d 2>&1 || echo refused', patch: { ...patch, ...more }, user: as() }),
    );
    expect(stdout).toContain('No space left on device\nrefused\n');
  });
});

describe('ID maps', () => {
  const MAPS = 'cat /proc/self/uid_map /proc/self/gid_map; cat /proc/self/setgroups';
  const seen = (text: string): string[] =>
    text
      .trim()
      .split('\n')
      .map((line) => line.trim().replace(/\s+/g, ' '));

  testUser('of one ID alone are written without help, and setgroups is denied as the kernel demands', () => {
    const { stdout } = ok(box.run({ script: MAPS, patch: ALONE_MAPPED, user: alone({ env: { PATH: '/sbin:/bin' } }) }));
    expect(seen(stdout)).toEqual([`0 ${ALONE} 1`, `0 ${ALONE} 1`, 'deny']);
  });

  testHelpers('of more are written by newuidmap and newgidmap, and setgroups stays allowed', () => {
    const { stdout } = ok(box.run({ script: MAPS, patch: JOE_MAPPED, user: joe() }));
    const lines = ['1 1500000 65536'];
    expect(seen(stdout)).toEqual([`0 ${JOE} 1`, ...lines, `0 ${JOE} 1`, ...lines, 'allow']);
  });

  // runc refuses them to whoever is not root.
  testHelpersTsrunc('let the process be another user, with additional groups', () => {
    const other = { '/process/user': { uid: 1000, gid: 1000, additionalGids: [10, 20] } };
    const { stdout } = ok(box.run({ script: 'id -u; id -G', patch: { ...JOE_MAPPED, ...other }, user: joe() }));
    expect(stdout).toBe('1000\n1000 10 20\n');
  });

  testUser('of one ID leave no room for additional groups', () => {
    const patch = { ...ALONE_MAPPED, '/process/user/additionalGids': [0] };
    const { status, stderr } = box.tryCreate({ patch, user: alone() }).created;
    expect(status).toBe(1);
    expect(stderr).toContain('cannot set any additional groups in a rootless container');
  });

  testHelpersTsrunc('that the administrator does not allow fail with what newuidmap says', () => {
    const patch = mapped(map([0, 1, 10]));
    const { created } = box.tryCreate({ patch, user: joe() });
    refused(created, /newuidmap \d+ 0 1 10: exit status 1, stderr: newuidmap: .*not allowed.*\/etc\/subuid/);
    refused(created, 'does /etc/subuid give these IDs to the caller, and is newuidmap setuid root, as the package');
  });

  testUserTsrunc('that need help fail where there is none, and name the package', () => {
    const user = joe({ within: 'env PATH=/nonexistent' });
    const { created } = box.tryCreate({ patch: JOE_MAPPED, user });
    refused(created, /newuidmap: executable file not found in \$PATH .*takes the package uidmap/);
  });
});

describe('a config without a user namespace', () => {
  testUserTsrunc('gets one that the debug log tells of', () => {
    const container = box.create({ script: 'true', patch: NO_CGROUP_MOUNT, user: alone(), flags: [] });
    container.delete();
    const args = ['--debug', '--root', box.root, 'create', '--bundle', box.bundle({ patch: NO_CGROUP_MOUNT })];
    const id = box.id();
    const { stderr } = ok(invoke([...args, id], box.io(), alone()));
    ok(box.runtime(['delete', id], alone()));
    expect(stderr).toContain(`the caller is not root: user namespace with uids 0:${ALONE}:1, gids 0:${ALONE}:1`);
  });

  testUserTsrunc('is refused if its user is not among the IDs', () => {
    const patch = { ...NO_CGROUP_MOUNT, '/process/user': { uid: 1000, gid: 0 } };
    const { created } = box.tryCreate({ patch, user: alone() });
    refused(created, '/process/user/uid: 1000 is not mapped in the user namespace of the container');
    refused(created, 'without root the container has root and what /etc/subuid and /etc/subgid give to the caller');
  });

  (isTsrunc || !possible ? test.skip : test)('is refused by runc', () => {
    const { created } = box.tryCreate({ patch: NO_CGROUP_MOUNT, user: alone() });
    expect(created.stderr).toContain('rootless container requires user namespaces');
  });
});

describe('/sys of a container in the host’s network namespace', () => {
  testUserTsrunc('is the host’s, read-only', () => {
    const patch = { ...ALONE_MAPPED, '/linux/namespaces/1': undefined };
    const { stdout } = ok(box.run({ script: 'grep " /sys " /proc/self/mountinfo; ls /sys', patch, user: alone() }));
    expect(stdout).toMatch(/ \/sys ro,.* - sysfs /);
    expect(stdout).toContain('class\n');
  });
});

describe('cgroups', () => {
  testUser('that may not be made are done without', () => {
    const { stdout } = ok(box.run({ script: 'cat /proc/self/cgroup', patch: ALONE_MAPPED, user: alone() }));
    expect(stdout).not.toContain(box.name);
  });

  testUserTsrunc.each<[string, Patch]>([
    ['a limit', { '/linux/resources/pids': { limit: 10 } }],
    ['a path', { '/linux/cgroupsPath': `/${box.name}` }],
  ])('are not done without where %s is asked for', (_, asked) => {
    const { created } = box.tryCreate({ patch: { ...ALONE_MAPPED, ...asked }, user: alone() });
    refused(created, /rootless needs no limits|make cgroup .*permission denied/);
  });

  const mount = cgroup2Mount();
  const unmounted = () => alone({ before: `umount -l ${mount}` });
  const testUnmounted = possible && mount !== undefined ? testTsrunc : test.skip;

  testUnmounted('are done without where no hierarchy is mounted, and the log says so', () => {
    const user = unmounted();
    const id = box.id();
    const log = path.join(box.scratch(), 'log');
    fs.writeFileSync(log, '');
    fs.chownSync(log, ALONE, ALONE);
    const bundle = box.bundle({ script: 'echo ran; exec sleep 100', patch: ALONE_MAPPED });
    ok(box.runtime(['--debug', '--log', log, 'create', '--bundle', bundle, id], user));
    expect(slurp(log)).toMatch(/the container shares the runtime's cgroup: no cgroup v2 hierarchy is mounted/);
    for (const call of [
      ['start', id],
      ['state', id],
      ['kill', id, 'KILL'],
      ['delete', '--force', id],
    ])
      ok(box.runtime(call, user));
  });

  testUnmounted('are not seen from a container that has none', () => {
    const script = 'ls -A /sys/fs/cgroup | grep -c .; (: > /sys/fs/cgroup/file) 2>/dev/null || echo ro';
    const { '/mounts/6': _, ...patch } = ALONE_MAPPED;
    for (const user of [alone(), unmounted()]) {
      const { stdout } = ok(box.run({ script, patch, user }));
      expect(stdout).toBe('0\nro\n');
    }
  });

  testUnmounted('are not done without there if a limit is asked for', () => {
    const patch = { ...ALONE_MAPPED, '/linux/resources/pids': { limit: 10 } };
    const { created } = box.tryCreate({ patch, user: unmounted() });
    refused(created, /\/linux\/resources\/pids.*pids.max cannot be set: no cgroup v2 hierarchy is mounted/);
  });

  const testDelegated = possible && mount !== undefined ? testTsrunc : test.skip;

  testDelegated('that are delegated to the user are used', async () => {
    const base = path.join(mount ?? '', box.name);
    const session = path.join(base, 'session');
    fs.mkdirSync(session, { recursive: true });
    for (const file of ['', 'cgroup.procs', 'cgroup.subtree_control'])
      fs.chownSync(path.join(base, file), ALONE, ALONE);
    const user = alone({ before: `echo $$ > ${session}/cgroup.procs` });
    try {
      const patch = { ...ALONE_MAPPED, '/linux/resources/unified': { 'cgroup.max.depth': '3' } };
      const container = box.create({ script: 'exec sleep 100', patch, user }).start();
      expect(slurp(`/proc/${container.pid}/cgroup`)).toContain(`0::/${box.name}/${container.id}\n`);
      expect(slurp(path.join(base, container.id, 'cgroup.max.depth'))).toBe('3\n');
      ok(container.call(['pause', container.id]));
      expect(container.state().status).toBe('paused');
      ok(container.call(['resume', container.id]));
      container.delete('--force');
      await box.clean(container.id);
    } finally {
      await until('the callers are gone', () => slurp(`${session}/cgroup.procs`) === '', 5);
      fs.rmdirSync(session);
      fs.rmdirSync(base);
    }
  });
});

describe('the state directory', () => {
  const create = (options: RunOptions): { id: string; runtime: (...args: string[]) => ReturnType<typeof invoke> } => {
    const id = box.id();
    const runtime = (...args: string[]) => invoke(args, box.io(), options);
    ok(runtime('create', '--bundle', box.bundle({ script: 'true', patch: ALONE_MAPPED }), id));
    return { id, runtime };
  };
  const own = (): string => {
    const directory = box.scratch();
    fs.chownSync(directory, ALONE, ALONE);
    return directory;
  };
  const name = isTsrunc ? 'tsrunc' : 'runc';

  testUser('is below XDG_RUNTIME_DIR, with the sticky bit', () => {
    const directory = own();
    const { id, runtime } = create(alone({ env: { XDG_RUNTIME_DIR: directory } }));
    const { mode, uid } = fs.statSync(path.join(directory, name));
    expect([mode & 0o7777, uid]).toEqual([0o1700, ALONE]);
    expect(fs.readdirSync(path.join(directory, name))).toContain(id);
    ok(runtime('delete', id));
  });

  testUserTsrunc('is below /run/user where the variable is not set', () => {
    const directory = own();
    const before = `mount -t tmpfs tmpfs /run && mkdir -p /run/user/${ALONE} && mount --bind ${directory} /run/user/${ALONE}`;
    const { id, runtime } = create(alone({ before }));
    expect(fs.readdirSync(path.join(directory, 'tsrunc'))).toContain(id);
    ok(runtime('delete', id));
    expect(fs.readdirSync(path.join(directory, 'tsrunc'))).not.toContain(id);
  });

  testUserTsrunc('has to be named where there is neither', () => {
    const user = alone({ before: 'mount -t tmpfs -o mode=755 tmpfs /run' });
    const bundle = box.bundle({ script: 'true', patch: ALONE_MAPPED });
    refused(
      invoke(['create', '--bundle', bundle, box.id()], box.io(), user),
      /cannot make the state directory.*--root/,
    );
  });
});

describe('root of a user namespace', () => {
  const MINE: Patch = { ...NO_CGROUP_MOUNT, ...NO_GID };
  const shapes: readonly [string, () => RunOptions, string, Patch, jest.It][] = [
    ['unshare -r', alone, 'unshare -r', MINE, testUserTsrunc],
    ['unshare -rm', alone, 'unshare -rm', MINE, testUser],
    ['unshare -rm, another in the config', alone, 'unshare -rm', { ...mapped(map([0, 0, 1])), ...NO_GID }, testUser],
    ['all IDs', joe, 'unshare -rm --map-auto', NO_CGROUP_MOUNT, testHelpers],
    ['all IDs, some in the config', joe, 'unshare -rm --map-auto', mapped(map([0, 1000, 2000])), testHelpers],
  ];
  for (const [shape, as, within, patch, testHere] of shapes) {
    testHere(`has containers: ${shape}`, async () => {
      const holder = await hold(as(), within);
      try {
        const container = box.create({ script: 'id -u; exec sleep 100', patch, user: inside(holder) });
        expect(container.state().status).toBe('created');
        container.start();
        await until('the program runs', () => container.created.later() === '0\n', 10);
        container.kill();
        await container.stopped();
        container.delete();
        await box.clean(container.id);
      } finally {
        holder.kill('SIGKILL');
      }
    });
  }
});

describe('a user namespace that is joined', () => {
  const path = (pid: number, type: string): Json => ({
    type,
    path: `/proc/${pid}/ns/${type === 'network' ? 'net' : type}`,
  });

  testUserTsrunc('has the runtime’s root for its own', async () => {
    const holder = await hold({}, 'unshare --user');
    const { pid = 0 } = holder;
    try {
      for (const file of ['uid_map', 'gid_map']) fs.writeFileSync(`/proc/${pid}/${file}`, '0 100000 65536\n');
      const patch = { '/linux/namespaces/-': [path(pid, 'user')] };
      const container = box.create({ script: 'id -u; cat /proc/self/cgroup; exec sleep 100', patch }).start();
      await until('the program runs', () => container.created.later().startsWith('0\n'), 10);
      expect(fs.statSync(`/proc/${container.pid}`).uid).toBe(100_000);
      // Limits count from its first page on.
      expect(slurp(`/proc/${container.pid}/cgroup`)).toContain(`/${container.id}\n`);
      container.delete('--force');
    } finally {
      holder.kill('SIGKILL');
    }
  });

  testUserTsrunc('lets a user join what belongs to it', async () => {
    const holder = await hold(alone(), 'unshare -r --net --uts');
    const { pid = 0 } = holder;
    try {
      const types = ['user', 'network', 'uts'];
      const namespaces = [
        ...types.map((type) => path(pid, type)),
        ...['pid', 'ipc', 'mount'].map((type) => ({ type })),
      ];
      const patch = { ...NO_CGROUP_MOUNT, ...NO_GID, '/linux/namespaces': namespaces, '/hostname': undefined };
      const script = 'for n in user net uts; do readlink /proc/self/ns/$n; done';
      const { stdout } = ok(box.run({ script, patch, user: alone() }));
      const links = ['user', 'net', 'uts'].map((file) => fs.readlinkSync(`/proc/${pid}/ns/${file}`));
      expect(stdout.trim().split('\n')).toEqual(links);
    } finally {
      holder.kill('SIGKILL');
    }
  });
});

/** Calls by root of the namespaces that `holder` is in. */
function inside({ pid }: ChildProcess): RunOptions {
  const { runtime = '', env = {} } = alone();
  return { runtime, env, caller: `exec nsenter --target=${pid} --user --mount --setuid=0 --setgid=0 "$@"` };
}
