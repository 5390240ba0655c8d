import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { SyscallError } from '../../../../src/engine/errors.ts';
import { files } from '../../../../src/engine/node/files.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync('/tmp/tsrunc-files-');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function failure(operate: () => unknown): SyscallError {
  try {
    operate();
  } catch (error) {
    if (error instanceof SyscallError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

test.each<[string, () => unknown]>([
  ['read("/nonexistent"): ENOENT', () => files.read('/nonexistent')],
  ['read("/"): EISDIR', () => files.read('/')],
  ['open("/nonexistent", O_RDONLY): ENOENT', () => files.open('/nonexistent', ['O_RDONLY'])],
  [
    'open("/proc/self/exe", O_RDONLY, O_NOFOLLOW): ELOOP',
    () => files.open('/proc/self/exe', ['O_RDONLY', 'O_NOFOLLOW']),
  ],
  ['write(fd 999): EBADF', () => files.write(999, Uint8Array.of(1))],
  ['read(fd 999): EBADF', () => files.readSome(999, 1)],
  ['fsync(fd 999): EBADF', () => files.fsync(999)],
  ['close(fd 999): EBADF', () => files.close(999)],
  ['mkdir("/proc"): EEXIST', () => files.mkdir('/proc', 0o755)],
  ['rmdir("/etc/passwd"): ENOTDIR', () => files.rmdir('/etc/passwd')],
  ['unlink("/nonexistent"): ENOENT', () => files.unlink('/nonexistent')],
  ['rename("/nonexistent", /elsewhere): ENOENT', () => files.rename('/nonexistent', '/elsewhere')],
  ['chmod("/nonexistent", 0755): ENOENT', () => files.chmod('/nonexistent', 0o755)],
  ['chown("/nonexistent", 1, 2): ENOENT', () => files.chown('/nonexistent', 1, 2)],
  ['readlink("/"): EINVAL', () => files.readlink('/')],
  ['realpath("/nonexistent"): ENOENT', () => files.realpath('/nonexistent')],
  ['getdents64("/nonexistent"): ENOENT', () => files.readdir('/nonexistent')],
  ['stat("/nonexistent"): ENOENT', () => files.stat('/nonexistent')],
  ['lstat("/nonexistent"): ENOENT', () => files.lstat('/nonexistent')],
])('a failure is a system call error: %s', (message, operate) => {
  const error = failure(operate);
  expect(error.message).toBe(message);
  expect(error.errno).toBeGreaterThan(0);
});

test('what is written is read back, whole and in pieces, and every descriptor is close-on-exec', () => {
  const path = `${directory}/file`;
  const fd = files.open(path, ['O_WRONLY', 'O_CREAT', 'O_EXCL'], 0o640);
  expect(
    Number(/^flags:\s+0?(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]),
  ).toBeGreaterThanOrEqual(2000000);
  files.write(fd, Uint8Array.of(1, 2, 3));
  files.fsync(fd);
  files.close(fd);
  expect([...files.read(path)]).toEqual([1, 2, 3]);
  expect(statSync(path).mode & 0o777).toBe(0o640 & ~process.umask());
  const again = files.open(path, ['O_RDONLY']);
  expect([...files.readSome(again, 2)]).toEqual([1, 2]);
  expect([...files.readSome(again, 2)]).toEqual([3]);
  expect([...files.readSome(again, 2)]).toEqual([]);
  files.close(again);
});

test('O_EXCL, O_TRUNC and O_APPEND mean what they say', () => {
  const path = `${directory}/file`;
  const write = (flag: 'O_EXCL' | 'O_TRUNC' | 'O_APPEND', byte: number): void => {
    const fd = files.open(path, ['O_WRONLY', 'O_CREAT', flag]);
    files.write(fd, Uint8Array.of(byte));
    files.close(fd);
  };
  write('O_EXCL', 1);
  write('O_APPEND', 2);
  expect([...files.read(path)]).toEqual([1, 2]);
  expect(() => write('O_EXCL', 3)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  write('O_TRUNC', 4);
  expect([...files.read(path)]).toEqual([4]);
});

test('the kinds of files are told apart', () => {
  execFileSync('mkfifo', [`${directory}/fifo`]);
  expect(files.lstat(`${directory}/fifo`).kind).toBe('fifo');
  expect(files.stat('/dev/null').kind).toBe('char');
  expect(files.lstat('/proc/self').kind).toBe('symlink');
  expect(files.stat('/proc/self').kind).toBe('directory');
  expect(files.stat(__filename)).toMatchObject({ kind: 'file', size: statSync(__filename).size });
});

test('a directory is made, listed, renamed and removed', () => {
  files.mkdir(`${directory}/a`, 0o700);
  files.rename(`${directory}/a`, `${directory}/b`);
  expect(files.readdir(directory)).toEqual(['b']);
  files.chmod(`${directory}/b`, 0o711);
  expect(files.stat(`${directory}/b`).mode & 0o7777).toBe(0o711);
  expect(files.realpath(`${directory}/./b/..`)).toBe(directory);
  files.rmdir(`${directory}/b`);
  expect(files.readdir(directory)).toEqual([]);
});

test('a write to a stream that is full and non-blocking waits for its reader', () => {
  const fifo = `${directory}/fifo`;
  execFileSync('mkfifo', [fifo]);
  const reader = `exec 3<> ${fifo}; (sleep 0.3; head -c 300000 <&3 | wc -c > ${directory}/count) > /dev/null 2>&1 & echo`;
  spawnSync('sh', ['-c', reader]);
  const fd = files.open(`${fifo}`, ['O_RDWR']);
  execFileSync('python3', ['-c', 'import fcntl,os; fcntl.fcntl(3, fcntl.F_SETFL, os.O_NONBLOCK | os.O_RDWR)'], {
    stdio: ['ignore', 'ignore', 'inherit', fd],
  });
  files.write(fd, new Uint8Array(300_000));
  files.close(fd);
  spawnSync('sh', ['-c', `while ! [ -s ${directory}/count ]; do sleep 0.05; done`], { timeout: 5000 });
  expect(readFileSync(`${directory}/count`, 'utf8').trim()).toBe('300000');
});
