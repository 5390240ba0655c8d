import type { Arch } from '../../../src/engine/engine.ts';
import { Address, Batch, Memory, type Result, Word } from '../../../src/syscalls/batch.ts';
import { callsOver } from '../../../src/syscalls/calls.ts';
import { decode, ENTRY, ENTRY_FLAG, encode, HEADER, MAGIC, OPERAND } from '../../../src/syscalls/layout.ts';
import { syscallNumber } from '../../../src/syscalls/numbers.ts';
import { readExact } from '../../../src/syscalls/struct.ts';
import { iovec, openHow, pollfd } from '../../../src/syscalls/structs.ts';

const BASE = 0x10000000;
const getpid = { name: 'getpid', words: () => [] } as const;

function built(build: (batch: Batch) => void, arch: Arch = 'x86_64') {
  const batch = new Batch();
  build(batch);
  const { bytes, replyLength } = encode(batch, BASE, arch);
  const view = new DataView(bytes.buffer);
  const entry = (i: number) => {
    const at = view.getUint32(HEADER.entries, true) + ENTRY.size * i;
    return {
      number: view.getUint32(at + ENTRY.number, true),
      flags: view.getUint32(at + ENTRY.flags, true),
      args: [0, 1, 2, 3, 4, 5].map((k) => Number(view.getBigInt64(at + ENTRY.arguments + 8 * k, true))),
    };
  };
  return { batch, bytes, replyLength, view, entry };
}

/** What the calls were given. */
function memoriesOf(batch: Batch): Memory[] {
  return batch.entries.flatMap(({ registers }) => registers.filter((operand) => operand instanceof Memory));
}

test('the header counts bytes and entries, and what comes back is one stretch from the start', () => {
  const { bytes, replyLength, view, batch } = built((batch) => {
    const out = batch.output(10);
    batch.add(getpid, [batch.input(Uint8Array.of(1, 2, 3)), out]);
    batch.add(getpid, []);
  });
  expect(view.getUint32(HEADER.magic, true)).toBe(MAGIC);
  expect(view.getUint32(HEADER.length, true)).toBe(bytes.length - HEADER.size);
  expect(view.getUint32(HEADER.count, true)).toBe(2);
  expect(view.getUint32(HEADER.reply, true)).toBe(replyLength);
  expect(replyLength).toBe(HEADER.size + 16 + 10);
  expect(view.getUint32(HEADER.entries, true)).toBe(HEADER.size + 32);
  const places = memoriesOf(batch).map(({ place }) => place);
  expect(places).toHaveLength(2);
  expect(places.every((place) => place % 8 === 0)).toBe(true);
});

test('constants, addresses, words and results are told apart by two bits each', () => {
  const { entry, batch } = built((batch) => {
    const out = batch.output(16);
    const first = batch.add(getpid, [-1, out, new Address(out, 8)]);
    batch.add({ name: 'read', words: () => [] }, [new Word(out, 4, 32), new Word(out, 8, 64), first]);
  });
  const place = BASE + (memoriesOf(batch)[0]?.place ?? 0);
  expect(entry(0)).toMatchObject({ number: syscallNumber('getpid', 'x86_64'), flags: 0 });
  expect(entry(0).args).toEqual([-1, place, place + 8, 0, 0, 0]);
  expect(entry(1).flags).toBe(OPERAND.word32 | (OPERAND.word64 << 2) | (OPERAND.word64 << 4));
  expect(entry(1).args.slice(0, 3)).toEqual([place + 4, place + 8, BASE + HEADER.size]);
});

