import type { ExpectedFailure } from './expected.ts';
import type { Verdict } from './tap.ts';

export interface Ran {
  readonly program: string;
  readonly verdict: Verdict;
}

/** One line a program, as it ends. */
export function lineOf(ran: Ran, expected: readonly ExpectedFailure[]): string {
  const { program, verdict } = ran;
  const entry = entryOf(ran, expected);
  const name = program.padEnd(32);
  if (isSurprise(ran, expected))
    return verdict.passed ? `passes    ${name} and is listed as failing` : `FAILS     ${name} ${verdict.why}`;
  if (verdict.passed) return `${verdict.skipped ? 'skipped  ' : 'ok       '} ${name}`.trimEnd();
  return `expected  ${name} ${entry?.fault}: ${entry?.why} (${entry?.place})`;
}

export function summary(all: readonly Ran[], expected: readonly ExpectedFailure[]): string {
  const passed = all.filter(({ verdict }) => verdict.passed);
  const surprises = all.filter((ran) => isSurprise(ran, expected));
  const failed = all.filter((ran) => !ran.verdict.passed && !isSurprise(ran, expected));
  const faults = (['suite', 'machine', 'choice'] as const)
    .map((fault) => `${failed.filter((ran) => entryOf(ran, expected)?.fault === fault).length} ${fault}`)
    .join(', ');
  return `${all.length} programs: ${passed.length} pass, ${failed.length} fail as expected (${faults}), ${surprises.length} surprises`;
}

export function exitStatus(all: readonly Ran[], expected: readonly ExpectedFailure[]): number {
  return all.some((ran) => isSurprise(ran, expected)) ? 1 : 0;
}

/** A failure that is not listed, or a listed one that is none and does not depend on the machine. */
function isSurprise(ran: Ran, expected: readonly ExpectedFailure[]): boolean {
  const entry = entryOf(ran, expected);
  return ran.verdict.passed ? entry !== undefined && entry.fault !== 'machine' : entry === undefined;
}

function entryOf({ program }: Ran, expected: readonly ExpectedFailure[]): ExpectedFailure | undefined {
  return expected.find((entry) => entry.program === program);
}
