import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, Files } from '../src/engine/engine.ts';
import { nodeEngine } from '../src/engine/node/engine.ts';
import { start } from '../src/engine/node/main.ts';
import { bindNative } from '../src/engine/node/native.ts';
import { liveMachine, type Machine } from '../src/libcontainer/machine.ts';
import { INIT, imaginedMachine } from '../src/libcontainer/plan/imagined-machine.ts';
import type { Config } from '../src/spec/config.ts';
import type { Seccomp, SeccompRule } from '../src/spec/config-linux.ts';
import { type Entry, Memory } from '../src/syscalls/batch.ts';
import { SIGCHLD } from '../src/syscalls/constants.ts';
import { HEADER } from '../src/syscalls/layout.ts';
import { syscallNames } from '../src/syscalls/numbers.ts';
import type { SyscallPort } from '../src/syscalls/port.ts';

/**
 * Runs the commands that matter for speed where nothing is done. What comes out is of no interest; what V8 has compiled
 * on the way is. A command that fails unexpectedly ends the build: what it did not come to would be slow.
 */
export async function rehearse(): Promise<void> {
  const real = mkdtempSync(join(tmpdir(), 'tsrunc-build-'));
  const place = PLACE;
  const pretence = (value = 0): Machine => machineAt(real, value);
  mkdirSync(join(real, 'rootfs/bin'), { recursive: true });
  writeFileSync(join(real, 'rootfs/bin/sh'), '#!/bin/sh\n', { mode: 0o755 });
  const globals = ['--root', join(place, 'state'), '--log', join(place, 'log'), '--log-format', 'json'];
  const bundle = ['--bundle', place];
  try {
    await perform(['--version'], pretence());
    await perform(['features'], pretence());
    await perform(['spec', ...bundle], pretence());
    const config = typical(real);
    writeConfig(real, config);
    // The ports and their wire. It comes as far as to what only a kernel can answer.
    await perform([...globals, 'create', ...bundle, 'c'], pretence(), 1);
    for (const format of ['json', 'html', 'txt']) {
      await perform([...globals, '--trace', join(place, `trace.${format}`), 'create', ...bundle, 't'], pretence(), 1);
    }
    await perform([...globals, 'state', 'none'], pretence(), 1);
    await perform([...globals, 'list'], pretence());
    await perform([...globals, 'plan', ...bundle], pretence());
    writeConfig(real, filtered(config));
    await perform([...globals, 'plan', ...bundle], pretence(1));
    writeConfig(real, config);
    const imagined = imaginedMachine(pretence(), join(place, 'rootfs'), () => undefined);
    const life = [
      ['create', ...bundle, '--pid-file', join(place, 'pid'), 'c'],
      ['state', 'c'],
      ['start', 'c'],
      ['list'],
      ['exec', '--detach', 'c', 'sh'],
      ['kill', 'c', 'KILL'],
    ];
    for (const argv of life) await perform([...globals, ...argv], imagined);
    imagined.files.unlink(`/proc/${INIT}/stat`);
    await perform([...globals, 'delete', 'c'], imagined);
    await perform(
      [...globals, 'run', ...bundle, 'r'],
      ending(imaginedMachine(pretence(), join(place, 'rootfs'), () => undefined)),
    );
  } finally {
    rmSync(real, { recursive: true });
  }
}

/** `exit` must not return, and must not end the build: it throws. */
async function perform(argv: readonly string[], machine: Machine, expected = 0): Promise<void> {
  const cwd = process.cwd();
  let said = '';
  const files: Files = Object.assign(Object.create(machine.files), {
    write(fd: number, bytes: Uint8Array) {
      if (fd > 2) machine.files.write(fd, bytes);
      else said += machine.decode(bytes);
    },
  });
  const exit = (status: number): never => {
    throw new Exit(status);
  };
  try {
    await start({ ...machine, argv, files, exit }, (engine) => ({ ...machine, ...engine }));
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    if (error.status !== expected) throw new Error(`${argv.join(' ')}: ${said}`);
  } finally {
    process.chdir(cwd);
  }
}

/** `machine`, where a container ends while it is waited for: of its end there is a signal, and then a wait status. */
function ending(machine: Machine): Machine {
  let asked = 0;
  const answerTo = ({ call, registers: [first] }: Entry): number | undefined => {
    if (call.name === 'mprotect') return 0;
    if (call.name === 'ppoll' && first instanceof Memory) {
      first.bytes.fill(1);
      return 1;
    }
    if (call.name !== 'wait4' || first !== ANY_CHILD || asked++ !== 1) return undefined;
    machine.files.unlink(`/proc/${INIT}/stat`);
    return INIT;
  };
  const local = (): SyscallPort => {
    const port = machine.ports.local();
    return {
      run(batch) {
        for (const entry of batch.entries) entry.answer = answerTo(entry);
        port.run(batch);
      },
    };
  };
  const files: Files = Object.assign(Object.create(machine.files), { readSome: () => Uint8Array.of(SIGCHLD) });
  return { ...machine, files, ports: { ...machine.ports, local } };
}

