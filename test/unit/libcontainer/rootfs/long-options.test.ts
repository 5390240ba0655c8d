import { isTooLong, overlayLayers } from '../../../../src/libcontainer/rootfs/long-options.ts';

const long = (letter: string): string => `/${letter.repeat(200)}`;

test('what counts is the value in bytes, not the name', () => {
  expect(isTooLong(`lowerdir=${'x'.repeat(255)}`)).toBe(false);
  expect(isTooLong(`lowerdir=${'x'.repeat(256)}`)).toBe(true);
  expect(isTooLong(`lowerdir=${'é'.repeat(128)}`)).toBe(true);
  expect(isTooLong('x'.repeat(256))).toBe(true);
});

test('layers are given one by one, the uppermost first', () => {
  expect(overlayLayers([`lowerdir=${long('a')}:${long('b')}`, 'upperdir=/u'])).toEqual([
    `lowerdir+=${long('a')}`,
    `lowerdir+=${long('b')}`,
    'upperdir=/u',
  ]);
});

test('layers that fit stay together', () => {
  expect(overlayLayers(['lowerdir=/a:/b'])).toEqual(['lowerdir=/a:/b']);
});

test.each([
  ['one layer is too long by itself', `lowerdir=/${'a'.repeat(300)}:/b`],
  ['there is an escaped colon', `lowerdir=${long('a')}\\:x:${long('b')}`],
  ['there are layers of data only', `lowerdir=${long('a')}::${long('b')}`],
  ['another option is too long', `upperdir=/${'a'.repeat(300)}`],
])('that does not help where %s', (_, option) => {
  expect(overlayLayers([option])).toBeUndefined();
});
