import type { Engine } from '../engine/engine.ts';
import { capabilityBits } from './capabilities.ts';
import { ContainerError } from './errors.ts';
import { statusWords } from './process.ts';

type Reader = Pick<Engine, 'files' | 'decode'>;

/** Who runs us. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  /** Its CAP_SYS_ADMIN, which making namespaces takes, counts at least in the user namespace that it is in. */
  readonly isAdmin: boolean;
}

/**
 * The effective IDs and capabilities, read from /proc: a system call of our own would cost loading the binding. They do
 * not change, so each machine is asked once.
 */
export function callerOf(engine: Reader): Caller {
  const caller = known.get(engine) ?? readCaller(engine);
  known.set(engine, caller);
  return caller;
}

const known = new WeakMap<Reader, Caller>();

function readCaller(engine: Reader): Caller {
  const status = engine.decode(engine.files.read('/proc/self/status'));
  return {
    // The second of real, effective, saved and file system ID.
    uid: Number(field(status, 'Uid')[1]),
    gid: Number(field(status, 'Gid')[1]),
    isAdmin: (BigInt(`0x${field(status, 'CapEff')[0]}`) & ADMIN) !== 0n,
  };
}

const ADMIN = capabilityBits(['CAP_SYS_ADMIN']);

function field(status: string, name: string): string[] {
  const words = statusWords(status, name);
  if (words === undefined) throw new ContainerError('host', `/proc/self/status has no ${name} line`);
  return words;
}

/** Whether we are in a user namespace that somebody has made. The layout of its maps proves nothing: they may be identical. */
export function isInUserNamespace({ files }: Pick<Engine, 'files'>): boolean {
  // The first one has always had this number (linux/proc_ns.h).
  return files.readlink('/proc/self/ns/user') !== 'user:[4026531837]';
}

/**
 * The soft RLIMIT_NOFILE of who called us. The engine had raised ours to the hard one before the first line of ours
 * ran; the caller's own process is the best witness of what the container, and hooks, should inherit.
 */
export function callerNofile(engine: Reader): number | undefined {
  try {
    const [parent] = field(engine.decode(engine.files.read('/proc/self/status')), 'PPid');
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
