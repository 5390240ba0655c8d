import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { Files } from '../../../src/engine/engine.ts';
import { Batch } from '../../../src/syscalls/batch.ts';
import { AT_FDCWD } from '../../../src/syscalls/constants.ts';
import { localKernel } from '../../../src/syscalls/local-port.ts';
import type { RemotePort } from '../../../src/syscalls/port.ts';
import { dieBefore, failCall } from '../../../src/syscalls/ports/faults.ts';
import { livePorts, type Ports } from '../../../src/syscalls/ports/ports.ts';
import { RecordPort } from '../../../src/syscalls/ports/record-port.ts';
import { callWords, type RecordedCall, recorder } from '../../../src/syscalls/ports/recording.ts';
import { Replay, ReplayPort } from '../../../src/syscalls/ports/replay-port.ts';
import { type NumberedCall, Sequence, type Timing, type Watcher } from '../../../src/syscalls/ports/sequence.ts';
import { watchedPorts } from '../../../src/syscalls/ports/watched-ports.ts';
import { readField } from '../../../src/syscalls/struct.ts';
import { pollfd } from '../../../src/syscalls/structs.ts';
import { RemoteKernel } from '../../../src/syscalls/stub/remote-kernel.ts';
import { passDescriptor, takeDescriptor } from '../../../src/syscalls/stub/rights.ts';
import { spawnStub } from '../../../src/syscalls/stub/spawn.ts';
import { StubGone } from '../../../src/syscalls/stub/stub-port.ts';
import { engine, type LiveStub, liveStub } from './support.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync('/tmp/tsrunc-ports-');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const clock = (): number => Number(engine.monotonic());

class Died extends Error {}
const die = (): never => {
  throw new Died();
};

/** Every port and the files, under `watchers`; `stub`'s port is watched as `init`. */
function watched(stub: LiveStub | undefined, ...watchers: readonly Watcher[]) {
  const sequence = new Sequence(watchers, clock);
  const ports: Ports = watchedPorts(livePorts(engine), sequence);
  const port: RemotePort | undefined = stub && ports.remote('init', stub.port.socket, stub.port.control);
  return { sequence, ports, local: localKernel(ports.local()), port, remote: port && new RemoteKernel(port) };
}

/** Both places that a batch can be executed in. */
const places = ['local', 'stub'] as const;

