import type { Hook } from '../../spec/config.ts';
import { signals } from '../../syscalls/signals.ts';

/** How a hook ended, and the last that it said. */
export interface Ending {
  /** The wait status, or that it was killed because its time was up. */
  readonly status: number | 'timeout';
  readonly stdout: string;
  readonly stderr: string;
}

/** Why a hook has failed, as runc says it; undefined if it has not. */
export function failureOf({ status, stdout, stderr }: Ending, timeout: Hook['timeout']): string | undefined {
  if (status === 0) return undefined;
  const said = `, stdout: ${stdout}, stderr: ${stderr}`;
  if (status !== 'timeout') return statusWords(status) + said;
  const seconds = Number(timeout ?? 0).toFixed(1);
  return `hook ran past specified timeout of ${seconds}s${stdout + stderr === '' ? '' : said}`;
}

/** How a program ended, of which all is known by its wait status. */
export function statusWords(status: number): string {
  const number = status & 0x7f;
  if (number === 0) return `exit status ${(status >> 8) & 0xff}`;
  const name = signals.find((signal) => signal.number === number)?.name ?? number;
  return `signal: ${name}${status & CORE_DUMPED ? ' (core dumped)' : ''}`;
}

/** WCOREFLAG of wait(2). */
const CORE_DUMPED = 0x80;
