import type { IntelRdt } from '../config.ts';
import { type Check, each, quote, type Violation } from './check.ts';
import { REF } from './ref.ts';

const RDT = '/linux/intelRdt';

/** The values are lines and names of files in resctrl. */
export const RDT_CHECKS: readonly Check[] = [
  {
    ref: REF.intelRdtClosID,
    severity: 'error',
    find: of(function* ({ closID = '' }) {
      if (closID === '/' || (closID !== '.' && closID !== '..' && !/[/\n]/.test(closID))) return;
      yield { pointer: `${RDT}/closID`, message: `must be "/" or the name of a directory, is ${quote(closID)}` };
    }),
  },
  {
    ref: REF.intelRdtSchemata,
    severity: 'error',
    find: of(({ schemata }) =>
      each(schemata, `${RDT}/schemata`, (line) => (line.includes('\n') ? NEWLINE : undefined)),
    ),
  },
  {
    ref: REF.memBwSchema,
    severity: 'error',
    find: of(function* ({ memBwSchema = '' }) {
      const pointer = `${RDT}/memBwSchema`;
      if (memBwSchema.includes('\n')) yield { pointer, message: NEWLINE };
      else if (memBwSchema !== '' && !memBwSchema.startsWith('MB:'))
        yield { pointer, message: 'must start with "MB:"' };
    }),
  },
  {
    ref: REF.l3CacheSchema,
    severity: 'warning',
    find: of(function* ({ l3CacheSchema = '' }) {
      const pointer = `${RDT}/l3CacheSchema`;
      if (l3CacheSchema.includes('\n')) yield { pointer, message: 'should not contain a line break' };
      else if (l3CacheSchema !== '' && !l3CacheSchema.startsWith('L3:'))
        yield { pointer, message: 'should start with "L3:"' };
    }),
  },
];

const NEWLINE = 'must not contain a line break';

function of(find: (rdt: IntelRdt) => Iterable<Violation>): Check['find'] {
  return ({ linux }) => (linux?.intelRdt === undefined ? [] : find(linux.intelRdt));
}
