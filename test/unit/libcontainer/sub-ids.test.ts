import { mappingsOf, subIDsOf, userName } from '../../../src/libcontainer/sub-ids.ts';
import { engineWith } from './support.ts';

describe('A line of /etc/subuid', () => {
  test.each([
    ['by the name', 'joe:100000:65536'],
    ['by the number', '7:100000:65536'],
    ['with blanks around it', '  joe:100000:65536 '],
    ['among others', '# users\nann:1:2\n\njoe:100000:65536\nbob:3:4\n'],
  ])('gives a range %s', (_, text) => {
    expect(subIDsOf(text, 7, 'joe')).toEqual([{ start: 100_000, count: 65_536 }]);
  });

  test.each([
    ['another user’s', 'joey:100000:65536'],
    ['a number that is another user’s', '70:100000:65536'],
    ['of no IDs', 'joe:100000:0'],
    ['that goes beyond the highest ID', 'joe:4294967295:1'],
    ['with a negative start', 'joe:-1:10'],
    ['with a word for a number', 'joe:many:10'],
    ['of two fields', 'joe:100000'],
    ['of four fields', 'joe:100000:10:10'],
    ['that is a comment', '#joe:100000:10'],
  ])('gives nothing: %s', (_, text) => {
    expect(subIDsOf(text, 7, 'joe')).toEqual([]);
  });

  test('without a login name the number counts, and nobody has the name undefined', () => {
    expect(subIDsOf('undefined:1:1\n7:2:3', 7, undefined)).toEqual([{ start: 2, count: 3 }]);
  });

  test('all ranges of a user count, in their order', () => {
    const ranges = subIDsOf('joe:300:5\n7:100:10\n', 7, 'joe');
    expect(ranges).toEqual([
      { start: 300, count: 5 },
      { start: 100, count: 10 },
    ]);
  });
});

describe('The mappings of a caller', () => {
  test('are its own ID where it has no others', () => {
    expect(mappingsOf(7, [])).toEqual([{ containerID: 0, hostID: 7, size: 1 }]);
  });

  test('lay its ranges behind one another, from 1', () => {
    const ranges = [
      { start: 300, count: 5 },
      { start: 100, count: 10 },
    ];
    expect(mappingsOf(7, ranges)).toEqual([
      { containerID: 0, hostID: 7, size: 1 },
      { containerID: 1, hostID: 300, size: 5 },
      { containerID: 6, hostID: 100, size: 10 },
    ]);
  });

  test.each([
    ['its own ID', 0, 8],
    ['a range that is there twice', 300, 5],
    ['a part of one', 304, 10],
  ])('leave out a range with %s', (_, start, count) => {
    const ranges = [
      { start: 300, count: 5 },
      { start, count },
    ];
    expect(mappingsOf(7, ranges)).toHaveLength(2);
  });

  test('end at the highest ID', () => {
    const ranges = [
      { start: 1000, count: 4_294_966_000 },
      { start: 8, count: 900 },
      { start: 910, count: 80 },
    ];
    const mappings = mappingsOf(7, [...ranges, ...ranges]);
    const last = mappings.at(-1);
    expect((last?.containerID ?? 0) + (last?.size ?? 0)).toBeLessThanOrEqual(0xffffffff);
    expect(mappings).toHaveLength(4);
  });

  test('are no more than the kernel takes', () => {
    const ranges = Array.from({ length: 500 }, (_, i) => ({ start: 1000 + 2 * i, count: 1 }));
    expect(mappingsOf(7, ranges)).toHaveLength(340);
  });
});

test('a user has the first name in /etc/passwd that bears its number', () => {
  const engine = engineWith({
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\njoe:x:7:7::/:/bin/sh\njim:x:7:7::/:/bin/sh\n',
  });
  expect(userName(engine, 7)).toBe('joe');
  expect(userName(engine, 70)).toBeUndefined();
  expect(userName(engineWith({}), 7)).toBeUndefined();
});
