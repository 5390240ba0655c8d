import { existsSync, readFileSync } from 'node:fs';
import { SyscallError } from '../../../../src/engine/errors.ts';
import { Batch, type Result } from '../../../../src/syscalls/batch.ts';
import { callsOver } from '../../../../src/syscalls/calls.ts';
import { AT_FDCWD } from '../../../../src/syscalls/constants.ts';
import { encode, HEADER, MAGIC } from '../../../../src/syscalls/layout.ts';
import { LocalPort } from '../../../../src/syscalls/local-port.ts';
import { RemoteKernel } from '../../../../src/syscalls/stub/remote-kernel.ts';
import { STUB_BASE, STUB_ROOM } from '../../../../src/syscalls/stub/room.ts';
import { StubGone, StubPort } from '../../../../src/syscalls/stub/stub-port.ts';
import { describeStubs } from '../stubs.ts';
import { engine, type LiveStub, liveStub, socketPair, waitFor } from '../support.ts';

describeStubs((kind) => {
  let stub: LiveStub;
  beforeEach(() => {
    stub = kind.start();
  });
  afterEach(() => {
    stub.end();
  });

  /** Sends a request by hand, in pieces, and takes the reply through the port. */
  function sendPieces(batch: Batch, sizes: (rest: number) => number, between: () => void): void {
    const { bytes, replyLength } = encode(batch, STUB_BASE, kind.arch);
    for (let at = 0; at < bytes.length; ) {
      const size = sizes(bytes.length - at);
      engine.files.write(stub.port.socket, bytes.subarray(at, at + size));
      at += size;
      between();
    }
    stub.port.receive(batch, replyLength);
  }

  test('a request that arrives byte by byte is one request', () => {
    const batch = getpidBatch();
    sendPieces(
      batch,
      () => 1,
      () => pause(0.2),
    );
    expect(batch.entries[0]?.result.value).toBe(stub.pid);
  });

  test('a stub that is stopped and continued in the middle of a request goes on', () => {
    const batch = getpidBatch();
    sendPieces(
      batch,
      (rest) => Math.ceil(rest / 2),
      () => {
        process.kill(stub.pid, 'SIGSTOP');
        process.kill(stub.pid, 'SIGCONT');
      },
    );
    expect(batch.entries[0]?.result.value).toBe(stub.pid);
  });

  test('two requests in one piece are answered one after the other', () => {
    const [first, second] = [getpidBatch(), getpidBatch()];
    const encoded = [first, second].map((batch) => encode(batch, STUB_BASE, kind.arch));
    engine.files.write(stub.port.socket, Uint8Array.from(encoded.flatMap(({ bytes }) => [...bytes])));
    stub.port.receive(first);
    stub.port.receive(second);
    expect([first, second].map((batch) => batch.entries[0]?.result.value)).toEqual([stub.pid, stub.pid]);
  });

  test('a batch without calls is answered, and the stub lives on', () => {
    stub.port.run(new Batch());
    expect(stub.kernel.value(stub.kernel.calls.getpid())).toBe(stub.pid);
  });

  test.each([
    ['is longer than the room', STUB_ROOM - HEADER.size + 1],
    ['has a length of all bits', 0xffffffff],
  ])('a request that %s ends the stub before a byte of it is read', (_, length) => {
    const header = new Uint8Array(HEADER.size);
    const view = new DataView(header.buffer);
    view.setUint32(HEADER.magic, MAGIC, true);
    view.setUint32(HEADER.length, length, true);
    engine.files.write(stub.port.socket, header);
    expect(waitFor(stub.pid)).toBe(0);
    stub = kind.start();
  });

  test('end of file in the middle of a request ends the stub', () => {
    engine.files.write(stub.port.socket, Uint8Array.of(0x54, 0x53));
    stub.port.close();
    expect(waitFor(stub.pid)).toBe(0);
    stub = kind.start();
  });

  test('a request of 6 MiB and a reply larger than any socket buffer arrive whole', () => {
    const { kernel } = stub;
    const bytes = Uint8Array.from({ length: 6 << 20 }, (_, i) => (i * 31) % 251);
    const fd = kernel.calls.memfd_create('big', ['MFD_CLOEXEC']);
    const written = kernel.calls.write(fd, bytes);
    kernel.flush();
    expect(written.value).toBe(bytes.length);
    const opened = kernel.calls.openat(AT_FDCWD, `/proc/self/fd/${fd.value}`, ['O_RDONLY'], 0);
    const back = kernel.output(bytes.length);
    kernel.calls.read(opened, back);
    kernel.flush();
    expect(Buffer.compare(back.bytes, bytes)).toBe(0);
  });

  test('a batch that is too large is refused before anything of it is sent', () => {
    stub.kernel.calls.write(1, new Uint8Array(STUB_ROOM));
    expect(() => stub.kernel.flush()).toThrow(/^a batch of \d+ bytes is too large for the stub$/);
    expect(stub.kernel.value(stub.kernel.calls.getpid())).toBe(stub.pid);
    const port = new LocalPort(engine.native, engine.arch);
    const batch = new Batch();
    batch.output(1 << 20);
    expect(() => port.run(batch)).toThrow(/^a batch of \d+ bytes is too large$/);
  });

  describe('a stub that dies', () => {
    function blockFor10Seconds(kernel: RemoteKernel): void {
      const time = kernel.pending.input(new Uint8Array(BigInt64Array.of(10n, 0n).buffer));
      kernel.calls.ppoll(0, 0, time, 0, 0);
    }

    test('in the middle of a call is reported as gone, with the batch that it died over', () => {
      blockFor10Seconds(stub.kernel);
      const batch = stub.kernel.take();
      const length = stub.port.send(batch);
      process.kill(stub.pid, 'SIGKILL');
      expect(() => stub.port.receive(batch, length)).toThrow(expect.objectContaining({ name: 'StubGone', batch }));
      expect(batch.entries[0]?.result.known).toBe(false);
    });

    test('before it is asked is reported as gone too', () => {
      process.kill(stub.pid, 'SIGKILL');
      waitFor(stub.pid);
      expect(() => stub.kernel.value(stub.kernel.calls.getpid())).toThrow(StubGone);
      stub.port.close();
      stub = kind.start();
    });

    test('with its parent, if it was armed, even inside a call that blocks', () => {
      stub.end();
      const [ours, theirs] = socketPair();
      stub = kind.start(theirs);
      const child = kind.fork(stub.kernel, theirs);
      const pid = stub.kernel.value(child);
      engine.files.close(theirs);
      const kernel = new RemoteKernel(new StubPort(engine.files, ours, theirs, kind.arch));
      kernel.calls.prctl('PR_SET_PDEATHSIG', 9, 0, 0, 0);
      kernel.flush();
      blockFor10Seconds(kernel);
      new StubPort(engine.files, ours, theirs, kind.arch).send(kernel.take());
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      process.kill(stub.pid, 'SIGKILL');
      const deadline = Date.now() + 5000;
      while (lives(pid) && Date.now() < deadline) pause(5);
      expect(lives(pid)).toBe(false);
      engine.files.close(ours);
    });

    function lives(pid: number): boolean {
      try {
        return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      } catch {
        return false;
      }
    }
  });

  test('EINTR while the reply is awaited is no death', () => {
    let interruptions = 3;
    const readSome = (fd: number, size: number): Uint8Array => {
      if (interruptions-- > 0) throw new SyscallError('read', [], 4, 'EINTR');
      return engine.files.readSome(fd, size);
    };
    const files = { ...engine.files, readSome };
    const batch = getpidBatch();
    new StubPort(files, stub.port.socket, stub.port.control, kind.arch).run(batch);
    expect(batch.entries[0]?.result.value).toBe(stub.pid);
    expect(interruptions).toBeLessThan(0);
  });

  test('two megabytes of arguments and environment pass through execve', () => {
    const { kernel } = stub;
    const text = 'x'.repeat(120_000);
    const args = Array.from({ length: 8 }, () => text);
    const env = Array.from({ length: 8 }, (_, i) => `V${i}=${text}`);
    const script = `[ $# = 8 ] && [ \${#1} = ${text.length} ] && [ \${#V7} = ${text.length} ] && exit 42`;
    kernel.calls.close_range(3, 0xffffffff, ['CLOSE_RANGE_CLOEXEC']);
    kernel.calls.execve('/bin/sh', ['sh', '-c', script, 'sh', ...args], env);
    expect(() => kernel.flush()).toThrow(StubGone);
    expect(waitFor(stub.pid) >> 8).toBe(42);
    stub.port.close();
    stub = kind.start();
  });

  test('an execve that fails is an answer, and the stub lives on', () => {
    stub.kernel.calls.execve('/nonexistent', ['x'], []);
    expect(() => stub.kernel.flush()).toThrow(
      expect.objectContaining({ syscall: 'execve', code: 'ENOENT', args: ['"/nonexistent"', '["x"]', '0 variables'] }),
    );
    expect(stub.kernel.value(stub.kernel.calls.getpid())).toBe(stub.pid);
  });
});

test('a stub has default dispositions and an empty mask, whatever the engine ignores', () => {
  const stub = liveStub();
  const ignored = (pid: number): bigint => mask(pid, 'SigIgn');
  expect(ignored(process.pid) & (1n << 12n)).not.toBe(0n);
  expect(ignored(stub.pid)).toBe(0n);
  expect(mask(stub.pid, 'SigCgt')).toBe(0n);
  expect(mask(stub.pid, 'SigBlk')).toBe(0n);
  stub.end();
});

function getpidBatch(): Batch {
  const batch = new Batch();
  callsOver({ batch, added: (result: Result) => result }).getpid();
  return batch;
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function mask(pid: number, name: string): bigint {
  const line = new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return BigInt(`0x${line?.[1]}`);
}