describe.each(places)('a fault in a %s batch', (place) => {
  let stub: LiveStub;
  beforeEach(() => {
    stub = liveStub();
  });
  afterEach(() => {
    stub.end();
  });

  function kernelUnder(...watchers: readonly Watcher[]): RemoteKernel {
    const { ports, remote } = watched(stub, ...watchers);
    return place === 'stub' && remote ? remote : new RemoteKernel(ports.local());
  }

  function makeThree(kernel: RemoteKernel, expected?: string): void {
    const calls = expected ? kernel.may(expected) : kernel.calls;
    for (const name of ['a', 'b', 'c']) calls.mkdirat(AT_FDCWD, `${directory}/${name}`, 0o755);
    kernel.flush();
  }
  const made = (): string => ['a', 'b', 'c'].filter((name) => existsSync(`${directory}/${name}`)).join('');

  test.each([
    [1, ''],
    [2, 'a'],
    [3, 'ab'],
  ])('at call %d leaves the earlier calls made and the later ones not', (number, left) => {
    expect(() => makeThree(kernelUnder(failCall(number, 'EIO')))).toThrow(
      expect.objectContaining({
        syscall: 'mkdirat',
        code: 'EIO',
        args: ['AT_FDCWD', `"${directory}/${'abc'[number - 1]}"`, '0755'],
      }),
    );
    expect(made()).toBe(left);
  });

  test('that its caller expects is an answer, and the batch goes on', () => {
    makeThree(kernelUnder(failCall(2, 'EEXIST')), 'EEXIST');
    expect(made()).toBe('ac');
  });

  test('that its caller does not expect among expected ones is thrown after the rest, as the kernel would have it', () => {
    expect(() => makeThree(kernelUnder(failCall(2, 'EIO')), 'EEXIST')).toThrow(
      expect.objectContaining({ code: 'EIO' }),
    );
    expect(made()).toBe('ac');
  });

  test('passes its errno on to a later call that uses the result', () => {
    const kernel = kernelUnder(failCall(1, 'ENOENT'));
    const fd = kernel.may('ENOENT').openat(AT_FDCWD, '/', ['O_PATH'], 0);
    const closed = kernel.may('EBADF').close(fd);
    kernel.flush();
    expect([fd.value, closed.value]).toEqual([-2, -9]);
  });

  test('does not count a value that is stored between the calls', () => {
    const seen: string[] = [];
    const kernel = kernelUnder({ before: ({ number, name }) => void seen.push(`${number} ${name}`) });
    const fd = kernel.calls.openat(AT_FDCWD, '/', ['O_PATH'], 0);
    const poll = kernel.pending.struct(pollfd, { fd }, true);
    kernel.calls.ppoll(poll, 1, kernel.pending.input(new Uint8Array(16)), 0, 0);
    kernel.calls.close(fd);
    kernel.flush();
    expect(seen).toEqual(['1 openat', '2 ppoll', '3 close']);
    expect(readField(pollfd, 'fd', poll.bytes)).toBe(fd.value);
  });

  test.each([
    [1, ''],
    [3, 'ab'],
  ])('death before call %d comes when the calls before it have been made', (number, left) => {
    expect(() => makeThree(kernelUnder(dieBefore(number, die)))).toThrow(Died);
    expect(made()).toBe(left);
  });

  test('death behind a failure does not come, since its call would not have been made', () => {
    expect(() => makeThree(kernelUnder(failCall(1, 'EIO'), dieBefore(3, die)))).toThrow(
      expect.objectContaining({ code: 'EIO' }),
    );
  });
});

