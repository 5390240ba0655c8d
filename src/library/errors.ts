import type { ErrorCode } from '../libcontainer/error-codes.ts';

/** What tsrunc tells of a failure: see docs/errors.md. Members that do not apply are absent. */
export interface ErrorRecord {
  /** A stable word to switch on. */
  readonly code: ErrorCode;
  readonly message: string;
  /** What was being done. */
  readonly step?: string;
  /** JSON pointer into config.json of what asked for it. */
  readonly pointer?: string;
  /** The call that the kernel refused, its arguments in words, and the kernel's answer. */
  readonly syscall?: string;
  readonly args?: readonly string[];
  readonly errno?: string;
  /** What to do, where the answer of the kernel misleads. */
  readonly hint?: string;
}

/** A command of tsrunc has failed. */
export class ContainerError extends Error {
  override readonly name = 'ContainerError';
  readonly code: ErrorCode;
  /** Everything that tsrunc told. */
  readonly record: ErrorRecord;

  constructor(record: ErrorRecord) {
    super(record.message);
    this.code = record.code;
    this.record = record;
  }
}

/** What the log of a failed command holds: one entry at level error. Undefined if it has none. */
export function errorIn(log: string): ContainerError | undefined {
  const entries = log.split('\n').filter((line) => line !== '');
  for (const line of entries.reverse()) {
    const { msg, level, time, ...record }: LogEntry = JSON.parse(line);
    if (level === 'error') return new ContainerError({ ...record, message: msg });
  }
  return undefined;
}

type LogEntry = Omit<ErrorRecord, 'message'> & { readonly msg: string; readonly level: string; readonly time: string };
