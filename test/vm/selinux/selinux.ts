import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { which } from '../../integration/support/host.ts';
import { ok, refused, testTsrunc, transcript } from '../../integration/support/runtime.ts';
import { sandbox } from '../../integration/support/sandbox.ts';

/** On a machine whose security module is SELinux, with the policy of policy.conf, enforced. */
const box = sandbox('selinux');
const COMPILER = which('checkpolicy');
const OWN = '/proc/self/attr/current';

const testLoaded = COMPILER === undefined ? test.skip : test;
const label = (type: string) => `system_u:system_r:${type}`;

beforeAll(() => {
  if (COMPILER === undefined) return;
  const policy = path.join(box.scratch(), 'policy');
  const source = process.env['POLICY'] ?? '';
  execFileSync(COMPILER, ['-U', 'allow', '-o', policy, source], { stdio: ['ignore', 'inherit', 'inherit'] });
  fs.writeFileSync('/sys/fs/selinux/load', fs.readFileSync(policy));
  fs.writeFileSync('/sys/fs/selinux/enforce', '1');
});

testLoaded('the policy is enforced, and the tests are not confined by it', () => {
  expect(fs.readFileSync('/sys/fs/selinux/enforce', 'utf8')).toBe('1');
  expect(labelOf('self')).toBe(label('kernel_t'));
});

testLoaded('a container’s program, keyring, mounts and later processes have its labels', async () => {
  const container = box.create({
    // /proc/keys shows the keyrings that the policy lets container_t see.
    patch: {
      '/process/selinuxLabel': label('container_t'),
      '/linux/mountLabel': label('mount_t'),
      '/linux/maskedPaths': [],
    },
    script: `cat ${OWN}; echo; (: > /dev/shm/file) && echo made; grep -c _ses /proc/keys; cat /proc/self/mountinfo; exec sleep 100`,
  });
  expect(labelOf(container.pid)).toBe(label('kernel_t'));
  container.start();
  const own = ok(container.call(['exec', container.id, 'sh', '-c', `cat ${OWN}`]));
  expect(own.stdout.replaceAll('\0', '')).toBe(label('container_t'));
  const other = ok(container.call(['exec', '--process-label', label('kernel_t'), container.id, 'cat', OWN]));
  expect(other.stdout.replaceAll('\0', '')).toBe(label('kernel_t'));
  const [first, second, keyrings, ...mountinfo] = container.created.later().replaceAll('\0', '').split('\n');
  expect([first, second, keyrings]).toEqual([label('container_t'), 'made', '1']);
  const labelled = mountinfo.filter((line) => line.includes(`context=${label('mount_t')}`));
  expect(labelled.map((line) => line.split(' ')[4]).sort()).toEqual(['/dev', '/dev/pts', '/dev/shm']);
  container.kill();
});

testLoaded('what the policy denies to the label is denied in the container', () => {
  const outcome = box.run({
    patch: { '/process/selinuxLabel': label('container_t'), '/linux/mountLabel': label('locked_t') },
    // A mqueue has no option for its label: it is an attribute of its root.
    script: 'for place in shm mqueue; do (: > /dev/$place/file) || echo denied; done',
  });
  if (outcome.stdout !== 'denied\ndenied\n') throw new Error(transcript(outcome));
});

testLoaded('a label that the policy does not know fails create, which says so', () => {
  const { created } = box.tryCreate({ patch: { '/process/selinuxLabel': label('absent_t') }, script: 'true' });
  refused(created, /absent_t.*does the policy know the label/);
});

testTsrunc('an AppArmor profile is refused where the module is SELinux', () => {
  const { created } = box.tryCreate({ patch: { '/process/apparmorProfile': 'any' }, script: 'true' });
  refused(created, 'apparmor: config provided but apparmor not supported');
});

function labelOf(pid: number | 'self'): string {
  return fs.readFileSync(`/proc/${pid}/attr/current`, 'utf8').replace(/\0/g, '').trim();
}
