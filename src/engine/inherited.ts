import type { Files } from './engine.ts';

/**
 * Whether the caller passed the descriptor: it came through execve(2), which closes what has O_CLOEXEC, as everything has
 * that the engine or the runtime opens. `/proc/self/fdinfo` says so: proc_pid_fdinfo(5).
 */
export function isInherited(files: Files, decode: (bytes: Uint8Array) => string, fd: number): boolean {
  try {
    const [, flags] = /^flags:\s*([0-7]+)$/m.exec(decode(files.read(`/proc/self/fdinfo/${fd}`))) ?? [];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false;
  }
}

const O_CLOEXEC = 0o2000000;
