import type { Engine, Native } from '../engine.ts';
import type { Addon } from './addon.ts';
import { callersEnvironment } from './environment.ts';
import { files } from './files.ts';
import { bindNative } from './native.ts';

/** Node as the engine. `loadAddon` gives ffi-rs's addon, from wherever this build keeps it. */
export function nodeEngine(loadAddon: () => Addon): Engine {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let native: Native | undefined;
  /** What the clock showed when the monotonic one was zero, to a millisecond. `performance` knows it better, but takes 4 ms to load. */
  let clockAtZero: bigint | undefined;
  return {
    argv: process.argv.slice(2),
    env: callersEnvironment(process.env),
    pid: process.pid,
    arch: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
    execPath: process.execPath,
    isInherited,
    files,
    native: () => {
      native ??= bindNative(loadAddon());
      return native;
    },
    exit: (status) => process.reallyExit(status),
    now: () => {
      clockAtZero ??= BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
      return clockAtZero + process.hrtime.bigint();
    },
    monotonic: () => process.hrtime.bigint(),
    encode: (text) => encoder.encode(text),
    decode: (bytes) => decoder.decode(bytes),
  };
}

/**
 * Whether the caller passed the descriptor. The engine's own are open by the time that we look; the first that it
 * makes is its event loop's epoll instance, and nobody passes one of those.
 */
function isInherited(fd: number): boolean {
  try {
    return files.readlink(`/proc/self/fd/${fd}`) !== 'anon_inode:[eventpoll]';
  } catch {
    return false;
  }
}

declare global {
  namespace NodeJS {
    interface Process {
      /** `_exit`: no exit handlers, nothing flushed, nothing torn down. */
      reallyExit(status: number): never;
    }
  }
}
