import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { which } from '../../integration/support/host.ts';
import { isTsrunc, ok, refused, testTsrunc, transcript } from '../../integration/support/runtime.ts';
import { sandbox } from '../../integration/support/sandbox.ts';

/** On a machine whose security module is AppArmor. */
const box = sandbox('apparmor');
const PARSER = which('apparmor_parser');
const OWN = '/proc/self/attr/current';

const testLoaded = PARSER === undefined ? test.skip : test;

/** Everything is permitted but what is felt by the tests. */
const PROFILES = ['tsrunc-test', 'tsrunc-other'].map(
  (name) => `profile ${name} flags=(attach_disconnected, mediate_deleted) {
  capability, network, mount, umount, pivot_root, file, signal, ptrace, unix, dbus, change_profile,
  deny /dev/shm/${name} w,
  deny capability chown,
}`,
);

beforeAll(() => {
  if (PARSER === undefined) return;
  const file = path.join(box.scratch(), 'profiles');
  fs.writeFileSync(file, `${PROFILES.join('\n')}\n`);
  execFileSync(PARSER, ['--replace', '--skip-cache', file], { stdio: ['ignore', 'inherit', 'inherit'] });
});

const under = (apparmorProfile: string, noNewPrivileges: boolean) => ({
  '/process/apparmorProfile': apparmorProfile,
  '/process/noNewPrivileges': noNewPrivileges,
});

test('the module is there', () => {
  expect(fs.readFileSync('/sys/module/apparmor/parameters/enabled', 'utf8')).toBe('Y\n');
  expect(fs.readFileSync('/sys/kernel/security/lsm', 'utf8')).toContain('apparmor');
});

testLoaded('the program of a container runs under its profile, and is denied what that denies', async () => {
  const container = box.create({
    patch: under('tsrunc-test', false),
    script: `cat ${OWN}; : > /dev/shm/allowed && echo made; (: > /dev/shm/tsrunc-test) || echo denied; exec sleep 100`,
  });
  expect(profileOf(container.pid)).toBe('unconfined');
  container.start();
  // A process that enters later is under the same profile, and may be given another.
  const own = ok(
    container.call(['exec', container.id, 'sh', '-c', `cat ${OWN}; (: > /dev/shm/tsrunc-test) || echo denied`]),
  );
  expect(own.stdout).toBe('tsrunc-test (enforce)\ndenied\n');
  const other = ok(container.call(['exec', '--apparmor', 'tsrunc-other', container.id, 'cat', OWN]));
  expect(other.stdout).toBe('tsrunc-other (enforce)\n');
  expect(container.created.later()).toBe('tsrunc-test (enforce)\nmade\ndenied\n');
  expect(profileOf(container.pid)).toBe('tsrunc-test (enforce)');
  container.kill();
});

testLoaded('no_new_privs does not keep a program from its profile', () => {
  const outcome = box.run({
    patch: under('tsrunc-test', true),
    script: `cat ${OWN}; grep NoNewPrivs /proc/self/status; (: > /dev/shm/tsrunc-test) || echo denied`,
  });
  if (outcome.stdout !== 'tsrunc-test (enforce)\nNoNewPrivs:\t1\ndenied\n') throw new Error(transcript(outcome));
});

(isTsrunc ? testLoaded : test.skip)(
  'with no_new_privs a caller’s own profile stays, and the container’s is put on top',
  () => {
    const outcome = box.run({
      patch: under('tsrunc-test', true),
      script: `cat ${OWN}; for name in test other; do (: > /dev/shm/tsrunc-$name) || echo denied; done`,
      caller: 'echo "exec tsrunc-other" > /proc/self/attr/exec || exit 9',
    });
    if (outcome.stdout !== 'tsrunc-other//&tsrunc-test (enforce)\ndenied\ndenied\n')
      throw new Error(transcript(outcome));
  },
);

testTsrunc('a profile that is not loaded fails create, which says so', () => {
  const { created } = box.tryCreate({ patch: under('tsrunc-absent', false), script: 'true' });
  refused(created, /tsrunc-absent.*is the profile loaded\?/);
});

testTsrunc('an SELinux label is refused where the module is AppArmor', () => {
  const { created } = box.tryCreate({ patch: { '/process/selinuxLabel': 'a:b:c' }, script: 'true' });
  refused(created, 'selinux label is specified in config, but selinux is disabled or not supported');
});

function profileOf(pid: number): string {
  return fs.readFileSync(`/proc/${pid}/attr/current`, 'utf8').trim();
}
