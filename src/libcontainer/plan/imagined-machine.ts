import type { Engine } from '../../engine/engine.ts';
import { type RecordOptions, RecordPort } from '../../syscalls/ports/record-port.ts';
import { STUB_NAME } from '../../syscalls/stub/image.ts';
import { callerOf } from '../caller.ts';
import { findCgroupRoot } from '../cgroups/root.ts';
import type { Machine } from '../machine.ts';
import { Descriptors } from './descriptors.ts';
import { ImaginedFiles } from './imagined-files.ts';
import { ImaginedHost } from './imagined-host.ts';
import { descriptorOf, ImaginedKernel } from './imagined-kernel.ts';
import { ImaginedNative } from './imagined-native.ts';
import { type BusCall, ImaginedSystemd } from './imagined-systemd.ts';

/**
 * A machine on which nothing is done: files are written in imagination, and the kernel has no objection. For a plan of
 * what `create` and `start` would do with the bundle whose root filesystem is `rootfs`. What is said to systemd is told to
 * `tell`.
 */
export function imaginedMachine(engine: Engine, rootfs: string, tell: (call: BusCall) => void): Machine {
  const own = new Descriptors();
  const files = new ImaginedFiles(engine.files, own);
  const kernel = new ImaginedKernel(engine.files, rootfs, engine.encode, INIT);
  const host = new ImaginedHost(files);
  const native = new ImaginedNative(engine, BUILDER);
  files.imagine(`/proc/${RUNTIME}/stat`, stat(engine, RUNTIME, 'tsrunc'));
  const status = engine.decode(engine.files.read('/proc/self/status'));
  files.imagine('/proc/self/status', engine.encode(status.replace(/^PPid:.*$/m, 'PPid:\t1')));
  const { uid } = callerOf(engine);
  for (const pid of [BUILDER, INIT]) {
    files.imagineAllOf(`/proc/${pid}`);
    files.imagine(`/proc/${pid}/setgroups`, engine.encode('allow\n'));
  }
  files.imagine(`/proc/${INIT}/uid_map`, engine.encode('0 0 4294967295\n'));
  // What the runtime may do, init may.
  files.imagine(`/proc/${INIT}/status`, engine.encode(status));
  becomes(files, engine, { program: STUB_NAME, ino: 1 });

  const systemd = (): ImaginedSystemd =>
    new ImaginedSystemd(
      engine,
      systemdCgroup(uid),
      (path) => host.makeCgroup(findCgroupRoot({ ...engine, files }).mount, path),
      tell,
    );
  const port = (process: string, descriptors: Descriptors, more: RecordOptions): RecordPort =>
    new RecordPort(process, [], {
      ...more,
      number: () => {
        // What a descriptor of init's stands for, those of the same number elsewhere must not change.
        if (IN_CONTAINER.includes(process)) return kernel.open(descriptors);
        const fd = descriptors.open();
        if (process === RUNTIME_NAME) host.opened(fd);
        return fd;
      },
      answer: (entry) => {
        const { name } = entry.call;
        if (name === 'connect') files.converse(descriptorOf(entry.registers[0]), systemd());
        if (name === 'close') descriptors.close(descriptorOf(entry.registers[0]));
        if (process === RUNTIME_NAME && !ABOUT_INIT.includes(name)) return host.answer(entry);
        if (process === HOOK_NAME && name !== 'execve') return undefined;
        if (name !== 'execve') return kernel.answer(entry);
        if (process === 'init') becomes(files, engine, { program: 'program', ino: 2 });
        return 'gone';
      },
    });
  return {
    ...engine,
    // The plan of tomorrow is to be the plan of today.
    pid: RUNTIME,
    now: () => 0n,
    files,
    native: () => native,
    ports: {
      local: () => port(RUNTIME_NAME, own, { pid: RUNTIME }),
      remote: (process, socket, control) => port(process, new Descriptors(), { pid: BUILDER, socket, control }),
    },
  };
}

const RUNTIME_NAME = 'runtime';
const HOOK_NAME = 'hook';
/** The processes that become the container, one of the other. */
const IN_CONTAINER: readonly string[] = ['builder', 'init'];

/** What the runtime asks the kernel about processes that are imagined, and of what they alone have. */
const ABOUT_INIT: readonly string[] = ['bpf', 'getsockopt', 'mprotect', 'ppoll', 'seccomp', 'wait4'];

const RUNTIME = 999;
/** The process that the builder clones has the next number. */
const BUILDER = 1000;
export const INIT = BUILDER + 1;

/** That of a user is a service of the machine's. */
function systemdCgroup(uid: number): string {
  return uid === 0 ? '' : `/user.slice/user-${uid}.slice/user@${uid}.service`;
}

/** What /proc says of init. */
function becomes(files: ImaginedFiles, engine: Engine, { program, ino }: { program: string; ino: number }): void {
  files.imagine(`/proc/${INIT}/stat`, stat(engine, INIT, program));
  files.imagineLook(`/proc/${INIT}/exe`, ino);
}

/** State, and the fields 4 to 52 of proc_pid_stat(5): all are one, the time of the start and the place of the code too. */
function stat(engine: Engine, pid: number, program: string): Uint8Array {
  return engine.encode(`${pid} (${program}) S ${Array<string>(49).fill('1').join(' ')}\n`);
}
