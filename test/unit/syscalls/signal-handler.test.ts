import { Word } from '../../../src/syscalls/batch.ts';
import { assembleHandler } from '../../../src/syscalls/signal-handler.ts';
import { STUB_BASE } from '../../../src/syscalls/stub/room.ts';
import { describeStubs } from './stubs.ts';
import type { LiveStub } from './support.ts';

/** Where the stub gets a page for the handler; nothing of its own is near. */
const PAGE = 0x20000000;
const [USR1, SEGV] = [10, 11];

/** Puts the handler into a stub, for both signals; returns the end of the pipe that it writes to, to read from. */
function install({ kernel, arch }: LiveStub): number {
  const { calls } = kernel;
  const pipe = kernel.output(8);
  calls.pipe2(pipe, ['O_CLOEXEC']);
  kernel.flush();
  const [read = 0, write = 0] = new Int32Array(Uint8Array.from(pipe.bytes).buffer);
  const { code, restorer } = assembleHandler(write, arch);
  const file = calls.memfd_create('code', ['MFD_CLOEXEC']);
  calls.write(file, code);
  // PROT_READ and PROT_EXEC, MAP_PRIVATE and MAP_FIXED.
  calls.mmap(PAGE, 0x1000, 5, 0x12, file, 0);
  for (const signal of [USR1, SEGV]) {
    const flags = ['SA_SIGINFO', 'SA_RESTORER', 'SA_RESTART'];
    calls.rt_sigaction(signal, { handler: PAGE, restorer: PAGE + restorer, flags }, 0, 8);
  }
  kernel.flush();
  return read;
}

describeStubs((kind) => {
  let stub: LiveStub;
  beforeEach(() => {
    stub = kind.start();
  });

  test('a signal that is sent becomes its number in the pipe, and the program goes on', () => {
    const read = install(stub);
    for (const signal of [USR1, SEGV, USR1]) {
      stub.kernel.calls.kill(stub.pid, signal);
      const byte = stub.kernel.output(1);
      stub.kernel.calls.read(read, byte);
      stub.kernel.flush();
      expect([...byte.bytes]).toEqual([signal]);
    }
    expect(stub.end()).toBe(0);
  });

  test('a fault of the program itself ends it, with the status that a shell would give', () => {
    install(stub);
    const memory = stub.kernel.output(8);
    // Address 8, which nobody has.
    stub.kernel.pending.add({ name: 'write', words: () => [] }, [new Word(memory, 8 - STUB_BASE - memory.place, 64)]);
    expect(() => stub.kernel.flush()).toThrow('the init stub went away');
    expect(stub.end() >> 8).toBe(128 + SEGV);
  });
});
