import { type Command, ownCalls } from './counts.ts';
import type { Results } from './report.ts';

/**
 * What a change must not make worse: counts, and ratios of times that were taken in turn. A bound is what was measured, and
 * somewhat more; who makes something better lowers it. The engine's own calls vary by some twenty from start to start.
 */
export interface Bound {
  readonly name: string;
  /** Undefined where it cannot be told: no strace, no runc. */
  of(results: Results): number | undefined;
  readonly most: number;
}

export const bounds: readonly Bound[] = [
  { name: 'round trips per create', of: (results) => results.roundTripsPerCreate, most: 6 },
  own('run', 900),
  own('create', 680),
  own('state', 60),
  own('start', 150),
  own('exec', 600),
  own('kill', 110),
  own('delete', 150),
  { name: 'own system calls of run, of those of runc', of: callsOfRunc, most: 0.5 },
  { name: 'peak RSS of run, KiB', of: ({ counts }) => counts['tsrunc']?.peakRss, most: 115_000 },
  { name: 'RSS of a created init, KiB', of: ({ counts }) => counts['tsrunc']?.createdRss, most: 64 },
  { name: 'size of the executable, MB', of: ({ counts }) => counts['tsrunc']?.megabytes, most: 165 },
  // Generous: how long an engine takes to start, beside a Go binary, is the machine's matter.
  slower('run true', 4),
  slower('create', 6),
];

function own(command: Command, most: number): Bound {
  const of = ({ counts }: Results) => counts['tsrunc'] && ownCalls(counts['tsrunc'], command);
  return { name: `own system calls of ${command}`, of, most };
}

function callsOfRunc({ counts }: Results): number | undefined {
  const [ours, theirs] = [counts['tsrunc'] && ownCalls(counts['tsrunc'], 'run'), counts['runc']?.systemCalls?.run];
  return ours && theirs && ours / theirs;
}

function slower(scenario: string, most: number): Bound {
  const median = ({ times }: Results, name: string) => times[scenario]?.[name]?.median;
  const of = (results: Results) => {
    const [ours, theirs] = [median(results, 'tsrunc'), median(results, 'runc')];
    return ours && theirs && ours / theirs;
  };
  return { name: `time of ${scenario}, of that of runc`, of, most };
}
