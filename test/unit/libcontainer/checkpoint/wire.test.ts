import { request, response } from '../../../../src/libcontainer/checkpoint/rpc.ts';
import { flag, message, number, text } from '../../../../src/libcontainer/checkpoint/wire.ts';

const codec = {
  encode: (value: string) => Uint8Array.from(Buffer.from(value)),
  decode: (bytes: Uint8Array) => Buffer.from(bytes).toString(),
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits, 'hex'));

const inner = message({ key: [1, text], fd: [2, number] });
const outer = message({
  count: [1, number],
  yes: [2, flag],
  name: [16, text],
  one: [3, inner],
  all: [4, inner, 'repeated'],
});

/** As Protocol Buffers' own documentation of its encoding has them, or `protoc --encode`. */
test.each([
  [{ count: 150 }, '089601'],
  [{ count: -1 }, '08ffffffffffffffffff01'],
  [{ count: 0, yes: true }, '08001001'],
  [{ name: 'testing' }, '82010774657374696e67'],
  [{ name: 'ä' }, '820102c3a4'],
  [{ one: { fd: 3 } }, '1a021003'],
  [{ one: {} }, '1a00'],
  [{ all: [{ key: 'a' }, { key: 'b', fd: 1 }] }, '22030a016122050a01621001'],
  [{}, ''],
])('%j is written as %s, and read from it', (value, written) => {
  expect(hex(outer.write(value, codec))).toBe(written);
  expect(outer.read(bytes(written), codec)).toEqual(value);
});

test('a text longer than 127 bytes has a length of two', () => {
  const value = { name: 'x'.repeat(300) };
  const written = outer.write(value, codec);
  expect(hex(written.subarray(0, 4))).toBe('8201ac02');
  expect(outer.read(written, codec)).toEqual(value);
});

test('what a newer peer says in addition is skipped', () => {
  // Field 7 as a varint, field 8 as bytes, field 9 of 8 and field 10 of 4 bytes; then one that we know.
  expect(outer.read(bytes(`3805${'420161'}${'49'}${'00'.repeat(8)}${'55'}${'00'.repeat(4)}1001`), codec)).toEqual({
    yes: true,
  });
});

test.each([
  ['08', 'a message ends in the middle of a field'],
  ['8201ff', 'a message ends in the middle of a field'],
  ['82010561', 'a message ends in the middle of a field'],
  [`08${'ff'.repeat(10)}01`, 'a number of more than 64 bits'],
  ['0b', 'a field of the wire type 3'],
  ['0a0161', 'bytes where a number belongs'],
  ['800101', 'a number where bytes belong'],
])('%s is refused: %s', (digits, words) => {
  expect(() => outer.read(bytes(digits), codec)).toThrow(words);
});

test('a request is what criu’s rpc.proto says', () => {
  const wanted = { type: 1, opts: { images_dir_fd: 5, lsm_mount_context: 'c' }, notify_success: false };
  expect(hex(request.write(wanted, codec))).toBe('080112060805fa0301631800');
});

test('an answer with a notification is understood', () => {
  expect(response.read(bytes('080610012a0c0a08706f73742d726573102a'), codec)).toEqual({
    type: 6,
    success: true,
    notify: { script: 'post-res', pid: 42 },
  });
});
