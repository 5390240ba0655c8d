import { readExact, readField, type Struct, struct, u16, u32, writeField } from '../../../src/syscalls/struct.ts';
import * as structs from '../../../src/syscalls/structs.ts';
import { kernelHeaders, libraryHeaders, testWith, valuesInC } from './tools.ts';

/** Where C declares the same thing, and where its names are others. */
interface Counterpart {
  readonly headers: string;
  readonly type: string;
  /** Ours to C's; null: a stretch that we do not name as C does. */
  readonly fields?: Readonly<Record<string, string | null>>;
  /** Ours ends before C's does. */
  readonly partial?: boolean;
}

const kernel = (type: string, fields: Counterpart['fields'] = {}): Counterpart => ({
  headers: kernelHeaders,
  type,
  fields,
});
const library = (type: string): Counterpart => ({ headers: libraryHeaders, type });
const renamed = (declaration: Struct, name: (field: string) => string): Record<string, string> =>
  Object.fromEntries(Object.keys(declaration.fields).map((field) => [field, name(field)]));

const counterparts: { readonly [N in keyof typeof structs]: Counterpart } = {
  openHow: kernel('struct open_how'),
  cloneArgs: kernel('struct clone_args'),
  mountAttr: kernel('struct mount_attr'),
  schedAttr: kernel('struct sched_attr'),
  rlimit64: kernel('struct rlimit64'),
  capHeader: kernel('struct __user_cap_header_struct'),
  capData: kernel(
    'struct { struct __user_cap_data_struct half[2]; }',
    renamed(structs.capData, (field) =>
      field.replace(/(.*)_(low|high)/, (_, f, h) => `half[${Number(h === 'high')}].${f}`),
    ),
  ),
  iovec: library('struct iovec'),
  msghdr: library('struct msghdr'),
  cmsghdr: library('struct cmsghdr'),
  sockaddrUn: library('struct sockaddr_un'),
  ucred: library('struct ucred'),
  pollfd: library('struct pollfd'),
  timespec: library('struct timespec'),
  timeval: library('struct timeval'),
  kernelSigaction: kernel(
    'struct sigaction',
    renamed(structs.kernelSigaction, (field) => `sa_${field}`),
  ),
  winsize: kernel('struct winsize'),
  termios: kernel('struct termios'),
  statfs: kernel('struct statfs'),
  statx: kernel('struct statx', { times: null, __spare0: null, __spare: null }),
  sockFprog: kernel('struct sock_fprog'),
  nlmsghdr: kernel('struct nlmsghdr'),
  rtattr: kernel('struct rtattr'),
  ifinfomsg: kernel('struct ifinfomsg'),
  ifaddrmsg: kernel('struct ifaddrmsg'),
  ifreqFlags: { ...library('struct ifreq'), fields: { rest: null } },
  bpfProgLoad: { ...kernel('union bpf_attr'), partial: true },
  bpfProgAttach: { ...kernel('union bpf_attr'), partial: true },
  bpfProgQuery: {
    ...kernel(
      'union bpf_attr',
      renamed(structs.bpfProgQuery, (field) => `query.${field}`),
    ),
    partial: true,
  },
};

const declarations: readonly (readonly [string, Struct])[] = Object.entries(structs);

testWith('cc')('every struct lies in memory as C declares it', () => {
  const ours = new Map<string, bigint>();
  const theirs = new Map<string, bigint>();
  for (const headers of [kernelHeaders, libraryHeaders]) {
    const here = declarations.filter(([name]) => counterpartOf(name).headers === headers);
    const types = here.map(([name]) => `typedef ${counterpartOf(name).type} T_${name};`);
    const expressions = here.flatMap(([name, declaration]) => [...layoutOf(name, declaration)]);
    for (const [expression, value] of expressions) ours.set(expression, value);
    const values = valuesInC(
      [headers, ...types].join('\n'),
      expressions.map(([expression]) => expression),
    );
    for (const [expression, value] of values) theirs.set(expression, value);
  }
  expect(Object.fromEntries(theirs)).toEqual(Object.fromEntries(ours));
  expect(ours.size).toBeGreaterThan(200);
});

function counterpartOf(name: string): Counterpart {
  const counterpart = Object.entries(counterparts).find(([key]) => key === name)?.[1];
  if (!counterpart) throw new Error(`${name}: which struct of C is it?`);
  return counterpart;
}

/** C expressions for size and offsets, with the values that our declaration gives them. */
function layoutOf(name: string, { size, fields, offsets }: Struct): Map<string, bigint> {
  const { partial, fields: names } = counterpartOf(name);
  const layout = new Map<string, bigint>();
  if (!partial) layout.set(`sizeof(T_${name})`, BigInt(size));
  for (const [field, type] of Object.entries(fields)) {
    const theirs = names?.[field];
    if (theirs === null) continue;
    layout.set(`offsetof(T_${name}, ${theirs ?? field})`, BigInt(offsets[field] ?? -1));
    layout.set(`sizeof(((T_${name} *)0)->${theirs ?? field})`, BigInt(type.size));
  }
  return layout;
}

test('fields are aligned by their own size, and the end by the largest', () => {
  const declaration = struct('t', { a: u16, b: u32, c: u16 });
  expect([declaration.offsets, declaration.size]).toEqual([{ a: 0, b: 4, c: 8 }, 12]);
});

test('what is written is read back, signed where it is declared so', () => {
  const bytes = new Uint8Array(structs.msghdr.size);
  const view = new DataView(bytes.buffer);
  const put = (field: keyof typeof structs.msghdr.fields, value: number | bigint): void =>
    writeField(view, structs.msghdr.offsets[field], structs.msghdr.fields[field], value);
  put('msg_flags', -5);
  put('msg_namelen', 0xfffffffe);
  put('msg_iovlen', 0xfedcba9876543210n);
  expect(readField(structs.msghdr, 'msg_flags', bytes)).toBe(-5);
  expect(readField(structs.msghdr, 'msg_namelen', bytes)).toBe(0xfffffffe);
  expect(readExact(structs.msghdr, 'msg_iovlen', bytes)).toBe(0xfedcba9876543210n);
  expect(() => readField(struct('t', { a: u16 }), 'b' as 'a', bytes)).toThrow('struct t has no b');
});

test('bytes of a larger buffer are read at their own offset', () => {
  const whole = Uint8Array.of(9, 9, 0x34, 0x12);
  expect(readField(struct('t', { a: u16 }), 'a', whole.subarray(2))).toBe(0x1234);
});
