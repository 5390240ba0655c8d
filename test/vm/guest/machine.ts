import * as fs from 'node:fs';

test('has a cgroup v2 hierarchy with the controllers that limits need', () => {
  const controllers = fs.readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim().split(' ');
  expect(controllers).toEqual(expect.arrayContaining(['cpu', 'io', 'memory', 'pids']));
});

test('cannot write to the disk of the host', () => {
  for (const directory of ['/', '/root', '/etc', '/usr', '/var/lib', '/home']) {
    expect(() => fs.writeFileSync(`${directory}/written-by-a-guest`, '')).toThrow('EROFS');
  }
});
