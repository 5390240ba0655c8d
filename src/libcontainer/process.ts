import type { Engine, Files } from '../engine/engine.ts';
import { isErrno } from '../engine/errors.ts';

/** What /proc/PID/stat says of a process (proc(5)). */
export interface ProcessFacts {
  readonly comm: string;
  /** `R`, `S`, `D`, `Z`, `X`, … */
  readonly state: string;
  /** Clock ticks between boot and start: with the PID it names one process for ever. */
  readonly startTime: number;
  /** Where the program's code begins; 0 until execve has loaded it, and for a zombie. */
  readonly startCode: number;
  /** The wait status of a zombie; 0 where we may not know. */
  readonly exitCode: number;
}

/** Undefined: no such process. */
export function processFacts(engine: Pick<Engine, 'files' | 'decode'>, pid: number): ProcessFacts | undefined {
  let text: string;
  try {
    text = engine.decode(engine.files.read(`/proc/${pid}/stat`));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
  // The name may hold anything, parentheses and spaces included; what follows the last one is numbers.
  const close = text.lastIndexOf(')');
  const fields = text
    .slice(close + 2)
    .trim()
    .split(' ');
  return {
    comm: text.slice(text.indexOf('(') + 1, close),
    state: fields[0] ?? 'X',
    startTime: Number(fields[19]),
    startCode: Number(fields[23]),
    exitCode: Number(fields[49] ?? 0),
  };
}

/** The words of a line in the text of /proc/PID/status (proc(5)); undefined if it has none of that name. */
export function statusWords(status: string, name: string): string[] | undefined {
  const start = status.indexOf(`\n${name}:\t`);
  if (start < 0) return undefined;
  const value = start + name.length + 3;
  return status.slice(value, status.indexOf('\n', value)).split('\t');
}

/** Whether the process that had `pid` since `startTime` still runs: not gone, not a zombie, no other that got its PID. */
export function isAlive(engine: Pick<Engine, 'files' | 'decode'>, pid: number, startTime: number): boolean {
  const facts = processFacts(engine, pid);
  return facts !== undefined && facts.startTime === startTime && facts.state !== 'Z' && facts.state !== 'X';
}

/** Device and inode of a process's executable; undefined where it is gone or hidden from us. */
export function executableOf(files: Files, pid: number): { dev: number; ino: number } | undefined {
  try {
    const { dev, ino } = files.stat(`/proc/${pid}/exe`);
    return { dev, ino };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}
