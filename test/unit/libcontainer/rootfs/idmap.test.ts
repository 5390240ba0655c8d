import { parseMaps } from '../../../../src/libcontainer/rootfs/idmap.ts';

const container = {
  uidMappings: [
    { containerID: 0, hostID: 0, size: 1 },
    { containerID: 1, hostID: 2, size: 1000 },
  ],
  gidMappings: [{ containerID: 0, hostID: 500, size: 10 }],
};

test('ranges are written as first, as, count', () => {
  expect(parseMaps('uids=0-1-10#10-11-10;gids=0-100-10', {})).toEqual({
    uids: [
      { containerID: 0, hostID: 1, size: 10 },
      { containerID: 10, hostID: 11, size: 10 },
    ],
    gids: [{ containerID: 0, hostID: 100, size: 10 }],
  });
});

test('with @ the second is moved as the container’s mapping moves the first', () => {
  expect(parseMaps('uids=@1-3-10;gids=@0-7-1', container)).toEqual({
    uids: [{ containerID: 1, hostID: 4, size: 10 }],
    gids: [{ containerID: 0, hostID: 507, size: 1 }],
  });
});

test('one that the container has not mapped is taken as it is', () => {
  expect(parseMaps('gids=@99-7-1', container).gids).toEqual([{ containerID: 99, hostID: 7, size: 1 }]);
});

test.each([
  'uids',
  'uids=',
  'uids=1-2',
  'uids=1-2-x',
  'pids=1-2-3',
  'uids=1-2-3#',
  'uids=-1-2-3',
  'uids=99999999999-1-1',
])('%s is refused', (text) => {
  expect(() => parseMaps(text, {})).toThrow('is no mapping');
});
