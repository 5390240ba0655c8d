import { nodeMask } from '../../../../src/libcontainer/init/attributes.ts';

test.each<[string, number[]]>([
  ['', []],
  ['0', [1, 0, 0, 0, 0, 0, 0, 0]],
  ['0-3,7', [0x8f, 0, 0, 0, 0, 0, 0, 0]],
  ['63', [0, 0, 0, 0, 0, 0, 0, 0x80]],
  ['64', [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]],
  [' 1 , 3-3', [0x0a, 0, 0, 0, 0, 0, 0, 0]],
])('the nodes %j are the bits %j', (list, bytes) => {
  expect([...nodeMask(list)]).toEqual(bytes);
});

test('a node beyond what any kernel has is refused before it costs memory', () => {
  expect(() => nodeMask('0-4294967295')).toThrow('no machine has a memory node 4294967295');
});
