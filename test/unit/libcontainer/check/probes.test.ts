import type { Verdict } from '../../../../src/libcontainer/check/probe.ts';
import { probes } from '../../../../src/libcontainer/check/probes.ts';
import { type Change, siteOf } from './machine.ts';

/** What of a machine without it the probe of that name says, and of which. */
const without: Readonly<Record<string, readonly [Change, Verdict, RegExp]>> = {
  'the stub': [
    { fails: { memfd_create: 'EACCES', 'openat(': 'EOPNOTSUPP' } },
    'missing',
    /vm\.memfd_noexec forbids an executable memfd/,
  ],
  'vm.memfd_noexec': [{ files: { '/proc/sys/vm/memfd_noexec': '2\n' } }, 'limited', /is 2/],
  nesting: [{ files: { '/run/systemd/container': 'lxc\n' } }, 'limited', /lxc/],
  WSL: [{ files: { '/proc/sys/kernel/osrelease': '4.4.0-19041-Microsoft\n' } }, 'missing', /version 1/],
  'AppArmor around this process': [
    { files: { '/proc/self/attr/apparmor/current': 'lxc-container-default-cgns (enforce)\n' } },
    'limited',
    /lxc-container-default/,
  ],
  AppArmor: [{ files: { '/sys/module/apparmor/parameters/enabled': 'N\n' } }, 'missing', /apparmor not supported/],
  SELinux: [{ files: { '/sys/fs/selinux/enforce': null } }, 'missing', /selinux is disabled/],
  libseccomp: [{ libseccomp: null }, 'missing', /is not installed/],
  openat2: call('openat2', 'ENOSYS'),
  clone3: call('clone3', 'ENOSYS'),
  'clone3 with CLONE_INTO_CGROUP': call('clone3({flags=CLONE_INTO_CGROUP', 'EINVAL'),
  'close_range with CLOSE_RANGE_CLOEXEC': call('close_range(2147483647, 2147483647', 'EINVAL'),
  // The stub's own is made by the runtime, with other flags.
  memfd_create: call('memfd_create("check"', 'EPERM'),
  fsopen: call('fsopen', 'ENOSYS'),
  fsconfig: call('fsconfig', 'ENOSYS'),
  fsmount: call('fsmount', 'ENOSYS'),
  move_mount: call('move_mount', 'ENOSYS'),
  open_tree: call('open_tree', 'EPERM'),
  mount_setattr: call('mount_setattr(-1', 'ENOSYS'),
  mount: call('mount("", ', 'EPERM'),
  pivot_root: call('pivot_root', 'EPERM'),
  setns: call('setns', 'EPERM'),
  pidfd_open: call('pidfd_open', 'ENOSYS'),
  pidfd_send_signal: call('pidfd_send_signal', 'ENOSYS'),
  pidfd_getfd: call('pidfd_getfd', 'ENOSYS'),
  faccessat2: call('faccessat2(AT_FDCWD, "/", F_OK', 'ENOSYS'),
  statx: call('statx', 'ENOSYS'),
  seccomp: call('seccomp(SECCOMP_SET_MODE_FILTER, 0', 'EINVAL'),
  'seccomp with a listener': call('seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER', 'EINVAL'),
  bpf: call('bpf', 'EPERM'),
  keyctl: call('keyctl', 'EPERM'),
  set_mempolicy: call('set_mempolicy', 'ENOSYS'),
  user: [{ fails: { 'unshare(CLONE_NEWUSER': 'ENOSPC' } }, 'missing', /ENOSPC/],
  ipc: [{ files: { '/proc/self/ns/ipc': null } }, 'missing', /this kernel has none/],
  uts: [{ fails: { 'unshare(CLONE_NEWUTS': 'EPERM' } }, 'missing', /EPERM/],
  network: [{ fails: { 'unshare(CLONE_NEWNET': 'ENOSPC' } }, 'missing', /ENOSPC/],
  pid: [{ files: { '/proc/self/ns/pid': null } }, 'missing', /this kernel has none/],
  cgroup: [{ fails: { 'unshare(CLONE_NEWCGROUP': 'EPERM' } }, 'missing', /EPERM/],
  time: [{ files: { '/proc/self/ns/time': null } }, 'missing', /this kernel has none/],
  'mounts in a user namespace': [{ fails: { 'mount("tmpfs"': 'EACCES' } }, 'missing', /AppArmor/],
  'procfs in a user namespace': [{ fails: { 'mount("proc"': 'EPERM' } }, 'missing', /covered places/],
  'user.max_user_namespaces': [{ files: { '/proc/sys/user/max_user_namespaces': '0\n' } }, 'missing', /is 0/],
  'kernel.unprivileged_userns_clone': [
    { files: { '/proc/sys/kernel/unprivileged_userns_clone': '0\n' } },
    'missing',
    /is 0/,
  ],
  'kernel.apparmor_restrict_unprivileged_userns': [
    { files: { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' } },
    'missing',
    /is 1/,
  ],
  'cgroup v2': [{ files: { '/sys/fs/cgroup/cgroup.controllers': null } }, 'missing', /no cgroup v2 hierarchy/],
  'controller cpu': controllers('cpuset io'),
  'controller cpuset': controllers('cpu io'),
  'controller memory': controllers('cpu io'),
  'controller pids': controllers('cpu io'),
  'controller io': controllers('cpu'),
  'controller hugetlb': controllers('cpu'),
  'controller rdma': controllers('cpu'),
  delegation: [{ fails: { 'faccessat2(AT_FDCWD, "/sys/fs/cgroup", W_OK': 'EROFS' } }, 'missing', /mounted read-only/],
  'idmapped mounts': [{ fails: { mount_setattr: 'EINVAL' } }, 'missing', /ext4 at \/ answers EINVAL/],
  newuidmap: [{ files: { '/usr/bin/newuidmap': null } }, 'missing', /not in PATH/],
  newgidmap: [{ files: { '/usr/bin/newgidmap': null } }, 'missing', /not in PATH/],
  '/etc/subuid': [{ uid: 1000, files: { '/etc/subuid': 'ann:1:2\n' } }, 'missing', /nothing for joe/],
  '/etc/subgid': [{ uid: 1000, files: { '/etc/subgid': 'ann:1:2\n' } }, 'missing', /nothing for joe/],
  systemd: [{ noBus: true }, 'missing', /no system bus/],
  criu: [{ files: { '/usr/sbin/criu': null } }, 'missing', /not in PATH/],
};

function call(start: string, failure: string): [Change, Verdict, RegExp] {
  return [{ fails: { [start]: failure } }, 'missing', new RegExp(failure)];
}

function controllers(left: string): [Change, Verdict, RegExp] {
  return [{ files: { '/sys/fs/cgroup/cgroup.controllers': `${left}\n` } }, 'missing', /this kernel has none/];
}

test('every probe is known to answer in both ways', () => {
  expect([...new Set(probes.map(({ name }) => name))].sort()).toEqual(Object.keys(without).sort());
});

describe.each(probes.map((probe) => [`${probe.group}: ${probe.name}`, probe] as const))('%s', (_, probe) => {
  test('is there on a machine that has everything', () => {
    const { site, left } = siteOf();
    expect(probe.look(site)).toMatchObject({ verdict: 'ok' });
    expect(left()).toBe(0);
  });

  test('is missed where it is not, with what is lost and what to do', () => {
    const [change, verdict, words] = without[probe.name] ?? [];
    const changed = probe.group === 'namespaces' && probe.name === 'mount' ? noMountNamespace : change;
    const { site, left } = siteOf(changed);
    const answer = probe.look(site);
    expect(answer).toMatchObject({
      verdict,
      found: expect.stringMatching(changed === change ? (words ?? /never/) : /EPERM/),
    });
    expect(answer.cure).not.toBe(undefined);
    expect(probe.lost).not.toBe('');
    expect(left()).toBe(0);
  });
});

/** A call has the same name. */
const noMountNamespace: Change = { fails: { 'unshare(CLONE_NEWNS': 'EPERM' } };
