import type { Engine } from '../engine/engine.ts';

type Reader = Pick<Engine, 'files' | 'decode'>;

/**
 * The soft RLIMIT_NOFILE of who called us. The engine had raised ours to the hard one before the first line of ours
 * ran; the caller's own process is the best witness of what the container, and hooks, should inherit.
 */
export function callerNofile(engine: Reader): number | undefined {
  try {
    const parent = /^PPid:\s+(\d+)$/m.exec(engine.decode(engine.files.read('/proc/self/status')))?.[1];
    return openFiles(engine, `/proc/${parent}/limits`)?.soft;
  } catch {
    return undefined;
  }
}

/** RLIMIT_NOFILE for what we start: the caller's soft limit, as far as it is known, and our hard one. */
export function inheritedNofile(engine: Reader): { rlim_cur: number; rlim_max: number } | undefined {
  const soft = callerNofile(engine);
  const own = openFiles(engine, '/proc/self/limits');
  return soft !== undefined && own && soft <= own.hard ? { rlim_cur: soft, rlim_max: own.hard } : undefined;
}

function openFiles(engine: Reader, path: string): { soft: number; hard: number } | undefined {
  const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(engine.decode(engine.files.read(path))) ?? [];
  return soft === undefined || hard === undefined ? undefined : { soft: Number(soft), hard: Number(hard) };
}
