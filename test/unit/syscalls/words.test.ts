import { inspect } from 'node:util';
import { SyscallError } from '../../../src/engine/errors.ts';
import { Batch, type Result, Word } from '../../../src/syscalls/batch.ts';
import { type Calls, callsOver } from '../../../src/syscalls/calls.ts';
import { AT_FDCWD } from '../../../src/syscalls/constants.ts';
import { cString, utf8 } from '../../../src/syscalls/utf8.ts';
import { engine, local } from './support.ts';

/** The words of one call. */
function words(make: (calls: Calls<Result>, batch: Batch) => Result): string {
  const batch = new Batch();
  const { call } = make(callsOver({ batch, added: (result: Result) => result }), batch);
  return `${call.name}(${call.words().join(', ')})`;
}

test.each<[string, (calls: Calls<Result>, batch: Batch) => Result]>([
  ['mkdirat(AT_FDCWD, "/a b\\n", 0755)', (calls) => calls.mkdirat(AT_FDCWD, '/a b\n', 0o755)],
  [
    'mount("proc", "/proc", NULL, MS_BIND|MS_REC, NULL)',
    (calls) => calls.mount('proc', '/proc', null, ['MS_BIND', 'MS_REC'], null),
  ],
  ['umount2("/x", 0)', (calls) => calls.umount2('/x', [])],
  [
    'openat2(3, "etc", {flags=O_PATH|O_CLOEXEC, resolve=RESOLVE_IN_ROOT})',
    (calls) => calls.openat2(3, 'etc', { flags: ['O_PATH', 'O_CLOEXEC'], resolve: ['RESOLVE_IN_ROOT'] }),
  ],
  [
    'prlimit64(7, RLIMIT_NOFILE, {rlim_cur=1024, rlim_max=18446744073709551615}, NULL)',
    (calls) => calls.prlimit64(7, 'RLIMIT_NOFILE', { rlim_cur: 1024, rlim_max: 18446744073709551615n }, 0),
  ],
  [
    'execve("/bin/sh", ["sh", "-c", "x"], 2 variables)',
    (calls) => calls.execve('/bin/sh', ['sh', '-c', 'x'], ['PASSWORD=hunter2', 'B=']),
  ],
  ['setgroups([1, 2])', (calls) => calls.setgroups([1, 2])],
  ['sethostname("tsrunc")', (calls) => calls.sethostname('tsrunc')],
  ['prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)', (calls) => calls.prctl('PR_SET_NO_NEW_PRIVS', 1, 0, 0, 0)],
  ['write(1, "a.b")', (calls) => calls.write(1, Uint8Array.of(0x61, 0, 0x62))],
  [`write(1, "${'x'.repeat(32)}"… 40 bytes)`, (calls) => calls.write(1, new Uint8Array(40).fill(0x78))],
  ['read(0, 16 bytes)', (calls, batch) => calls.read(0, batch.output(16))],
  ['close(<"/proc">)', (calls) => calls.close(calls.openat(AT_FDCWD, '/proc', [], 0))],
  ['close(<"mnt">)', (calls) => calls.close(calls.openat2(calls.openat(AT_FDCWD, '/r', [], 0), 'mnt', {}))],
  ['close(<socket>)', (calls) => calls.close(calls.socket('AF_UNIX', ['SOCK_STREAM'], 0))],
  ['close(<fd>)', (calls, batch) => calls.close(new Word(batch.output(8), 4, 32))],
])('%s', (expected, make) => {
  expect(words(make)).toBe(expected);
});

test('a failure says the call, its arguments and the errno, and carries no secret of the environment', () => {
  let caught: unknown;
  try {
    local.calls.execve('/nonexistent', ['x'], ['PASSWORD=hunter2']);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(SyscallError);
  expect(caught).toMatchObject({
    message: 'execve("/nonexistent", ["x"], 1 variables): ENOENT',
    syscall: 'execve',
    errno: 2,
    code: 'ENOENT',
  });
  expect(JSON.stringify(caught)).not.toContain('hunter2');
  expect(inspect(caught, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain('hunter2');
});

test('a path with a NUL byte is refused, since the kernel would see another path', () => {
  expect(() => local.calls.mkdirat(AT_FDCWD, '/a\0b', 0)).toThrow('a NUL byte in "/a\\u0000b"');
});

test.each(['', 'ascii', 'é', '€', '😀', 'a\u{10ffff}b', '\ud800x', 'x\udc00'])(
  '%j is encoded as the engine would',
  (text) => {
    expect(utf8(text)).toEqual(Uint8Array.from(engine.encode(text)));
    expect(cString(text)).toEqual(Uint8Array.from([...engine.encode(text), 0]));
  },
);
