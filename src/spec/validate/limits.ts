import { RLIMIT_TYPES } from '../vocabulary.ts';
import { type Check, each, quote } from './check.ts';
import { closest } from './closest.ts';
import { REF } from './ref.ts';

const RLIMITS = '/process/rlimits';

/** Resource limits of the process, and its place in the line for the OOM killer. */
export const LIMIT_CHECKS: readonly Check[] = [
  {
    ref: REF.rlimitType,
    severity: 'error',
    *find({ process }) {
      const known: readonly string[] = RLIMIT_TYPES;
      for (const [index, { type }] of (process?.rlimits ?? []).entries()) {
        if (known.includes(type)) continue;
        const meant = closest(type, known) ?? known.find((name) => name === `RLIMIT_${type.toUpperCase()}`);
        yield {
          pointer: `${RLIMITS}/${index}/type`,
          message: `${quote(type)} is no resource limit of Linux`,
          ...(meant !== undefined && { hint: `did you mean ${quote(meant)}?` }),
        };
      }
    },
  },
  {
    ref: REF.rlimitDuplicate,
    severity: 'error',
    find({ process }) {
      const seen = new Set<string>();
      return each(process?.rlimits, RLIMITS, ({ type }) => {
        if (seen.has(type)) return `there is another entry for ${type}`;
        seen.add(type);
        return undefined;
      });
    },
  },
  {
    ref: REF.rlimitSoft,
    severity: 'error',
    find: ({ process }) =>
      each(process?.rlimits, RLIMITS, ({ soft, hard }) =>
        soft > hard ? `the soft limit (${soft}) must not exceed the hard limit (${hard})` : undefined,
      ),
  },
  {
    ref: REF.oomScoreAdj,
    severity: 'error',
    *find({ process }) {
      const value = process?.oomScoreAdj ?? 0;
      if (value >= -1000 && value <= 1000) return;
      yield { pointer: '/process/oomScoreAdj', message: `must be from -1000 to 1000, is ${value}` };
    },
  },
];
