import type { Config } from '../config.ts';
import { CAPABILITIES, CAPABILITY_SETS } from '../vocabulary.ts';
import { type Check, each, isAbsolute, quote, type Violation } from './check.ts';
import { closest } from './closest.ts';
import { REF } from './ref.ts';

/** setresuid and its kin read it as "leave as it is". */
const NO_ID = 4294967295;

/** What is executed, as whom, with which rights. */
export const PROCESS_CHECKS: readonly Check[] = [
  {
    ref: REF.args,
    severity: 'error',
    *find({ process }) {
      if (process === undefined || (process.args ?? []).length > 0) return;
      yield { pointer: '/process/args', message: 'must have at least one entry: the program to execute' };
    },
  },
  {
    ref: REF.args,
    severity: 'error',
    *find({ process }) {
      if (process?.args?.[0] === '') yield { pointer: '/process/args/0', message: 'must name the program to execute' };
    },
  },
  {
    ref: REF.cwd,
    severity: 'error',
    *find({ process }) {
      if (process === undefined || isAbsolute(process.cwd)) return;
      yield { pointer: '/process/cwd', message: `must be absolute, is ${quote(process.cwd)}` };
    },
  },
  {
    ref: REF.env,
    severity: 'error',
    find: ({ process }) =>
      each(process?.env, '/process/env', (entry) => {
        const sign = entry.indexOf('=');
        if (sign === -1) return `must be NAME=value, is ${quote(entry)}`;
        return sign === 0 ? `must have a name before '=', is ${quote(entry)}` : undefined;
      }),
  },
  {
    ref: REF.consoleSize,
    severity: 'warning',
    *find({ process }) {
      if (process?.terminal !== true || process.consoleSize === undefined) return;
      for (const side of ['height', 'width'] as const) {
        const size = process.consoleSize[side];
        if (size > 65535) yield { pointer: `/process/consoleSize/${side}`, message: `is beyond 65535: ${size}` };
      }
    },
  },
  {
    ref: REF.user,
    severity: 'warning',
    *find({ process }) {
      if (process === undefined) return;
      if (process.user === undefined)
        yield { pointer: '/process/user', message: 'is missing: uid 0 and gid 0 are assumed' };
      for (const id of ['uid', 'gid'] as const) {
        if (process.user !== undefined && process.user[id] === undefined) {
          yield { pointer: `/process/user/${id}`, message: 'is missing: 0 is assumed' };
        }
      }
    },
  },
  {
    ref: REF.userId,
    severity: 'error',
    *find({ process }) {
      const message = `${NO_ID} is not a valid ID`;
      if (process?.user?.uid === NO_ID) yield { pointer: '/process/user/uid', message };
      if (process?.user?.gid === NO_ID) yield { pointer: '/process/user/gid', message };
      yield* each(process?.user?.additionalGids, '/process/user/additionalGids', (gid) =>
        gid === NO_ID ? message : undefined,
      );
    },
  },
  {
    ref: REF.umask,
    severity: 'warning',
    *find({ process }) {
      const umask = process?.user?.umask ?? 0;
      if (umask <= 0o777) return;
      const pointer = '/process/user/umask';
      yield { pointer, message: `has bits that mean nothing: ${umask}`, hint: 'the number is decimal: 18 is 0022' };
    },
  },
  { ref: REF.capabilities, severity: 'warning', find: unknownCapabilities },
  { ref: REF.effectiveCapabilities, severity: 'warning', find: effectiveBeyondPermitted },
];

function* unknownCapabilities({ process }: Config): Iterable<Violation> {
  const known: readonly string[] = CAPABILITIES;
  for (const set of CAPABILITY_SETS) {
    for (const [index, name] of (process?.capabilities?.[set] ?? []).entries()) {
      if (known.includes(name)) continue;
      const meant = known.find((capability) => capability === `CAP_${name.toUpperCase()}`) ?? closest(name, known);
      yield {
        pointer: `/process/capabilities/${set}/${index}`,
        message: `${quote(name)} is no capability and is ignored`,
        ...(meant !== undefined && { hint: `did you mean ${quote(meant)}?` }),
      };
    }
  }
}

function* effectiveBeyondPermitted({ process }: Config): Iterable<Violation> {
  const permitted = new Set(process?.capabilities?.permitted);
  const known: readonly string[] = CAPABILITIES;
  for (const [index, name] of (process?.capabilities?.effective ?? []).entries()) {
    if (!known.includes(name) || permitted.has(name)) continue;
    const pointer = `/process/capabilities/effective/${index}`;
    yield { pointer, message: `${name} cannot be effective without being permitted` };
  }
}
