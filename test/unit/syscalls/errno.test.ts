import { constants } from 'node:os';
import { errnoCode, errnoNumber, strerror } from '../../../src/syscalls/errno.ts';
import { libraryHeaders, testWith, valuesInC } from './tools.ts';

const codes = Array.from({ length: 133 }, (_, i) => errnoCode(i + 1)).filter((code) => !/^E\d+$/.test(code));

testWith('cc')('every code has the number that C knows it by', () => {
  const values = valuesInC(`${libraryHeaders}\n#include <errno.h>`, codes);
  expect(codes.map((code) => [code, errnoNumber(code)])).toEqual(codes.map((code) => [code, Number(values.get(code))]));
});

test('every code of the engine is known by its number', () => {
  for (const [code, number] of Object.entries(constants.errno))
    expect([code, errnoNumber(code)]).toEqual([code, number]);
});

test('all numbers but the two that Linux leaves out have a name', () => {
  expect(codes).toHaveLength(131);
  expect([41, 58].map(errnoCode)).toEqual(['E41', 'E58']);
  expect(errnoCode(4000)).toBe('E4000');
});

test.each([
  ['EPERM', 'operation not permitted'],
  ['ENOENT', 'no such file or directory'],
  ['EACCES', 'permission denied'],
  ['EEXIST', 'file exists'],
  ['ENOTDIR', 'not a directory'],
  ['EINVAL', 'invalid argument'],
  ['EBUSY', 'device or resource busy'],
  ['ENOSPC', 'no space left on device'],
  ['EROFS', 'read-only file system'],
  ['ELOOP', 'too many levels of symbolic links'],
  ['ENOEXEC', 'exec format error'],
  ['E2BIG', 'argument list too long'],
  ['ESRCH', 'no such process'],
  ['EAGAIN', 'resource temporarily unavailable'],
  ['ENOSYS', 'function not implemented'],
  ['EOPNOTSUPP', 'operation not supported'],
  ['ENOTSUP', 'operation not supported'],
  ['EIO', 'input/output error'],
  ['ETXTBSY', 'text file busy'],
  ['EDQUOT', 'disk quota exceeded'],
])('%s reads as Go words it: %s', (code, words) => {
  expect(strerror(code)).toBe(words);
});

test('a code that does not exist is refused as a number, and its own words', () => {
  expect(() => errnoNumber('ENOENTT')).toThrow('there is no errno ENOENTT');
  expect(() => errnoNumber('constructor')).toThrow(RangeError);
  expect(strerror('E41')).toBe('E41');
});
