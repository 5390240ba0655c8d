import type { Config } from '../../../src/spec/config.ts';
import { inTodaysWords } from '../../../src/spec/older.ts';

const limited = (ociVersion: string, limit: number): Config => ({
  ociVersion,
  hostname: 'me',
  linux: { cgroupsPath: '/c', resources: { pids: { limit }, unified: {} } },
});

test.each(['1.0.0', '1.0.2-dev', '1.2.1'])('zero processes are no limit in version %s', (version) => {
  const { linux, ...rest } = limited(version, 0);
  expect(inTodaysWords(limited(version, 0))).toEqual({
    ...rest,
    linux: { cgroupsPath: '/c', resources: { unified: {} } },
  });
});

test.each([
  ['1.3.0', 0],
  ['1.3.0-dev', 0],
  ['1.0.2-dev', -1],
  ['1.0.2-dev', 5],
] as const)('version %s, limit %i: nothing is changed', (version, limit) => {
  expect(inTodaysWords(limited(version, limit))).toEqual(limited(version, limit));
});

test('a config without limits is left alone', () => {
  expect(inTodaysWords({ ociVersion: '1.0.0' })).toEqual({ ociVersion: '1.0.0' });
});
