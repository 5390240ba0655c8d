import { cgroupDirectory } from '../../../../src/libcontainer/cgroups/path.ts';

const root = { mount: '/sys/fs/cgroup', hybrid: false, own: '/user.slice/session-1.scope' };

test.each([
  ['/a/b', '/sys/fs/cgroup/a/b'],
  ['//a///b/', '/sys/fs/cgroup/a/b'],
  ['/a/./b/../c', '/sys/fs/cgroup/a/c'],
  ['/../../a', '/sys/fs/cgroup/a'],
  ['a', '/sys/fs/cgroup/user.slice/a'],
  ['a/b', '/sys/fs/cgroup/user.slice/a/b'],
  ['./a', '/sys/fs/cgroup/user.slice/a'],
  ['../../../etc/a', '/sys/fs/cgroup/user.slice/etc/a'],
  ['system.slice:docker:1234', '/sys/fs/cgroup/user.slice/system.slice:docker:1234'],
  ['', '/sys/fs/cgroup/user.slice/id'],
  [undefined, '/sys/fs/cgroup/user.slice/id'],
])('cgroupsPath %p is the directory %s', (cgroupsPath, directory) => {
  expect(cgroupDirectory(root, cgroupsPath, 'id')).toBe(directory);
});

test.each(['/', '..', '.', '/..', 'a/..'])('cgroupsPath %p names no cgroup', (cgroupsPath) => {
  const place = () => cgroupDirectory(root, cgroupsPath, 'id');
  expect(place).toThrow('names no cgroup below the root');
  expect(place).toThrow(expect.objectContaining({ code: 'invalid-config', pointer: '/linux/cgroupsPath' }));
});

test.each(['/', '/init.scope', '/..', '/../sibling'])('A runtime in %s puts its containers at the top', (own) => {
  expect(cgroupDirectory({ ...root, own }, undefined, 'id')).toBe('/sys/fs/cgroup/id');
});