describe('one sequence', () => {
  test('numbers files, local calls, stub calls and spawning together, in the order in which they are made', () => {
    const stub = liveStub();
    const order: string[] = [];
    const { ports, local, remote } = watched(stub, {
      before: ({ number, process, name }) => void order.push(`${number} ${process} ${name}`),
    });
    ports.files.mkdir(`${directory}/d`, 0o700);
    local.calls.getpid();
    remote?.calls.getpid();
    remote?.calls.getppid();
    remote?.flush();
    expect(() => spawnStub(local, ports.native(), -1, [0])).toThrow(
      expect.objectContaining({ syscall: 'posix_spawn' }),
    );
    ports.files.rmdir(`${directory}/d`);
    expect(order).toEqual([
      '1 runtime mkdir',
      '2 runtime getpid',
      '3 init getpid',
      '4 init getppid',
      '5 runtime close_range',
      '6 runtime posix_spawn',
      '7 runtime rmdir',
    ]);
    stub.end();
  });

  test('reports each call with words, result and time, and only those that were made', () => {
    const reports: [NumberedCall, number | undefined, Timing][] = [];
    const { local, ports } = watched(undefined, { after: (...report) => void reports.push(report) });
    const before = clock();
    expect(() =>
      local.batch((_, calls) => {
        calls.openat(AT_FDCWD, '/nonexistent', ['O_RDONLY', 'O_CLOEXEC'], 0);
        calls.getpid();
      }),
    ).toThrow();
    expect(() => ports.files.readlink('/nonexistent')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    ports.files.read('/proc/self/comm');
    expect(reports.map(([{ name }, result]) => [name, result])).toEqual([
      ['openat', -2],
      ['readlink', -2],
      ['read', engine.files.read('/proc/self/comm').length],
    ]);
    expect(reports[0]?.[0].words()).toEqual(['AT_FDCWD', '"/nonexistent"', 'O_RDONLY|O_CLOEXEC', '00']);
    const [, , { start, duration }] = reports[0] ?? fail();
    expect(start >= before && duration > 0 && start + duration <= clock()).toBe(true);
  });

  test('reports calls over which the process went away without a result', () => {
    const stub = liveStub();
    const results: (number | undefined)[] = [];
    const { remote } = watched(stub, { after: (_, result) => void results.push(result) });
    remote?.calls.getpid();
    remote?.calls.exit_group(0);
    expect(() => remote?.flush()).toThrow(StubGone);
    expect(results).toEqual([undefined, undefined]);
    stub.end();
  });

  test('reports a batch that nobody waits for when its port closes', () => {
    const stub = liveStub();
    const names: string[] = [];
    const { port } = watched(stub, { after: ({ name }) => void names.push(name) });
    const batch = new Batch();
    batch.add({ name: 'getpid', words: () => [] }, []);
    port?.send(batch);
    expect(names).toEqual([]);
    port?.close();
    expect(names).toEqual(['getpid']);
    const { pid } = stub;
    expect(localKernel(livePorts(engine).local()).calls.wait4(pid, 0, ['__WALL'], 0)).toBe(pid);
  });

  test('gives no number to calls of an earlier runtime, whose answers it only hears', () => {
    const stub = liveStub();
    const make = (): Batch => {
      const batch = new Batch();
      batch.add({ name: 'getpid', words: () => [] }, []);
      return batch;
    };
    stub.port.send(make());
    const numbers: number[] = [];
    const { port, sequence } = watched(stub, { after: ({ number }) => void numbers.push(number) });
    const hello = make();
    port?.receive(hello);
    expect(hello.entries[0]?.result.value).toBe(stub.pid);
    expect([numbers, sequence.length]).toEqual([[0], 0]);
    stub.end();
  });

  test('lets descriptors through in both directions', () => {
    const stub = liveStub();
    const { local, remote, port } = watched(stub);
    if (!remote || !port) throw new Error('no stub');
    const mine = engine.files.open('/proc/self/stat', ['O_RDONLY']);
    const theirs = passDescriptor(local, remote, port, mine);
    const back = takeDescriptor(local, remote, port, theirs);
    expect(engine.files.stat(`/proc/self/fd/${back}`).ino).toBe(engine.files.stat(`/proc/self/fd/${mine}`).ino);
    engine.files.close(mine);
    engine.files.close(back);
    stub.end();
  });
});

describe('file operations', () => {
  /** One call of each, that would leave a trace or give a value. */
  const operations: { readonly [N in keyof Files]: (files: Files) => unknown } = {
    read: (files) => files.read('/proc/self/comm'),
    open: (files) => files.open(`${directory}/new`, ['O_WRONLY', 'O_CREAT']),
    write: (files) => files.write(-1, Uint8Array.of(1)),
    readSome: (files) => files.readSome(-1, 1),
    fsync: (files) => files.fsync(-1),
    close: (files) => files.close(-1),
    mkdir: (files) => files.mkdir(`${directory}/new`, 0o755),
    rmdir: (files) => files.rmdir(directory),
    unlink: (files) => files.unlink(directory),
    rename: (files) => files.rename(directory, `${directory}-moved`),
    chmod: (files) => files.chmod(directory, 0o700),
    chown: (files) => files.chown(directory, 1, 1),
    readlink: (files) => files.readlink('/proc/self/exe'),
    realpath: (files) => files.realpath('/proc/self'),
    readdir: (files) => files.readdir('/proc/self/fd'),
    stat: (files) => files.stat('/'),
    lstat: (files) => files.lstat('/'),
    cwd: (files) => files.cwd(),
    chdir: (files) => files.chdir('/'),
  };

  test.each(Object.entries(operations))('%s fails as asked and is not made', (name, operate) => {
    const { ports, sequence } = watched(undefined, failCall(1, 'EIO'));
    const before = engine.files.stat(directory);
    expect(() => operate(ports.files)).toThrow(
      expect.objectContaining({ name: 'SyscallError', code: 'EIO', errno: 5 }),
    );
    expect(sequence.length).toBe(1);
    expect(engine.files.stat(directory)).toEqual(before);
    expect(engine.files.readdir(directory)).toEqual([]);
    expect(name).not.toBe('');
  });

  test.each(Object.entries(operations))('%s does not happen if the runtime dies before it', (_, operate) => {
    const { ports } = watched(undefined, dieBefore(1, die));
    expect(() => operate(ports.files)).toThrow(Died);
    expect(engine.files.readdir(directory)).toEqual([]);
  });

  test('what gives only a number can be answered without being made', () => {
    const { ports } = watched(undefined, { before: () => ({ result: 7 }) });
    expect(ports.files.open(`${directory}/new`, ['O_WRONLY', 'O_CREAT'])).toBe(7);
    ports.files.mkdir(`${directory}/new`, 0o755);
    expect(existsSync(`${directory}/new`)).toBe(false);
    expect(() => ports.files.readdir('/')).toThrow(TypeError);
  });

  test('posix_spawn fails as asked, and nothing is spawned', () => {
    // The first makes what is open close-on-exec.
    const { ports, local } = watched(undefined, failCall(2, 'EAGAIN'));
    // Not asked by wait4: this process may have children of other tests.
    const children = (): string[] =>
      engine.decode(engine.files.read(`/proc/${engine.pid}/task/${engine.pid}/children`)).split(' ');
    const before = children();
    const image = engine.files.open('/bin/true', ['O_RDONLY']);
    expect(() => spawnStub(local, ports.native(), image, [0])).toThrow(
      expect.objectContaining({ syscall: 'posix_spawn', code: 'EAGAIN' }),
    );
    engine.files.close(image);
    expect(children().filter((pid) => !before.includes(pid))).toEqual([]);
  });
});

describe('a record port', () => {
  test('executes nothing, keeps the calls in words, and answers like a kernel that has no objection', () => {
    const port = new RecordPort('init');
    const kernel = new RemoteKernel(port);
    const fd = kernel.calls.openat(AT_FDCWD, `${directory}/new`, ['O_WRONLY', 'O_CREAT'], 0o644);
    const written = kernel.calls.write(fd, engine.encode('hello'));
    const other = kernel.calls.memfd_create('m', []);
    kernel.calls.dup3(other, 9, []);
    const pair = kernel.output(8);
    kernel.calls.pipe2(pair, ['O_CLOEXEC']);
    const closed = kernel.calls.close(fd);
    kernel.flush();
    expect([fd.value, written.value, other.value, closed.value]).toEqual([3, 5, 4, 0]);
    expect([...new Int32Array(pair.bytes.slice().buffer)]).toEqual([5, 6]);
    expect(existsSync(`${directory}/new`)).toBe(false);
    expect(port.calls.map(callWords)).toEqual([
      `init: openat(AT_FDCWD, "${directory}/new", O_WRONLY|O_CREAT, 0644)`,
      `init: write(<"${directory}/new">, "hello")`,
      'init: memfd_create("m", 0)',
      'init: dup3(<"m">, 9, 0)',
      'init: pipe2(8 bytes, O_CLOEXEC)',
      `init: close(<"${directory}/new">)`,
    ]);
  });

  test('takes better answers from who knows them, failures too', () => {
    const port = new RecordPort('init', [], {
      answer: ({ call }) => (call.name === 'mkdirat' ? -17 : call.name === 'getpid' ? 1 : undefined),
    });
    const kernel = new RemoteKernel(port);
    expect(kernel.value(kernel.calls.getpid())).toBe(1);
    kernel.calls.mkdirat(AT_FDCWD, 'x', 0);
    const never = kernel.calls.getppid();
    expect(() => kernel.flush()).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(never.known).toBe(false);
    expect(port.calls.map(({ syscall }) => syscall)).toEqual(['getpid', 'mkdirat']);
  });

  test('hands descriptors over without anybody', () => {
    const calls: RecordedCall[] = [];
    const local = localKernel(new RecordPort('runtime', calls));
    const port = new RecordPort('init', calls, { firstFd: 20, control: 4 });
    const remote = new RemoteKernel(port);
    expect(passDescriptor(local, remote, port, 8)).toBe(20);
    expect(takeDescriptor(local, remote, port, 20)).toBe(3);
    expect(calls.map(({ process, syscall }) => `${process} ${syscall}`)).toEqual([
      'init recvmsg',
      'runtime sendmsg',
      'init sendmsg',
      'runtime recvmsg',
      'runtime recvmsg',
    ]);
  });

  test('obeys a fault like a live port', () => {
    const recording = new RecordPort('init');
    const sequence = new Sequence([failCall(2, 'ENOMEM')], clock);
    const ports = watchedPorts({ ...livePorts(engine), local: () => recording }, sequence);
    const kernel = new RemoteKernel(ports.local());
    for (let i = 0; i < 3; i++) kernel.calls.getpid();
    expect(() => kernel.flush()).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
    expect(recording.calls).toHaveLength(1);
  });
});

describe('a replay', () => {
  /** A little program over two processes: it opens, writes, reads and fails. */
  function program(local: ReturnType<typeof localKernel>, remote: RemoteKernel, path: string): unknown[] {
    const fd = local.calls.openat(AT_FDCWD, path, ['O_RDWR', 'O_CREAT'], 0o600);
    local.calls.write(fd, engine.encode('text'));
    local.calls.close(fd);
    const theirs = remote.calls.openat(AT_FDCWD, path, ['O_RDONLY'], 0);
    const text = remote.output(16);
    const length = remote.calls.read(theirs, text);
    const missing = remote.may('ENOENT').openat(AT_FDCWD, `${path}-not`, ['O_RDONLY'], 0);
    remote.flush();
    remote.calls.exit_group(0);
    let gone = false;
    try {
      remote.flush();
    } catch (error) {
      gone = error instanceof StubGone;
    }
    return [fd, theirs.value, engine.decode(text.bytes), length.value, missing.value, gone];
  }

  function recordProgram(): { calls: RecordedCall[]; answers: unknown[] } {
    const calls: RecordedCall[] = [];
    const stub = liveStub();
    const { local, remote } = watched(stub, recorder(calls));
    const answers = remote ? program(local, remote, `${directory}/file`) : [];
    stub.end();
    return { calls, answers };
  }

  const replayed = (calls: readonly RecordedCall[]) => {
    const replay = new Replay(calls);
    const remote = new RemoteKernel(new ReplayPort('init', replay));
    return { replay, local: localKernel(new ReplayPort('runtime', replay)), remote };
  };

  test('answers as was recorded, memory and the death of a process included, and makes nothing', () => {
    const { calls, answers } = recordProgram();
    engine.files.unlink(`${directory}/file`);
    const { replay, local, remote } = replayed(calls);
    expect(program(local, remote, `${directory}/file`)).toEqual(answers);
    expect(answers.at(-1)).toBe(true);
    expect(() => replay.finish()).not.toThrow();
    expect(existsSync(`${directory}/file`)).toBe(false);
  });

  test('refuses another call, and says which was expected and which came', () => {
    const { local } = replayed(recordProgram().calls);
    expect(() => local.calls.mkdirat(AT_FDCWD, '/x', 0o755)).toThrow(
      `call 1: expected runtime: openat(AT_FDCWD, "${directory}/file", O_RDWR|O_CREAT, 0600), ` +
        'got runtime: mkdirat(AT_FDCWD, "/x", 0755)',
    );
  });

  test('refuses the same call by another process, one too many, and one too few', () => {
    const call = { process: 'init', syscall: 'getpid', args: [], result: 7, wrote: [] };
    expect(() => replayed([call]).local.calls.getpid()).toThrow('expected init: getpid(), got runtime: getpid()');
    const { replay, remote } = replayed([call]);
    expect(() => replay.finish()).toThrow('call 1: expected init: getpid(), got no further call');
    expect(remote.value(remote.calls.getpid())).toBe(7);
    expect(() => remote.value(remote.calls.getpid())).toThrow('call 2: expected no further call, got init: getpid()');
  });
});

function fail(): never {
  throw new Error('nothing was reported');
}
