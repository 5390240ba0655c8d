import { check, suffices } from '../../../../src/libcontainer/check.ts';
import { type Change, hostOf } from './machine.ts';

/** What is missing and needed. */
function lacks(change: Change, config?: object): string[] {
  const files = { ...change.files, ...(config && { '/bundle/config.json': JSON.stringify(config) }) };
  const { host, left } = hostOf({ ...change, files, noBus: true });
  const findings = check(host, config ? '/bundle' : undefined);
  expect(left()).toBe(0);
  const names = findings.filter(({ needed, verdict }) => needed && verdict === 'missing').map(({ name }) => name);
  expect(suffices(findings)).toBe(names.length === 0);
  return names;
}

const base = { ociVersion: '1.2.0', root: { path: '/' }, process: { args: ['x'], cwd: '/' } };
const noSeccomp: Change = { libseccomp: null, fails: { seccomp: 'EINVAL' } };

test('a machine that has everything suffices', () => {
  expect(lacks({})).toEqual([]);
  expect(lacks({ uid: 1000 })).toEqual([]);
});

test('what only some containers need is told, and does not decide', () => {
  expect(lacks(noSeccomp)).toEqual([]);
  expect(lacks({ files: { '/proc/self/ns/time': null, '/sys/fs/selinux/enforce': null } })).toEqual([]);
});

test('what every container needs decides', () => {
  expect(lacks({ fails: { openat2: 'ENOSYS' } })).toContain('openat2');
  expect(lacks({ files: { '/sys/fs/cgroup/cgroup.controllers': null } })).toContain('cgroup v2');
});

test('only root can do without user namespaces', () => {
  const restricted: Change = {
    fails: { 'unshare(CLONE_NEWUSER': 'EPERM', clone3: 'EPERM' },
    files: { '/proc/sys/kernel/unprivileged_userns_clone': '0\n' },
  };
  expect(lacks({ fails: { 'unshare(CLONE_NEWUSER': 'EPERM' } })).toEqual([]);
  expect(lacks({ ...restricted, uid: 1000 })).toContain('user');
  const { host } = hostOf({ ...restricted, uid: 1000, noBus: true });
  expect(check(host).find(({ name }) => name === 'user')?.cure).toBe('sysctl -w kernel.unprivileged_userns_clone=1');
});

test('with a bundle, what it needs decides, and nothing else', () => {
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW' };
  expect(lacks(noSeccomp, { ...base, linux: { seccomp } })).toEqual(
    expect.arrayContaining(['libseccomp', 'seccomp', '/linux/seccomp']),
  );
  expect(lacks(noSeccomp, base)).not.toContain('libseccomp');
  const time = { namespaces: [{ type: 'mount' }, { type: 'time' }] };
  expect(lacks({ files: { '/proc/self/ns/time': null } }, { ...base, linux: time })).toContain('time');
  expect(lacks({ fails: { 'unshare(CLONE_NEWNET': 'EPERM' } }, { ...base, linux: time })).not.toContain('network');
});

test('what the configuration names and is not there is in the answer, with its pointer', () => {
  const { host } = hostOf({
    noBus: true,
    files: {
      '/bundle/config.json': JSON.stringify({ ...base, linux: { resources: { rdma: { mlx4_0: { hcaHandles: 3 } } } } }),
      '/sys/fs/cgroup/cgroup.controllers': 'cpu\n',
    },
  });
  expect(check(host, '/bundle').filter(({ group }) => group === 'bundle')).toContainEqual(
    expect.objectContaining({
      pointer: expect.stringContaining('/linux/resources/rdma'),
      verdict: 'missing',
      needed: true,
    }),
  );
});

test('a bundle that could be used nowhere is refused', () => {
  const { host } = hostOf({ files: { '/bundle/config.json': '{}' } });
  expect(() => check(host, '/bundle')).toThrow('is missing');
});

test('where no stub can run, what it would have been asked is unknown', () => {
  const { host } = hostOf({ noBus: true, fails: { memfd_create: 'EACCES', 'openat(': 'EOPNOTSUPP' } });
  const findings = check(host);
  expect(findings.find(({ name }) => name === 'the stub')).toMatchObject({ verdict: 'missing', needed: true });
  expect(findings.find(({ name }) => name === 'openat2')).toMatchObject({ verdict: 'unknown' });
  expect(suffices(findings)).toBe(false);
});