test.each([
  ['x86_64', 0o200000 | 0o400000],
  ['aarch64', 0o40000 | 0o100000],
] as const)('flags of open are those of the machine that makes the call: %s', (arch, bits) => {
  const names = ['O_DIRECTORY', 'O_NOFOLLOW'] as const;
  const { entry, batch, bytes } = built((batch) => {
    const calls = callsOver({ batch, added: (result: Result) => result });
    calls.openat(3, 'x', names, 0);
    calls.openat2(3, 'x', { flags: names });
  }, arch);
  const how = memoriesOf(batch).find((memory) => memory.size === openHow.size)?.place ?? 0;
  expect(entry(0)).toMatchObject({ number: syscallNumber('openat', arch), flags: 0 });
  expect(entry(0).args[2]).toBe(bits);
  expect(Number(readExact(openHow, 'flags', bytes.subarray(how, how + openHow.size)))).toBe(bits);
});

test.each([NaN, 0.5, Number.POSITIVE_INFINITY])('%d is no argument: it would become another number', (value) => {
  expect(() => built((batch) => void batch.add(getpid, [value]))).toThrow(RangeError);
});

test.each([0, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1])('%d arrives whole', (value) => {
  expect(built((batch) => void batch.add(getpid, [value])).entry(0).args[0]).toBe(value);
});

test('what an entry does besides its call stands above the operands', () => {
  const { entry } = built((batch) => {
    batch.add(getpid, [], { expected: ['EPERM'] });
    batch.add(getpid, [], { adopt: true });
    batch.add(getpid, [], { returnsTwice: 0xabc });
    const memory = batch.input(new Uint8Array(8));
    batch.store(memory, 4, batch.add(getpid, []));
  });
  expect([0, 1, 2, 4].map((i) => entry(i).flags)).toEqual([
    ENTRY_FLAG.ignore,
    ENTRY_FLAG.adopt,
    (0xabc0000 | ENTRY_FLAG.returnsTwice) >>> 0,
    ENTRY_FLAG.store | (OPERAND.word64 << 2),
  ]);
});

test('an answered entry makes no call, and neither a second process nor a new control socket', () => {
  const { entry, batch } = built((batch) => {
    batch.add(getpid, [], { returnsTwice: 5, adopt: true, expected: ['EIO'] });
    const [made] = batch.entries;
    if (made) made.answer = -5;
  });
  expect(entry(0)).toEqual({
    number: 0,
    flags: ENTRY_FLAG.store | ENTRY_FLAG.ignore,
    args: [BASE + HEADER.size, 0, -5, 0, 0, 0],
  });
  expect(batch.entries).toHaveLength(1);
});

test('a reply settles what was executed, and brings memory back', () => {
  const { batch, bytes, replyLength } = built((batch) => {
    batch.add(getpid, [batch.output(4)]);
    batch.add(getpid, []);
    batch.add(getpid, []);
  });
  const reply = bytes.slice(0, replyLength);
  const view = new DataView(reply.buffer);
  view.setUint32(HEADER.remaining, 1, true);
  view.setBigInt64(HEADER.size, 42n, true);
  view.setBigInt64(HEADER.size + 8, -2n, true);
  reply.set([1, 2, 3, 4], memoriesOf(batch)[0]?.place);
  expect(decode(batch, reply)).toBe(2);
  expect(batch.entries.map(({ result }) => (result.known ? result.value : 'unknown'))).toEqual([42, -2, 'unknown']);
  expect([...(memoriesOf(batch)[0]?.bytes ?? [])]).toEqual([1, 2, 3, 4]);
  expect(() => batch.entries[2]?.result.value).toThrow('the result of getpid is not known yet');
});

test('a reply that claims more entries than there are settles none', () => {
  const { batch, bytes, replyLength } = built((batch) => batch.add(getpid, []));
  const reply = bytes.slice(0, replyLength);
  new DataView(reply.buffer).setUint32(HEADER.remaining, 0xffffffff, true);
  expect(decode(batch, reply)).toBe(0);
});

test('a result of an earlier batch is a number, one of a batch that has not run is refused', () => {
  const earlier = new Batch().add(getpid, []);
  expect(() => built((batch) => batch.add(getpid, [earlier]))).toThrow('belongs to a batch that has not run');
  earlier.settle(7);
  expect(built((batch) => batch.add(getpid, [earlier])).entry(0).args[0]).toBe(7);
});

