import type { SpecRef } from './validate/ref.ts';

export type Severity = 'error' | 'warning';

export type ProblemKind =
  /** Not JSON, or JSON of a dubious sort (a key given twice). */
  | 'syntax'
  /** A value of the wrong type, outside its range, or missing. */
  | 'schema'
  /** Right by itself, but against a rule of the specification or of the kernel. */
  | 'semantic'
  /** Not in the specification; never an error. */
  | 'unknown-field'
  /** This machine cannot do it. Found by libcontainer, not here. */
  | 'host';

/** What is wrong with a document, and where. */
export interface Problem {
  readonly severity: Severity;
  readonly kind: ProblemKind;
  /** JSON pointer of the value; of a missing one, where it should be. */
  readonly pointer: string;
  /** Counted from 1; of a missing value, those of the object that lacks it. */
  readonly line: number;
  readonly column: number;
  /** Follows the pointer in a sentence: `must be an array of strings, is a number`. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** The sentence of the specification that it is against. */
  readonly ref?: SpecRef;
}

/** A problem whose place in the text has not been looked up. */
export type Fault = Omit<Problem, 'line' | 'column'>;

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

/** Errors before warnings, each in the order of the text. */
export function compareProblems(a: Problem, b: Problem): number {
  return rank(a) - rank(b) || a.line - b.line || a.column - b.column;
}

function rank(problem: Problem): number {
  return problem.severity === 'error' ? 0 : 1;
}

/** One line: `12:5: /process/args: must be an array of strings, is a number`, then the hint in parentheses. */
export function formatProblem({ line, column, pointer, message, hint }: Problem): string {
  const where = pointer === '' ? '' : `${pointer}: `;
  return `${line}:${column}: ${where}${message}${hint === undefined ? '' : ` (${hint})`}`;
}
