import { cgroupAt, cgroupFor } from '../../../../src/libcontainer/cgroups/manager.ts';
import { FakeTree } from './tree.ts';

const tree = new FakeTree();
afterAll(() => tree.discard());

const request = { id: 'c', cgroupsPath: undefined, rootless: false, annotations: {} };

test('A disabled manager does nothing, and has no directory', () => {
  const cgroup = cgroupFor(tree.host, { ...request, driver: 'disabled' });
  cgroup.create({ resources: { pids: { limit: 1 } } }, 1);
  cgroup.add(1);
  cgroup.kill();
  cgroup.undo();
  cgroup.remove();
  expect([cgroup.directory, cgroup.pids(), cgroup.oomKills(), cgroup.isFrozen()]).toEqual([undefined, [], 0, false]);
  expect(cgroup.fact('memory.max')).toBeUndefined();
  expect(() => cgroup.freeze()).toThrow('no cgroup of its own');
});

test('A recorded directory is opened again; none means no cgroup', () => {
  expect(cgroupAt(tree.host, '/sys/fs/cgroup/x/y').directory).toBe('/sys/fs/cgroup/x/y');
  expect(cgroupAt(tree.host, '').directory).toBeUndefined();
  expect(cgroupAt(tree.host, undefined).directory).toBeUndefined();
});
