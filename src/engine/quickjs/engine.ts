import type { Engine, Native } from '../engine.ts';
import type { Binding } from './binding.ts';
import { filesOf } from './files.ts';
import { type Libc, libcOf } from './libc.ts';
import { bindNative } from './native.ts';
import { textOf } from './text.ts';

/**
 * QuickJS as the engine. `nameOf` is the name of an error number. What does not depend on the process is made when the
 * executable is; the rest by what comes back.
 */
export function quickjsEngine(binding: Binding, nameOf: (errno: number) => string): () => Engine {
  const libc = libcOf(binding);
  const clockGettime = libc('clock_gettime');
  const fcntl = libc('fcntl');
  const open = libc('open');
  const exit = libc('_exit');
  const getpid = libc('getpid');
  const text = textOf(binding);
  const files = filesOf(binding, text, nameOf);
  const clock = (which: number): bigint => {
    const [seconds = 0n, nanoseconds = 0n] = read(which);
    return seconds * 1_000_000_000n + nanoseconds;
  };
  const read = (which: number): BigInt64Array => {
    const time = new Uint8Array(16);
    clockGettime(which, time);
    return new BigInt64Array(time.buffer);
  };
  let native: Native | undefined;
  const lasting = {
    arch: binding.arch,
    // It came through execve(2), which closes what is close-on-exec, as everything is that we open.
    isInherited: (fd: number) => attempt(() => fcntl(fd, F_GETFD)) === 0,
    files,
    native: () => {
      native ??= bindNative(binding);
      return native;
    },
    exit(status: number): never {
      exit(status);
      throw new Error('_exit returned');
    },
    now: () => clock(CLOCK_REALTIME),
    monotonic: () => clock(CLOCK_MONOTONIC),
    ...text,
  } satisfies Partial<Engine>;
  return () => {
    occupyStreams(fcntl, open);
    return {
      ...lasting,
      argv: binding.argv,
      env: binding.env,
      pid: getpid(),
      execPath: attempt(() => files.readlink('/proc/self/exe')) ?? 'tsrunc',
    };
  };
}

/**
 * A stream that the caller has closed would be the next file that is opened, and a container would get that as its own:
 * a lock that it never lets go of. `/` is for a root without /dev: nobody can write to it.
 */
function occupyStreams(fcntl: Libc, open: Libc): void {
  for (const fd of [0, 1, 2]) {
    if (attempt(() => fcntl(fd, F_GETFD)) !== undefined) continue;
    attempt(() => open('/dev/null', O_RDWR)) ?? open('/', O_RDONLY);
  }
}

function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

const F_GETFD = 1;
const O_RDONLY = 0;
const O_RDWR = 2;
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
