import {
  decodeMessage,
  encodeCall,
  HEAD,
  messageLength,
} from '../../../../../src/libcontainer/cgroups/systemd/dbus/message.ts';
import { completeTypes } from '../../../../../src/libcontainer/cgroups/systemd/dbus/signature.ts';
import { marshal, unmarshal, type Value } from '../../../../../src/libcontainer/cgroups/systemd/dbus/values.ts';
import { text } from './bus.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test.each([
  ['', []],
  ['su', ['s', 'u']],
  ['a(sv)ua{sas}', ['a(sv)', 'u', 'a{sas}']],
  ['(a(ii)(s))aas', ['(a(ii)(s))', 'aas']],
])('the signature %j is taken apart', (signature, types) => {
  expect(completeTypes(signature)).toEqual(types);
});

test.each(['a', '(', '()', '(s', 's)', 'r', 'a{', `${'a'.repeat(70)}s`])('%j is no signature', (signature) => {
  expect(() => completeTypes(signature)).toThrow(RangeError);
});

test.each<[string, Value[], string]>([
  ['yu', [7, 1], '0700000001000000'],
  ['bs', [true, 'hi'], '01000000020000006869' + '00'],
  ['g', ['a(sv)'], '0561287376' + '2900'],
  ['n', [-2], 'feff'],
  ['x', [-1n], 'ffffffffffffffff'],
  ['t', [18446744073709551615n], 'ffffffffffffffff'],
  ['d', [1], '000000000000f03f'],
  // The padding in front of the first struct is no part of the length.
  ['a(yy)', [[[1, 2]]], '02000000' + '00000000' + '0102'],
  ['at', [[]], '00000000' + '00000000'],
  ['v', [{ signature: 'u', value: 5 }], '017500' + '00' + '05000000'],
  ['a{yv}', [[[1, { signature: 'y', value: 9 }]]], '05000000' + '00000000' + '0101790009'],
])('%s %j in the wire format, and back', (signature, values, wire) => {
  expect(hex(marshal(text, signature, values))).toBe(wire);
  expect(unmarshal(text, signature, Buffer.from(wire, 'hex'), true)).toEqual(values);
});

test('big-endian values are read too', () => {
  expect(unmarshal(text, 'us', Buffer.from('00000001' + '00000001' + '6100', 'hex'), false)).toEqual([1, 'a']);
});

test.each<[string, Value]>([
  ['u', -1],
  ['u', 2 ** 32],
  ['t', -1n],
  ['n', 40000],
  ['i', 1.5],
  ['s', 'a\0b'],
  ['s', 5],
  ['as', 'a'],
  ['(su)', ['a']],
  ['b', 1],
  ['v', 'a'],
])('a value that %s cannot hold is refused', (signature, value) => {
  expect(() => marshal(text, signature, [value])).toThrow(RangeError);
});

test.each([
  ['u', '0000'],
  ['s', '0500000061'],
  ['as', 'ffffffff'],
  ['v', '0275750000000000'],
  ['v', '0272000000000000'],
])('%s from bytes that end too early or make no sense is refused', (signature, wire) => {
  expect(() => unmarshal(text, signature, Buffer.from(wire, 'hex'), true)).toThrow(RangeError);
});

test('a call has the header that the specification describes', () => {
  const call = { destination: 'a.b', path: '/c', interface: 'd.e', member: 'F', signature: 'u', body: [3] };
  const bytes = encodeCall(text, 9, call);
  expect(hex(bytes.subarray(0, 12))).toBe('6c010001' + '04000000' + '09000000');
  expect(messageLength(bytes.subarray(0, HEAD))).toBe(bytes.length);
  const message = decodeMessage(text, bytes);
  expect(message).toMatchObject({ type: 'call', path: '/c', interface: 'd.e', member: 'F', sender: undefined });
  expect(message.body()).toEqual([3]);
});

test('what does not begin like a message, or is as long as none of ours, is refused', () => {
  expect(() => messageLength(text.encode('HTTP/1.1 400 Bad'))).toThrow(RangeError);
  expect(() => messageLength(Buffer.from('6c020001' + 'ffffff0f' + '01000000' + '00000000', 'hex'))).toThrow(
    RangeError,
  );
});
