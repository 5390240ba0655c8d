import * as fs from 'node:fs';
import * as path from 'node:path';
import { isAlive } from '../support/host.ts';
import type { Outcome } from '../support/runtime.ts';
import { type Receiver, Screen } from '../support/terminal.ts';
import { until } from '../support/wait.ts';

/** Where a caller works: what its answers are compared with. */
export interface Place {
  readonly id: string;
  readonly root: string;
  readonly bundle: string;
  /** A directory for files of the caller. */
  readonly dir: string;
  /** Where it receives a terminal. */
  readonly console: Receiver;
}

/** A line that a caller types, and what it does with the answer. */
export interface Step {
  /** Its words, between spaces; those in braces stand for what is in the place. */
  readonly line: string;
  readonly input?: string;
  readonly status?: number;
  /** What the caller hands on of its environment; else a PATH and no more. */
  readonly env?: Readonly<Record<string, string>>;
  /** The runtime stays, and the caller goes on when this PID file is there; the status is that of the end. */
  readonly until?: string;
  reads?(outcome: Outcome, place: Place): void | Promise<void>;
}

type Reads = NonNullable<Step['reads']>;

/** `strconv.Atoi` of the raw content. */
export const readsPid =
  (name: string): Reads =>
  (_, { dir }) =>
    expect(fs.readFileSync(path.join(dir, name), 'utf8')).toMatch(/^\d+$/);

export const readsState =
  (status: string): Reads =>
  ({ stdout }, { id, bundle }) => {
    const state = JSON.parse(stdout);
    expect(state).toMatchObject({ ociVersion: expect.any(String), id, status, bundle });
    expect(Number.isNaN(Date.parse(state.created))).toBe(false);
    expect(Number.isInteger(state.pid)).toBe(true);
  };

/** Both streams together are one JSON value, or nothing else than these lines. */
export const readsFeatures: Reads = ({ stdout, stderr }) => {
  const { ociVersionMin, ociVersionMax, mountOptions, linux } = JSON.parse(stdout + stderr);
  expect([ociVersionMin, ociVersionMax]).toEqual([expect.stringMatching(/^1\./), expect.stringMatching(/^1\./)]);
  expect(mountOptions).toContain('rro');
  expect(linux.namespaces).toContain('user');
};

export const readsVersion: Reads = ({ stdout, stderr }) => {
  const lines = (stdout + stderr).split('\n');
  expect(lines[0]).toMatch(/^\w+ version \d+\.\d+\.\d+/);
  expect(lines.filter((line) => line.startsWith('commit: '))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith('spec: '))).toHaveLength(1);
};

/** The process of the PID file has ended. */
export const hasStopped: Reads = async (_, { dir }) => {
  const pid = Number(fs.readFileSync(path.join(dir, 'pid'), 'utf8'));
  await until(`${pid} has ended`, () => !isAlive(pid));
};

/** The master of a terminal has arrived at the console socket; a line that is typed there is read. */
export const readsTerminal: Reads = async (_, { console }) => {
  const { text, fd, ended } = console.take();
  expect([text, ended]).toEqual(['/dev/ptmx', true]);
  const screen = new Screen(fd);
  screen.type('a line\n');
  await screen.shows('read: a line');
  screen.close();
};

/** The last line of the log is an error whose message has `text`. */
export const readsLog =
  (text: string): Reads =>
  (_, { dir }) => {
    const lines = fs.readFileSync(path.join(dir, 'log.json'), 'utf8').trim().split('\n');
    const { level, msg, time } = JSON.parse(lines.at(-1) ?? '');
    expect({ level, msg }).toEqual({ level: 'error', msg: expect.stringContaining(text) });
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
  };
