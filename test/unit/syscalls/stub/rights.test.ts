import { AT_FDCWD } from '../../../../src/syscalls/constants.ts';
import { passDescriptor, takeDescriptor } from '../../../../src/syscalls/stub/rights.ts';
import { describeStubs } from '../stubs.ts';
import { engine, type LiveStub, liveStub, local } from '../support.ts';

describeStubs((kind) => {
  let stub: LiveStub;
  beforeEach(() => {
    stub = kind.start();
  });
  afterEach(() => {
    stub.end();
  });

  test('a stub that fails before it sends the descriptor is heard, instead of waited for', () => {
    const { kernel, port } = stub;
    const missing = kernel.calls.openat(AT_FDCWD, '/nonexistent', ['O_RDONLY'], 0);
    expect(() => takeDescriptor(local, kernel, port, missing)).toThrow(
      expect.objectContaining({ syscall: 'openat', code: 'ENOENT' }),
    );
    expect(kernel.value(kernel.calls.getpid())).toBe(stub.pid);
  });

  test('a descriptor that the stub does not have is refused by sendmsg, and the stub goes on', () => {
    const { kernel, port } = stub;
    expect(() => takeDescriptor(local, kernel, port, 999)).toThrow(
      expect.objectContaining({ syscall: 'sendmsg', code: 'EBADF' }),
    );
    expect(kernel.value(kernel.calls.getpid())).toBe(stub.pid);
  });

  test('the descriptor is close-on-exec on both sides', () => {
    const { kernel, port } = stub;
    const mine = engine.files.open('/proc/self/stat', ['O_RDONLY']);
    const theirs = passDescriptor(local, kernel, port, mine);
    expect(kernel.value(kernel.calls.fcntl(theirs, 'F_GETFD', 0))).toBe(1);
    const back = takeDescriptor(local, kernel, port, theirs);
    expect(local.calls.fcntl(back, 'F_GETFD', 0)).toBe(1);
    for (const fd of [mine, back]) engine.files.close(fd);
  });
});

// qemu-user does not survive it.
test('a stub whose descriptor table is full says so, instead of taking the descriptor for 0', () => {
  const stub = liveStub();
  const { kernel, port, pid } = stub;
  local.calls.prlimit64(pid, 'RLIMIT_NOFILE', { rlim_cur: 3, rlim_max: 3 }, 0);
  const mine = engine.files.open('/proc/self/stat', ['O_RDONLY']);
  expect(() => passDescriptor(local, kernel, port, mine)).toThrow(expect.objectContaining({ code: 'EMFILE' }));
  expect(kernel.value(kernel.calls.getpid())).toBe(pid);
  engine.files.close(mine);
  stub.end();
});
