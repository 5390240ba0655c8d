import type { SpecFile, SpecLevel } from '../../../src/spec/validate/ref.ts';

/** What the specification says below one anchor to whoever writes a runtime for Linux. */
export interface Section {
  readonly file: SpecFile;
  readonly anchor: string;
  readonly demands: readonly Demand[];
}

export interface Demand {
  readonly level: SpecLevel;
  /** In our own words. */
  readonly what: string;
  /**
   * `FILE: TITLE` of tests that fail where it is not so. FILE is below test/, without `.test.ts` if it is one; TITLE
   * stands in it as a string: the name of a test, or of a row in its table.
   */
  readonly tests: readonly string[];
  /** Where we or runc do something else, and why; or what we chose where there is a choice. */
  readonly remark?: string;
}

export function section(file: SpecFile, anchor: string, ...demands: readonly Demand[]): Section {
  return { file, anchor, demands };
}

type Rest = readonly [...tests: string[]];

export const must = (what: string, ...tests: Rest): Demand => ({ level: 'MUST', what, tests });
export const mustNot = (what: string, ...tests: Rest): Demand => ({ level: 'MUST NOT', what, tests });
export const required = (what: string, ...tests: Rest): Demand => ({ level: 'REQUIRED', what, tests });
export const should = (what: string, ...tests: Rest): Demand => ({ level: 'SHOULD', what, tests });
export const shouldNot = (what: string, ...tests: Rest): Demand => ({ level: 'SHOULD NOT', what, tests });
export const may = (what: string, remark: string, ...tests: Rest): Demand => ({ level: 'MAY', what, tests, remark });

/** With a remark. */
export function but(remark: string, demand: Demand): Demand {
  return { ...demand, remark };
}
