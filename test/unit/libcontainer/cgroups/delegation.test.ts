import { cgroupOwner } from '../../../../src/libcontainer/cgroups/delegation.ts';
import { FsCgroup } from '../../../../src/libcontainer/cgroups/fs.ts';
import type { Config, Mount } from '../../../../src/spec/config.ts';
import { FakeTree, failureOf } from './tree.ts';

function config(namespaces: readonly ('user' | 'cgroup')[], mount: Partial<Mount>): Config {
  return {
    ociVersion: '1.0.2',
    mounts: [{ destination: '/sys/fs/cgroup', type: 'cgroup', ...mount }],
    linux: {
      namespaces: namespaces.map((type) => ({ type })),
      uidMappings: [
        { containerID: 1000, hostID: 1000, size: 1 },
        { containerID: 0, hostID: 100000, size: 1000 },
      ],
    },
  };
}

test.each([
  ['a mount without options', config(['user', 'cgroup'], {}), 100000],
  ['rw', config(['user', 'cgroup'], { options: ['rw'] }), 100000],
  ['ro, then rw', config(['user', 'cgroup'], { options: ['ro', 'rw'] }), 100000],
  ['cgroup2', config(['user', 'cgroup'], { type: 'cgroup2' }), 100000],
  ['rw, then ro', config(['user', 'cgroup'], { options: ['rw', 'ro'] }), undefined],
  ['no cgroup mount', config(['user', 'cgroup'], { type: 'tmpfs' }), undefined],
  ['no user namespace', config(['cgroup'], {}), undefined],
  ['no cgroup namespace', config(['user'], {}), undefined],
])('The owner with %s', (_, asked, owner) => {
  expect(cgroupOwner(asked)).toBe(owner);
});

describe('An owned cgroup', () => {
  const tree = new FakeTree();
  const owned: string[] = [];
  const { files } = tree.host.engine;
  afterAll(() => tree.discard());
  beforeEach(() => owned.splice(0));

  function create(id: string): void {
    const options = { rootless: false, dispensable: false, owner: 7 };
    new FsCgroup(tree.host, { mount: tree.mount, hybrid: false }, tree.path(id), options).create(undefined);
  }

  test('is given away with the files that the kernel lists, and with no limit', () => {
    files.chown = (path, uid, gid) => void owned.push(`${path.slice(tree.mount.length)} ${uid} ${gid}`);
    create('a');
    expect(owned).toEqual(
      expect.arrayContaining(['/a 7 -1', '/a/cgroup.procs 7 -1', '/a/cgroup.subtree_control 7 -1']),
    );
    expect(owned.join()).not.toMatch(/pids\.max|memory\.max/);
  });

  test('is given away with three files where the kernel has no list', () => {
    const { read } = files;
    files.chown = (path, uid) => void owned.push(`${path.slice(tree.mount.length)} ${uid}`);
    files.read = (path) => {
      if (path === '/sys/kernel/cgroup/delegate') throw failureOf('ENOENT', path);
      return read(path);
    };
    try {
      create('c');
    } finally {
      files.read = read;
    }
    const three = ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'];
    expect(owned.sort()).toEqual(['/c 7', ...three.map((file) => `/c/${file} 7`)]);
  });

  test('may lack files that the kernel lists', () => {
    files.chown = (path, uid) => {
      if (path.endsWith('cgroup.procs')) throw failureOf('ENOENT', path);
      owned.push(`${path.slice(tree.mount.length)} ${uid}`);
    };
    create('b');
    expect(owned).toContain('/b/cgroup.subtree_control 7');
  });

  test('stays with who made it where he may give nothing away', () => {
    files.chown = (path) => {
      throw failureOf('EPERM', path);
    };
    create('c');
    expect(tree.logged.at(-1)).toContain('will not be able to divide its cgroup');
  });
});
