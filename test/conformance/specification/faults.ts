import { REF, type SpecRef } from '../../../src/spec/validate/ref.ts';
import type { Demand, Section } from './demand.ts';

/** The text of a file below test/; undefined if there is none. */
export type Reader = (file: string) => string | undefined;

/** What is wrong with the table: demands that nothing shows, tests that do not exist, rules that it leaves out. */
export function faultsOf(sections: readonly Section[], read: Reader): string[] {
  const each = sections.flatMap(({ file, anchor, demands }) =>
    demands.flatMap((demand) => faults(demand, read).map((fault) => `${file}#${anchor}: ${demand.what}: ${fault}`)),
  );
  return [...each, ...missing(sections)];
}

function faults({ level, tests, remark }: Demand, read: Reader): string[] {
  const bound = level !== 'MAY' && level !== 'SHOULD' && level !== 'SHOULD NOT';
  const untested = bound || remark === undefined ? 'no test shows it' : undefined;
  if (tests.length === 0) return untested === undefined ? [] : [untested];
  return tests.filter((test) => !exists(test, read)).map((test) => `there is no test "${test}"`);
}

/** A title stands in its file as a string, or begins one. */
function exists(test: string, read: Reader): boolean {
  const [, file = '', title = ''] = /^(\S+?): (.+)$/.exec(test) ?? [];
  const text = read(file.endsWith('.ts') ? file : `${file}.test.ts`);
  return ["'", '"', '`'].some((quote) => text?.includes(quote + title) === true);
}

/** Whatever rule the code cites is in the table, below its anchor. */
function missing(sections: readonly Section[]): string[] {
  return Object.entries(REF)
    .filter(([, ref]) => ref.level !== 'kernel' && !sections.some((section) => holds(section, ref)))
    .map(([name, { file, anchor, level }]) => `${file}#${anchor}: REF.${name} (${level}) is not in the table`);
}

function holds({ file, anchor, demands }: Section, ref: SpecRef): boolean {
  return file === ref.file && anchor === ref.anchor && demands.some(({ level }) => level === ref.level);
}