test('structs hold flags, bytes, addresses and stored results', () => {
  const memories: Memory[] = [];
  const { bytes, entry } = built((batch) => {
    const fd = batch.add(getpid, []);
    const data = batch.input(Uint8Array.of(9));
    memories.push(
      data,
      batch.struct(openHow, { flags: ['O_PATH', 'O_CLOEXEC'], resolve: ['RESOLVE_IN_ROOT'] }),
      batch.struct(iovec, { iov_base: data, iov_len: 1 }),
      batch.struct(pollfd, { fd, events: ['POLLIN'] }),
    );
  });
  const [data, how, vector, poll] = memories;
  const structBytes = (memory = how): Uint8Array => bytes.subarray(memory?.place);
  expect(readExact(openHow, 'flags', structBytes())).toBe(0o12000000n);
  expect(readExact(openHow, 'resolve', structBytes())).toBe(0x10n);
  expect(readExact(iovec, 'iov_base', structBytes(vector))).toBe(BigInt(BASE + (data?.place ?? 0)));
  expect(readExact(pollfd, 'events', structBytes(poll))).toBe(1n);
  expect(entry(1).args[0]).toBe(BASE + (poll?.place ?? 0));
});

test.each([255, -1, 2 ** 31, 2 ** 32 + 5, 0xfedcba9876543210n])('%d in a struct is all of it', (value) => {
  const batch = new Batch();
  const { bytes } = batch.struct(iovec, { iov_len: value });
  expect(readExact(iovec, 'iov_len', bytes)).toBe(BigInt.asUintN(64, BigInt(value)));
  expect(readExact(iovec, 'iov_base', bytes)).toBe(0n);
});

test('calls of a batch that say the same of how to open share it, and only those', () => {
  const batch = new Batch();
  const calls = callsOver({ batch, added: (result: Result) => result });
  const how = { flags: ['O_PATH', 'O_CLOEXEC'], resolve: ['RESOLVE_IN_ROOT'] } as const;
  const opened = [how, { ...how }, { flags: how.flags }, { ...how, mode: 0o644 }, { resolve: how.flags }];
  const [first, same, ...others] = opened.map((given) => calls.openat2(3, 'x', given).registers[2]);
  expect(first).toBeInstanceOf(Memory);
  expect(same).toBe(first);
  expect(new Set([first, ...others]).size).toBe(4);
  expect(calls.openat2(3, 'x', how).registers[3]).toBe(openHow.size);
});

test('memory stays what it is while more is added, whatever its strings are', () => {
  const batch = new Batch();
  const texts = Array.from({ length: 200 }, (_, i) => ['ascii', 'höher', 'é', '', '😀'][i % 5]?.repeat(i) ?? '');
  const memories = texts.map((text) => batch.string(text));
  const next = batch.struct(openHow, { mode: 1 });
  expect(memories.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(texts.map((text) => `${text}\0`));
  expect(readExact(openHow, 'flags', next.bytes)).toBe(0n);
});

test('a batch takes six registers and runs once', () => {
  const batch = new Batch();
  expect(() => batch.add(getpid, [1, 2, 3, 4, 5, 6, 7])).toThrow('getpid: more than six registers');
  batch.begin();
  expect(() => batch.begin()).toThrow('a batch runs once');
});

test('typed calls put their arguments into the registers that the kernel reads', () => {
  const batch = new Batch();
  const calls = callsOver({ batch, added: (result: Result) => result });
  calls.mount('a', 'b', null, ['MS_BIND', 'MS_REC'], null);
  calls.setgroups([1, 2, 3]);
  calls.sethostname('höst');
  const registers = batch.entries.map(({ registers }) => registers);
  expect(registers[0]?.[2]).toBe(0);
  expect(registers[0]?.[3]).toBe(0x5000);
  expect(registers[1]?.[0]).toBe(3);
  expect(registers[2]?.[1]).toBe(5);
});
