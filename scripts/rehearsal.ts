import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, Files, Native } from '../src/engine/engine.ts';
import { nodeEngine } from '../src/engine/node/engine.ts';
import { start } from '../src/engine/node/main.ts';
import { liveMachine, type Machine } from '../src/libcontainer/machine.ts';
import { INIT, imaginedMachine } from '../src/libcontainer/plan/imagined-machine.ts';
import type { Config } from '../src/spec/config.ts';
import type { Seccomp, SeccompRule } from '../src/spec/config-linux.ts';
import { HEADER } from '../src/syscalls/layout.ts';
import { syscallNames } from '../src/syscalls/numbers.ts';

/**
 * Runs the commands that matter for speed where nothing is done. What comes out is of no interest; what V8 has compiled
 * on the way is. A command that fails unexpectedly ends the build: what it did not come to would be slow.
 */
export async function rehearse(): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'tsrunc-build-'));
  mkdirSync(join(place, 'rootfs/bin'), { recursive: true });
  writeFileSync(join(place, 'rootfs/bin/sh'), '#!/bin/sh\n', { mode: 0o755 });
  const globals = ['--root', join(place, 'state'), '--log', join(place, 'log'), '--log-format', 'json'];
  const bundle = ['--bundle', place];
  try {
    await perform(['--version'], pretence());
    await perform(['features'], pretence());
    await perform(['spec', ...bundle], pretence());
    const config = typical(place);
    writeConfig(place, config);
    // The ports and their wire. It comes as far as to what only a kernel can answer.
    await perform([...globals, 'create', ...bundle, 'c'], pretence(), 1);
    for (const format of ['json', 'html', 'txt']) {
      await perform([...globals, '--trace', join(place, `trace.${format}`), 'create', ...bundle, 't'], pretence(), 1);
    }
    await perform([...globals, 'state', 'none'], pretence(), 1);
    await perform([...globals, 'list'], pretence());
    await perform([...globals, 'plan', ...bundle], pretence());
    writeConfig(place, filtered(config));
    await perform([...globals, 'plan', ...bundle], pretence(1));
    writeConfig(place, config);
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
    // It would wait for the end of a process that there is not.
    const files = Object.assign(Object.create(imagined.files), { readSome: endOfRehearsal });
    await perform([...globals, 'run', ...bundle, 'r'], { ...imagined, files }, 1);
  } finally {
    rmSync(place, { recursive: true });
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

function endOfRehearsal(): never {
  throw new Error('nothing more to rehearse');
}

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

/**
 * A machine that makes no system call: every call succeeds with `value`, every stub answers at once. Nothing but the files of
 * the temporary place and of /proc is real.
 */
function pretence(value = 0): Machine {
  const engine = nodeEngine(() => {
    throw new Error('no system calls here');
  });
  const native: Native = {
    call: () => ({ value, errno: 0 }),
    map: (size) => ({ address: 0x10000, bytes: new Uint8Array(size) }),
  };
  return liveMachine({ ...engine, files: pretendedFiles(engine), native: () => native });
}

function pretendedFiles({ files }: Engine): Files {
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
