import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isAlive, slurp, statusField } from '../support/host.ts';
import type { Json, Patch } from '../support/json.ts';
import { ok, RUNTIME, refused, testTsrunc, transcript } from '../support/runtime.ts';
import { sandbox } from '../support/sandbox.ts';
import { count, until } from '../support/wait.ts';
import { arena, arm, expectStayedInside, sentinels } from './arena.ts';

/** Attacks that need no race: one test a class of known holes. */
const box = sandbox('attempts');

const SHARED: Patch = { '/linux/namespaces': ['network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) };

/** A container, already running, whose processes see those of `victims` by sharing its PID namespace with them. */
function neighbour(script: string) {
  const attacker = box.create({ script }).start();
  const shared: Patch = {
    '/linux/namespaces': [...list(SHARED), { type: 'pid', path: `/proc/${attacker.pid}/ns/pid` }],
  };
  return { attacker, shared };
}

function list(patch: Patch): Json[] {
  const value = patch['/linux/namespaces'];
  return Array.isArray(value) ? value : [];
}

testTsrunc(
  'a container beside a starting one gets neither its descriptors nor its memory (CVE-2016-9962)',
  async () => {
    // What it got counts only if it got it from the stub: the program that follows is another matter.
    const hunt = `while :; do for p in /proc/[0-9]*; do [ $p = /proc/1 ] && continue; got=
case $(cat $p/comm) in tsrunc-init*) echo seen;; *) continue;; esac
for f in $p/fd/* $p/root $p/cwd; do readlink $f && got=$f; done
(: < $p/mem) && got=mem; (: < $p/environ) && got=environ
case $(cat $p/comm) in tsrunc-init*) [ "$got" ] && echo ESCAPED $got;; esac; done; done 2>/dev/null`;
    const { attacker, shared } = neighbour(hunt);
    for (let i = 0; i < count(2, 20); i++) {
      const victim = box.create({ patch: shared, script: 'exit 0' });
      await until('the attacker has seen it', () => attacker.created.later().includes('seen'));
      victim.start();
      await victim.stopped();
      victim.delete();
    }
    expect(attacker.created.later()).not.toContain('ESCAPED');
    attacker.delete('--force');
  },
);

testTsrunc('the runtime’s file is never what a container can open as a program (CVE-2019-5736)', async () => {
  const before = digest(RUNTIME);
  const { attacker, shared } = neighbour(
    'while :; do for e in /proc/[0-9]*/exe; do (: 3<>$e) && echo ESCAPED $e; done; done 2>/dev/null',
  );
  for (let i = 0; i < count(3, 20); i++) {
    const outcome = box.run({ patch: { ...shared, '/process/args': ['/proc/self/exe'] } });
    expect(outcome.status).not.toBe(0);
    expect(outcome.stderr.trim().split('\n')).toHaveLength(1);
  }
  expect(attacker.created.later()).toBe('');
  expect(digest(RUNTIME)).toBe(before);
  attacker.delete('--force');
});

test('libraries and name services of the image are not loaded into the runtime (CVE-2019-14271)', () => {
  const bundle = box.bundle({
    ownRootfs: true,
    script: 'echo inside',
    patch: { '/process/user': { uid: 1000, gid: 1000 } },
  });
  const poison = path.join(bundle, 'rootfs/lib/x86_64-linux-gnu');
  fs.mkdirSync(poison, { recursive: true });
  for (const name of ['libnss_files.so.2', 'libnss_compat.so.2', 'libc.so.6', 'libseccomp.so.2'])
    if (!fs.existsSync(path.join(poison, name))) fs.writeFileSync(path.join(poison, name), 'not a library');
  fs.writeFileSync(path.join(bundle, 'rootfs/etc/nsswitch.conf'), 'passwd: evil files\n');
  fs.writeFileSync(path.join(bundle, 'rootfs/etc/ld.so.preload'), '');
  expect(ok(box.run({ bundle })).stdout).toBe('inside\n');
});

test('nothing is mounted over /proc or in it (CVE-2019-16884)', async () => {
  const place = arena(box);
  const source = path.join(place.canary, 'proc');
  const before = sentinels(box, place);
  for (const destination of ['/proc', '/proc/self/attr', '/proc/sys', '/srv/link']) {
    fs.rmSync(path.join(place.rootfs, 'srv/link'), { force: true });
    fs.symlinkSync('/proc/self', path.join(place.rootfs, 'srv/link'));
    arm(box, place, 'cat /proc/keys', { '/mounts/-': [{ type: 'bind', source, destination, options: ['rbind'] }] });
    const outcome = box.runtime(['run', '--bundle', place.bundle, box.id()]);
    expect(outcome.status).toBe(1);
    expectStayedInside(outcome, /inside \/proc|proc/);
  }
  expect(sentinels(box, place)).toEqual(before);
  await box.clean();
});

test('lengths of more than 16 bits stay what they are (CVE-2021-43784)', () => {
  const long = 'x'.repeat(100_000);
  const groups = Array.from({ length: 20_000 }, (_, index) => index + 1);
  const { stdout } = ok(
    box.run({
      script: 'printf "%s" "$LONG" | wc -c; id -G | wc -w; echo $#',
      patch: { '/process/env/-': [`LONG=${long}`], '/process/user/additionalGids': groups },
    }),
  );
  expect(stdout).toBe('100000\n20001\n0\n');
  const path = `/proc/self/${'./'.repeat(40_000)}ns/net`;
  refused(box.run({ patch: { '/linux/namespaces/1': { type: 'network', path } } }), /name too long/);
});

test('nobody gets inheritable or ambient capabilities without asking (CVE-2022-29162)', () => {
  const { stdout } = ok(box.run({ script: 'grep -E "^Cap(Inh|Amb)" /proc/self/status' }));
  expect(stdout.replace(/\s+/g, ' ').trim()).toBe('CapInh: 0000000000000000 CapAmb: 0000000000000000');
  const directory = box.scratch();
  ok(box.runtime(['spec'], { cwd: directory }));
  const { process: spec } = JSON.parse(fs.readFileSync(path.join(directory, 'config.json'), 'utf8'));
  expect(spec.capabilities.inheritable ?? []).toEqual([]);
});

test('a leaked descriptor is no way to a working directory of the host (CVE-2024-21626)', async () => {
  const place = arena(box);
  const before = sentinels(box, place);
  const caller = `exec 3<${place.canary} 4</ 5<${place.canary} 6</ 7<${place.canary} 8</ 9<${place.canary}`;
  fs.symlinkSync('/proc/self/fd', path.join(place.rootfs, 'srv/fd'));
  for (const directory of ['/proc/self/fd', '/proc/thread-self/fd', '/srv/fd', '/proc/1/fd', '/dev/fd']) {
    for (const fd of [3, 4, 9]) {
      arm(box, place, 'pwd; ls; ls ../..; cat file ../../file', { '/process/cwd': `${directory}/${fd}` });
      const outcome = box.runtime(['run', '--bundle', place.bundle, box.id()], { caller });
      expect(outcome.status).not.toBe(0);
      expectStayedInside(outcome, /cwd|working directory/);
    }
  }
  expect(sentinels(box, place)).toEqual(before);
}, 240_000);

test('a user ID is a number of 32 bits and nothing else (crun’s CVE-2026-30892)', () => {
  const values: Json[] = ['0', '', '+1', '1x', -1, 1.5, 4_294_967_296, 2n ** 64n];
  for (const uid of values) refused(box.run({ patch: { '/process/user/uid': uid } }), /uid/);
});

testTsrunc('the one ID that would change nothing is refused', () => {
  for (const id of ['uid', 'gid'])
    refused(
      box.run({ patch: { [`/process/user/${id}`]: 4_294_967_295 } }),
      new RegExp(`${id}|become the container user`),
    );
});

test('annotations of other runtimes start nothing on the host', () => {
  const file = path.join(box.scratch(), 'made');
  const annotations = {
    'org.systemd.property.ExecStartPre': `'/bin/touch ${file}'`,
    'org.systemd.property.Environment': '["A=b"]',
    'run.oci.handler': 'krun',
    'run.oci.hooks.stdout': file,
  };
  box.run({ patch: { '/annotations': annotations }, script: 'exit 0' });
  expect(fs.existsSync(file)).toBe(false);
});

testTsrunc('what a container chose to be called makes no second line in the log', () => {
  const evil = 'x\n{"level":"error","msg":"forged"}\u001b[31m';
  for (const patch of [
    { '/process/args': [evil] },
    { '/process/cwd': `/etc/passwd/${evil}` },
    { '/mounts/-': [{ type: 'bind', source: `/${evil}`, destination: '/mnt', options: ['bind'] }] },
    { '/mounts/-': [{ type: 'tmpfs', source: 'x', destination: `/etc/passwd/${evil}` }] },
  ] satisfies Patch[]) {
    const outcome = refused(box.tryCreate({ patch, log: true }).created, /\S/);
    const lines = outcome.log.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(['error']);
    expect(`${outcome.stderr}${outcome.log}`).not.toContain('\u001b');
  }
});

testTsrunc('the socket that init waits at is root’s alone, in a directory that cannot be listed', () => {
  const { id } = box.create();
  const directory = path.join(box.root, id);
  expect((fs.statSync(directory).mode & 0o7777).toString(8)).toBe('711');
  const socket = path.join(directory, 'init.sock');
  expect(fs.statSync(socket).mode & 0o022).toBe(0);
  for (const name of ['config.json', 'state.json']) expect(fs.statSync(path.join(directory, name)).mode & 0o77).toBe(0);
  ok(box.runtime(['delete', '--force', id]));
});

test('a process that has got the PID of a dead container is left alone', async () => {
  const container = box.create({ script: 'sleep 1000' }).start();
  const bystander = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const { pid } = container;
  const file = path.join(box.root, container.id, 'state.json');
  const other = bystander.pid ?? -1;
  container.kill();
  await until('it is dead', () => !isAlive(pid));
  fs.writeFileSync(file, slurp(file).replace(`"init_process_pid":${pid}`, `"init_process_pid":${other}`));
  expect(slurp(file)).toContain(`"init_process_pid":${other}`);
  expect(container.call(['kill', container.id, 'KILL']).status).toBe(1);
  expect(container.state().status).toBe('stopped');
  container.delete('--force');
  expect(isAlive(other)).toBe(true);
  bystander.kill('SIGKILL');
});

test('names and states that a process gives itself in /proc deceive nobody', async () => {
  for (const name of [') Z 0 0 (', 'x) S 1 1 1 0', '\\n) Z']) {
    const container = box.create({ script: `printf '${name}' > /proc/self/comm; while :; do sleep 1; done` }).start();
    await until('it is renamed', () => !/^(sh|tsrunc-init)/.test(statusField(container.pid, 'Name') ?? 'sh'));
    expect(container.state().status).toBe('running');
    container.kill();
    await container.stopped();
    expect(container.state().status).toBe('stopped');
    container.delete();
  }
});

test('no cgroupsPath climbs out of the hierarchy', async () => {
  for (const prefix of ['/../../../../..', '/..', '..', '../../../..', '/./../.']) {
    const name = `${box.name}-climber`;
    ok(box.run({ patch: { '/linux/cgroupsPath': `${prefix}/${name}` }, script: 'exit 0' }));
    for (const place of ['/', '/sys', '/sys/fs', '/tmp']) expect(fs.existsSync(path.join(place, name))).toBe(false);
  }
  await box.clean();
});

test('IDs and roots are no paths to elsewhere', () => {
  const bundle = box.bundle();
  const outside = path.join(box.dir, 'outside');
  for (const id of ['../outside', '..', '.', 'a/b', '/tmp/x', 'a\nb', '', 'a b', `${'x'.repeat(1100)}`]) {
    const outcome = box.runtime(['create', '--bundle', bundle, '--', id]);
    expect([outcome.command, outcome.status]).toEqual([outcome.command, 1]);
  }
  expect(fs.existsSync(outside)).toBe(false);
});

test('a container has a session keyring of its own, which is not its caller’s', () => {
  const { stdout } = ok(box.run({ script: 'cat /proc/keys', patch: { '/linux/maskedPaths': undefined } }));
  expect(stdout).toMatch(new RegExp(`keyring +_ses\\.${box.name}-\\d+: empty`));
});

test('the host’s terminal is not the container’s to type into', () => {
  const { stdout } = ok(
    box.run({
      script: 'cut() { shift 4; echo sid $2 tty $3; }; read -r a < /proc/self/stat; cut $a; (: < /dev/tty) 2>&1; true',
    }),
  );
  expect(stdout).toMatch(/^sid 1 tty 0\n/);
  expect(stdout).toMatch(/no such device|cannot open|can't open/i);
});

test.each([
  ['is as long as a book', () => `${'x:x:1:1::/:/bin/sh\n'.repeat(100_000)}user:x:1000:1000::/late:/bin/sh\n`],
  ['is not text', () => Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 256))],
  [
    'has lines that are not what they seem',
    () => 'a:x:01000:0::/CANARY:\nb:x:+1000:0::/CANARY:\nc:x:1000x:0::/CANARY:\n',
  ],
  ['has a home that is no path', () => 'user:x:1000:1000::CANARY:/bin/sh\n'],
  ['is without an end', () => 'user:x:1000'],
])('a user is found, or not, in an /etc/passwd that %s', (_, content) => {
  const bundle = box.bundle({
    ownRootfs: true,
    script: 'echo $HOME',
    patch: { '/process/user': { uid: 1000, gid: 1000 } },
  });
  for (const file of ['passwd', 'group']) fs.writeFileSync(path.join(bundle, 'rootfs/etc', file), content());
  const outcome = ok(box.run({ bundle, timeout: 10 }));
  expect(outcome.stdout).toMatch(/^\/(late)?\n$/);
});

testTsrunc.each([
  ['a device without an end', '/dev/zero'],
  ['a directory', '/etc'],
  ['itself', 'passwd'],
  ['a file of the kernel that blocks', '/proc/kmsg'],
])('an /etc/passwd that is %s does not hold the runtime up', (_, target) => {
  const bundle = box.bundle({
    ownRootfs: true,
    script: 'echo $HOME',
    patch: { '/process/user': { uid: 1000, gid: 1000 } },
  });
  fs.rmSync(path.join(bundle, 'rootfs/etc/passwd'));
  fs.symlinkSync(target, path.join(bundle, 'rootfs/etc/passwd'));
  expect(ok(box.run({ bundle, timeout: 10 })).stdout).toBe('/\n');
});

testTsrunc(
  'an unprivileged user’s container can neither drop groups nor change cgroups (CVE-2014-8989, CVE-2023-25809)',
  () => {
    const directory = box.scratch();
    const bundle = box.bundle({
      ownRootfs: true,
      script: 'cat /proc/self/setgroups; mkdir /sys/fs/cgroup/x 2>/dev/null && echo ESCAPED; exit 0',
      patch: {
        '/linux/namespaces/-': [{ type: 'user' }],
        '/linux/uidMappings': [{ containerID: 0, hostID: 65_534, size: 1 }],
        '/linux/gidMappings': [{ containerID: 0, hostID: 65_534, size: 1 }],
        '/linux/resources': undefined,
        '/mounts/2/options': ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
      },
    });
    for (const place of [directory, bundle]) execFileSync('chown', ['-R', '65534:65534', place]);
    const caller = `exec setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"`;
    const root = path.join(directory, 'root');
    const outcome = box.runtime(['--root', root, 'run', '--bundle', bundle, box.id()], { caller });
    if (outcome.status !== 0 || outcome.stdout !== 'deny\n') throw new Error(transcript(outcome));
  },
);

test('a hook gets its own environment, and the container none of the caller’s', () => {
  const file = path.join(box.scratch(), 'environment');
  const outcome = box.run({
    script: 'env',
    env: { PATH: '/usr/bin:/bin', SECRET: 'of the caller', LD_PRELOAD: '', NODE_OPTIONS: '--nope' },
    patch: { '/hooks': { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', `env > ${file}`], env: ['OWN=1'] }] } },
  });
  expect(ok(outcome).stdout).not.toMatch(/SECRET|NODE_OPTIONS|LD_PRELOAD/);
  expect(slurp(file)).toContain('OWN=1');
  expect(slurp(file)).not.toMatch(/SECRET|NODE_OPTIONS/);
});

function digest(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}
