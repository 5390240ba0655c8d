import { mountOptions } from '../../../../src/libcontainer/rootfs/mount-options.ts';
import { parseMountOptions } from '../../../../src/libcontainer/rootfs/parse-options.ts';

test('without options nothing is asked for', () => {
  expect(parseMountOptions([])).toEqual({
    bind: 'no',
    manners: new Set(),
    idmap: undefined,
    own: { set: [], clear: [] },
    tree: undefined,
    propagations: [],
    superblock: [],
    data: [],
  });
});

test.each([
  ['ro', 'rw', { set: [], clear: ['MOUNT_ATTR_RDONLY'] }],
  ['rw', 'ro', { set: ['MOUNT_ATTR_RDONLY'], clear: [] }],
  ['suid', 'nosuid', { set: ['MOUNT_ATTR_NOSUID'], clear: [] }],
  ['noatime', 'relatime', { set: [], clear: ['MOUNT_ATTR__ATIME'] }],
  ['relatime', 'noatime', { set: ['MOUNT_ATTR_NOATIME'], clear: ['MOUNT_ATTR__ATIME'] }],
  ['noatime', 'strictatime', { set: ['MOUNT_ATTR_STRICTATIME'], clear: ['MOUNT_ATTR__ATIME'] }],
])('of %s and %s the last wins', (first, last, expected) => {
  expect(parseMountOptions([first, last]).own).toEqual(expected);
});

test('a recursive option is for the tree, and leaves the mount’s own alone', () => {
  const { own, tree } = parseMountOptions(['rro', 'nodev', 'rexec']);
  expect(own).toEqual({ set: ['MOUNT_ATTR_NODEV'], clear: [] });
  expect(tree).toEqual({ set: ['MOUNT_ATTR_RDONLY'], clear: ['MOUNT_ATTR_NOEXEC'] });
});

test('a flag of the superblock comes and goes by name', () => {
  expect(parseMountOptions(['sync', 'dirsync', 'async', 'ro']).superblock).toEqual(['dirsync', 'ro']);
  expect(parseMountOptions(['lazytime', 'nolazytime', 'iversion', 'noiversion', 'mand', 'nomand']).superblock).toEqual(
    [],
  );
});

test('propagations are kept in their order', () => {
  expect(parseMountOptions(['slave', 'rshared']).propagations).toEqual([
    { type: 'MS_SLAVE', recursive: false },
    { type: 'MS_SHARED', recursive: true },
  ]);
});

test('what is no option of a mount is data of its file system, in its order', () => {
  expect(parseMountOptions(['size=1m', 'nosuid', 'mode=755', '', 'newinstance']).data).toEqual([
    'size=1m',
    'mode=755',
    'newinstance',
  ]);
});

test.each([
  ['idmap', { recursive: false }],
  ['ridmap', { recursive: true }],
  ['idmap=uids=0-1-2;gids=0-1-2', { recursive: false, mappings: 'uids=0-1-2;gids=0-1-2' }],
  ['ridmap=uids=0-1-2', { recursive: true, mappings: 'uids=0-1-2' }],
])('%s', (option, idmap) => {
  expect(parseMountOptions([option])).toMatchObject({ idmap, data: [] });
});

test('no option of the table is taken for data', () => {
  expect(parseMountOptions(Object.keys(mountOptions)).data).toEqual([]);
});

test('a name that every object has is no option', () => {
  expect(parseMountOptions(['constructor', 'toString']).data).toEqual(['constructor', 'toString']);
});

test('an `atime` takes back the `noatime` before it, and the other way round', () => {
  const own = (...options: string[]) => parseMountOptions(options).own;
  expect(own('noatime', 'atime')).toEqual({ set: [], clear: ['MOUNT_ATTR__ATIME'] });
  expect(own('atime', 'noatime')).toEqual({ set: ['MOUNT_ATTR_NOATIME'], clear: ['MOUNT_ATTR__ATIME'] });
  expect(own('strictatime', 'atime').set).toEqual(['MOUNT_ATTR_STRICTATIME']);
});
