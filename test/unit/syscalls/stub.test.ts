import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { Word } from '../../../src/syscalls/batch.ts';
import { AT_FDCWD } from '../../../src/syscalls/constants.ts';
import { errnoNumber } from '../../../src/syscalls/errno.ts';
import { RemoteKernel } from '../../../src/syscalls/stub/remote-kernel.ts';
import { passDescriptor, takeDescriptor } from '../../../src/syscalls/stub/rights.ts';
import { StubGone, StubPort } from '../../../src/syscalls/stub/stub-port.ts';
import { describeStubs } from './stubs.ts';
import { engine, type LiveStub, liveStub, local, socketPair, waitFor } from './support.ts';

describeStubs((kind) => {
  let stub: LiveStub;
  beforeEach(() => {
    stub = kind.start();
  });
  afterEach(() => {
    stub.end();
  });

  test('a call is made in the stub, not here', () => {
    expect(stub.kernel.value(stub.kernel.calls.getpid())).toBe(stub.pid);
    expect(stub.pid).not.toBe(process.pid);
  });

  test('local and stub give the same answer to the same batch', () => {
    for (const kernel of [
      local.may('*').openat(AT_FDCWD, '/nonexistent', [], 0),
      stub.kernel.value(stub.kernel.may('*').openat(AT_FDCWD, '/nonexistent', [], 0)),
    ]) {
      expect(kernel).toBe(-2);
    }
  });

  test('later calls use the results of earlier ones in one round trip', () => {
    const { calls } = stub.kernel;
    const fd = calls.openat(AT_FDCWD, '/proc/self/stat', ['O_RDONLY'], 0);
    const text = stub.kernel.output(64);
    calls.read(fd, text);
    calls.close(fd);
    stub.kernel.flush();
    expect(stub.kernel.roundTrips).toBe(1);
    expect(engine.decode(text.bytes)).toMatch(new RegExp(`^${stub.pid} \\(`));
  });

  test('a batch stops at the first failure and the error names the call', () => {
    const directory = `${mkdtempSync('/tmp/tsrunc-stub-')}/never`;
    stub.kernel.calls.openat(AT_FDCWD, '/nonexistent', ['O_RDONLY'], 0);
    stub.kernel.calls.mkdirat(AT_FDCWD, directory, 0o755);
    expect(() => stub.kernel.flush()).toThrow(
      expect.objectContaining({ syscall: 'openat', code: 'ENOENT', args: expect.arrayContaining(['"/nonexistent"']) }),
    );
    expect(existsSync(directory)).toBe(false);
    rmdirSync(directory.replace('/never', ''));
  });

  test('an expected failure lets the batch go on', () => {
    const failed = stub.kernel.may('ENOENT').openat(AT_FDCWD, '/nonexistent', ['O_RDONLY'], 0);
    const pid = stub.kernel.calls.getpid();
    expect(stub.kernel.value(pid)).toBe(stub.pid);
    expect(failed.value).toBe(-2);
  });

  test('an unexpected failure among expected ones is reported although later calls ran', () => {
    stub.kernel.may('EEXIST').openat(AT_FDCWD, '/nonexistent', ['O_RDONLY'], 0);
    stub.kernel.calls.getpid();
    expect(() => stub.kernel.flush()).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  test('flags of open mean what their names say on this architecture', () => {
    const { kernel } = stub;
    const lenient = kernel.may('*');
    const opened = [
      lenient.openat(AT_FDCWD, '/etc/passwd', ['O_RDONLY', 'O_DIRECTORY'], 0),
      lenient.openat(AT_FDCWD, '/proc/self/exe', ['O_RDONLY', 'O_NOFOLLOW'], 0),
      lenient.openat(AT_FDCWD, '/proc', ['O_PATH', 'O_DIRECTORY', 'O_NOFOLLOW'], 0),
      lenient.openat(AT_FDCWD, '/tmp', ['O_TMPFILE', 'O_WRONLY', 'O_EXCL'], 0o600),
    ].map((result) => Math.min(0, kernel.value(result)));
    expect(opened).toEqual([-errnoNumber('ENOTDIR'), -errnoNumber('ELOOP'), 0, 0]);
  });

  test('descriptors that land in memory are operands', () => {
    const { kernel } = stub;
    const pipe = kernel.output(8);
    kernel.calls.pipe2(pipe, ['O_CLOEXEC']);
    kernel.calls.write(new Word(pipe, 4, 32), engine.encode('through the pipe'));
    const read = kernel.output(16);
    kernel.calls.read(new Word(pipe, 0, 32), read);
    kernel.flush();
    expect(engine.decode(read.bytes)).toBe('through the pipe');
  });

  test('a request of 2 MB arrives whole', () => {
    const { kernel } = stub;
    const bytes = new Uint8Array(2 << 20).fill(7);
    const fd = kernel.calls.memfd_create('big', []);
    kernel.calls.write(fd, bytes);
    const back = kernel.output(bytes.length);
    kernel.calls.openat(AT_FDCWD, '/proc/self/fd/0', ['O_PATH'], 0);
    kernel.flush();
    expect(back.bytes.length).toBe(bytes.length);
  });

  test('a call that returns twice gives a second process with a control socket of its own', () => {
    stub.end();
    const [ours, theirs] = socketPair();
    stub = kind.start(theirs);
    const child = kind.fork(stub.kernel, theirs);
    const pid = stub.kernel.value(child);
    engine.files.close(theirs);
    const kernel = new RemoteKernel(new StubPort(engine.files, ours, theirs, kind.arch));
    expect(kernel.value(kernel.calls.getpid())).toBe(pid);
    expect(kernel.value(kernel.calls.getppid())).toBe(stub.pid);
    expect(stub.kernel.value(stub.kernel.calls.getpid())).toBe(stub.pid);
    engine.files.close(ours);
    const status = stub.kernel.output(4);
    expect(stub.kernel.value(stub.kernel.calls.wait4(child, status, [], 0))).toBe(pid);
    expect([...status.bytes]).toEqual([0, 0, 0, 0]);
  });

  test('on end of file the stub exits with 0', () => {
    const { pid } = stub;
    stub.port.close();
    expect(waitFor(pid)).toBe(0);
    stub = kind.start();
  });

  test('a request that does not look like one ends the stub', () => {
    engine.files.write(stub.port.socket, new Uint8Array(32));
    expect(() => stub.kernel.value(stub.kernel.calls.getpid())).toThrow(StubGone);
  });

  test('descriptors travel both ways', () => {
    const path = '/tmp/tsrunc-rights';
    const mine = engine.files.open(path, ['O_RDWR', 'O_CREAT', 'O_TRUNC'], 0o600);
    const theirs = passDescriptor(local, stub.kernel, stub.port, mine);
    stub.kernel.calls.write(theirs, engine.encode('written by the stub'));
    stub.kernel.flush();
    expect(engine.decode(engine.files.read(path))).toBe('written by the stub');

    const opened = stub.kernel.calls.openat(AT_FDCWD, '/proc/self/stat', ['O_RDONLY'], 0);
    const back = takeDescriptor(local, stub.kernel, stub.port, opened);
    expect(engine.decode(engine.files.readSome(back, 64))).toMatch(new RegExp(`^${stub.pid} \\(`));
    engine.files.close(back);
    engine.files.close(mine);
    engine.files.unlink(path);
  });
});

test('the executable is a sealed memfd and the stub holds nothing but streams and its socket', () => {
  const stub = liveStub();
  expect(readlinkSync(`/proc/${stub.pid}/exe`)).toBe('/memfd:tsrunc-init (deleted)');
  const fd = stub.kernel.value(stub.kernel.may('*').openat(AT_FDCWD, '/proc/self/exe', ['O_RDWR'], 0));
  expect(fd).toBeLessThan(0);
  const status = readFileSync(`/proc/${stub.pid}/status`, 'utf8');
  expect(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThanOrEqual(64);
  expect(/SigBlk:\s+(\S+)/.exec(status)?.[1]).toBe('0000000000000000');
  expect(/SigIgn:\s+(\S+)/.exec(status)?.[1]).toBe('0000000000000000');
  stub.end();
});

test('its room is not made of huge pages, which a container would pay for', () => {
  const stub = liveStub();
  stub.kernel.value(stub.kernel.calls.getpid());
  const maps = readFileSync(`/proc/${stub.pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  expect(maps.find((map) => map.startsWith('10000000-11000000'))).toMatch(/^VmFlags:.* nh\b/m);
  stub.end();
});
