import { spawnSync } from 'node:child_process';
import { fchmodSync, ftruncateSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeSync } from 'node:fs';
import { Memory } from '../../../../src/syscalls/batch.ts';
import { bitsOf, seals } from '../../../../src/syscalls/constants.ts';
import { localKernel } from '../../../../src/syscalls/local-port.ts';
import { failCall } from '../../../../src/syscalls/ports/faults.ts';
import { livePorts } from '../../../../src/syscalls/ports/ports.ts';
import { Sequence, type Watcher } from '../../../../src/syscalls/ports/sequence.ts';
import { watchedPorts } from '../../../../src/syscalls/ports/watched-ports.ts';
import { writeField } from '../../../../src/syscalls/struct.ts';
import { statfs } from '../../../../src/syscalls/structs.ts';
import { elfExecutable } from '../../../../src/syscalls/stub/elf.ts';
import { stubImage } from '../../../../src/syscalls/stub/image.ts';
import { assembleStub } from '../../../../src/syscalls/stub/program.ts';
import { RemoteKernel } from '../../../../src/syscalls/stub/remote-kernel.ts';
import { spawnStub } from '../../../../src/syscalls/stub/spawn.ts';
import { StubPort } from '../../../../src/syscalls/stub/stub-port.ts';
import { ChildProgram } from '../child.ts';
import { engine, local, socketPair, waitFor } from '../support.ts';

const image = elfExecutable(assembleStub(engine.arch), engine.arch);
const open: number[] = [];
afterEach(() => {
  for (const fd of open.splice(0)) engine.files.close(fd);
});

function imageUnder(scratch: string, ...watchers: readonly Watcher[]): number {
  const ports = watchedPorts(livePorts(engine), new Sequence(watchers, () => Number(engine.monotonic())));
  const fd = stubImage(localKernel(ports.local()), ports.files, engine.arch, scratch);
  open.push(fd);
  return fd;
}

/** Whether a stub that was started from `fd` answers. */
function runs(fd: number): boolean {
  const [ours, theirs] = socketPair();
  const pid = spawnStub(local, engine.native(), fd, [theirs]);
  engine.files.close(theirs);
  const port = new StubPort(engine.files, ours, theirs, engine.arch);
  const kernel = new RemoteKernel(port);
  const answers = kernel.value(kernel.calls.getpid()) === pid;
  port.close();
  waitFor(pid);
  return answers;
}

/** The first file system that is asked says that it is mounted noexec. */
function noexecOnce(): Watcher {
  let asked = 0;
  return {
    before({ name, entry }) {
      const memory = entry?.registers[1];
      if (name !== 'fstatfs' || asked++ > 0 || !(memory instanceof Memory)) return undefined;
      writeField(new DataView(memory.bytes.buffer), statfs.offsets.f_flags, statfs.fields.f_flags, 8);
      return { result: 0 };
    },
  };
}

function contents(fd: number): Uint8Array {
  return Uint8Array.from(engine.files.read(`/proc/self/fd/${fd}`));
}

test('the image is the program, sealed in every respect that the kernel knows', () => {
  const fd = imageUnder('/tmp');
  const found = local.calls.fcntl(fd, 'F_GET_SEALS', 0);
  const wanted = bitsOf(seals, ['F_SEAL_SEAL', 'F_SEAL_SHRINK', 'F_SEAL_GROW', 'F_SEAL_WRITE']);
  expect(found & wanted).toBe(wanted);
  expect(contents(fd)).toEqual(image);
  expect(local.calls.fcntl(fd, 'F_GETFD', 0)).toBe(1);
});

test('nobody writes, truncates, extends or changes the mode of it', () => {
  const fd = imageUnder('/tmp');
  const sealedMode = local.calls.fcntl(fd, 'F_GET_SEALS', 0) & seals.F_SEAL_EXEC;
  expect(() => writeSync(fd, 'x', 0)).toThrow('EPERM');
  expect(() => ftruncateSync(fd, 0)).toThrow('EPERM');
  expect(() => ftruncateSync(fd, image.length + 1)).toThrow('EPERM');
  if (sealedMode) expect(() => fchmodSync(fd, 0o600)).toThrow('EPERM');
  expect(contents(fd)).toEqual(image);
});

test('a kernel that knows neither MFD_EXEC nor F_SEAL_EXEC gets the older calls', () => {
  // memfd_create, memfd_create, write, F_ADD_SEALS, F_ADD_SEALS.
  const names: string[] = [];
  const watch: Watcher = { before: ({ name }) => void names.push(name) };
  const fd = imageUnder('/tmp', watch, failCall(1, 'EINVAL'), failCall(4, 'EINVAL'));
  expect(names).toEqual(['memfd_create', 'memfd_create', 'write', 'fcntl', 'fcntl']);
  const found = local.calls.fcntl(fd, 'F_GET_SEALS', 0);
  expect(found & ~seals.F_SEAL_EXEC).toBe(
    bitsOf(seals, ['F_SEAL_SEAL', 'F_SEAL_SHRINK', 'F_SEAL_GROW', 'F_SEAL_WRITE']),
  );
  expect(runs(fd)).toBe(true);
});

test('where executable memfds are forbidden it is a file without a name, read-only, and runs', () => {
  const scratch = mkdtempSync('/tmp/tsrunc-image-');
  const fd = imageUnder(scratch, failCall(1, 'EACCES'));
  expect(readlinkSync(`/proc/self/fd/${fd}`)).toMatch(new RegExp(`^${scratch}/#\\d+ \\(deleted\\)$`));
  expect(readdirSync(scratch)).toEqual([]);
  expect(() => writeSync(fd, 'x', 0)).toThrow('EBADF');
  expect(contents(fd)).toEqual(image);
  expect(runs(fd)).toBe(true);
  rmSync(scratch, { recursive: true });
});

test.each([
  ['on a noexec mount', '/tmp', noexecOnce],
  ['without O_TMPFILE', '/proc', (): Watcher => ({})],
])('a scratch directory %s is passed over for one where the image can run', (_, scratch, watcher) => {
  const fd = imageUnder(scratch, failCall(1, 'EACCES'), watcher());
  expect(readlinkSync(`/proc/self/fd/${fd}`)).toMatch(/^\/dev\/shm\/#\d+ \(deleted\)$|^\/#\d+ \(deleted\)$/);
  expect(runs(fd)).toBe(true);
});

test('where no directory will do, the error says what was tried', () => {
  const refuse: Watcher = { before: ({ name }) => (/memfd|openat/.test(name) ? { result: -13 } : undefined) };
  expect(() => imageUnder('/scratch', refuse)).toThrow(
    /^vm\.memfd_noexec forbids an executable memfd, and none of \/scratch, \/dev\/shm, \/tmp, \/var\/tmp takes/,
  );
});

const unshare = ['unshare', '-pf', '--mount-proc', 'sh', '-c'];
const forbid = 'echo 2 > /proc/sys/vm/memfd_noexec';
const possible = spawnSync(unshare[0] ?? '', [...unshare.slice(1), forbid]).status === 0;
const reason = possible ? '' : ' (skipped: no PID namespace with a memfd_noexec of its own here)';

(possible ? test : test.skip)(`under vm.memfd_noexec=2 a stub is started all the same${reason}`, () => {
  const program = new ChildProgram('noexec-memfd');
  const { stdout, stderr } = program.run([...unshare, `${forbid} && exec "$@"`, 'sh']);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    executable: expect.stringMatching(/^\/tmp\/#\d+ \(deleted\)$/),
    answered: true,
  });
  program.remove();
});