const ANY_CHILD = -1;

/** With a seccomp profile of many rules. What libseccomp says of it means nothing. */
function filtered(config: Config): Config {
  const syscalls: SeccompRule[] = [
    { names: syscallNames, action: 'SCMP_ACT_ALLOW' },
    { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, op: 'SCMP_CMP_MASKED_EQ' }] },
  ];
  const seccomp: Seccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls,
  };
  return { ...config, linux: { ...config.linux, seccomp } };
}

class Exit extends Error {
  constructor(readonly status: number) {
    super();
  }
}

/** What `spec` writes, as a client would have it. */
function typical(bundle: string): Config {
  const config: Config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
  return { ...config, process: { cwd: '/', ...config.process, terminal: false } };
}

function writeConfig(bundle: string, config: Config): void {
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
}

/** What the temporary directory is called in a rehearsal: two of them are to say the same. */
const PLACE = '/rehearsal';

/**
 * A machine that makes no system call: every call succeeds with `value`, every stub answers at once. Nothing but the files of
 * the temporary place, `real`, and of /proc is real, and nothing of who builds: its strings would remain in V8's tables.
 */
function machineAt(real: string, value: number): Machine {
  const engine = nodeEngine(() => {
    throw new Error('no system calls here');
  });
  const native = bindNative({
    open: () => undefined,
    load: ({ funcName }) => ({ value: funcName === 'mmap' ? 0x10000 : value, errnoCode: 0 }),
    createExternalBuffer: (_, size) => new Uint8Array(size),
  });
  const files = pretendedFiles(filesOf(engine, real));
  const constant = { env: {}, pid: 2, execPath: PLACE, now: () => 0n, monotonic: () => 0n };
  return liveMachine({ ...engine, ...constant, files, native: () => native });
}

/** The engine's files, where {@link PLACE} is `real`. */
function filesOf({ files }: Engine, real: string): Files {
  const there = (path: string): string => (path.startsWith(PLACE) ? real + path.slice(PLACE.length) : path);
  const here = (path: string): string => (path.startsWith(real) ? PLACE + path.slice(real.length) : path);
  return {
    ...files,
    read: (path) => files.read(there(path)),
    open: (path, flags, mode) => files.open(there(path), flags, mode),
    mkdir: (path, mode) => files.mkdir(there(path), mode),
    rmdir: (path) => files.rmdir(there(path)),
    unlink: (path) => files.unlink(there(path)),
    rename: (from, to) => files.rename(there(from), there(to)),
    chmod: (path, mode) => files.chmod(there(path), mode),
    chown: (path, uid, gid) => files.chown(there(path), uid, gid),
    readlink: (path) => files.readlink(there(path)),
    realpath: (path) => here(files.realpath(there(path))),
    readdir: (path) => files.readdir(there(path)),
    stat: (path) => files.stat(there(path)),
    lstat: (path) => files.lstat(there(path)),
    cwd: () => PLACE,
    chdir: (path) => files.chdir(there(path)),
  };
}

function pretendedFiles(files: Files): Files {
  return {
    ...files,
    read: (path) => (isCgroup(path) ? new Uint8Array() : files.read(path)),
    write: (fd, bytes) => attempt(() => files.write(fd, bytes)),
    // A stub's reply: nothing left over, every result 0.
    readSome: (_, size) => {
      const reply = new Uint8Array(size);
      if (size >= HEADER.size) new DataView(reply.buffer).setUint32(HEADER.remaining, 0, true);
      return reply;
    },
    open: (path, flags, mode) =>
      isCgroup(path) || path.startsWith('/proc/') ? NOTHING : files.open(path, flags, mode),
    close: (fd) => (fd < 3 || fd === NOTHING ? undefined : attempt(() => files.close(fd))),
    mkdir: (path, mode) => (isCgroup(path) ? undefined : files.mkdir(path, mode)),
    rmdir: (path) => (isCgroup(path) ? undefined : files.rmdir(path)),
    readdir: (path) => (isCgroup(path) ? [] : files.readdir(path)),
    stat: (path) => files.stat(path.startsWith('/proc/') ? '/proc/self' : path),
  };
}

const NOTHING = 1 << 20;

function isCgroup(path: string): boolean {
  return path.startsWith('/sys/fs/cgroup');
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // A descriptor that only pretence has opened.
  }
}
