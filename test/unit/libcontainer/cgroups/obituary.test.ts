import { oomObituary } from '../../../../src/libcontainer/cgroups/obituary.ts';

const PREFIX = 'container init was OOM-killed (memory limit too low?)';

test.each([
  [{}, PREFIX],
  [{ 'memory.max': 'max' }, `${PREFIX}: its own memory.max is "max", so the limit is that of a cgroup above`],
  [{ 'memory.max': '1048576' }, `${PREFIX}: memory.max is 1048576`],
  [{ 'memory.max': '1048576', 'memory.peak': '1044480' }, `${PREFIX}: memory.max is 1048576, memory.peak 1044480`],
  [{ 'memory.max': '65536' }, `${PREFIX}: memory.max is 65536, and 131072 would do for the smallest program`],
])('the files %p read as %p', (files: Readonly<Record<string, string>>, sentence) => {
  expect(oomObituary({ oomKills: () => 1, fact: (file) => files[file] })).toBe(sentence);
});

test('there is none where the OOM killer was not', () => {
  expect(oomObituary({ oomKills: () => 0, fact: () => '65536' })).toBeUndefined();
});
