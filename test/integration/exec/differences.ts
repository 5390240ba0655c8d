import { DIFFERENCES, type Difference } from '../parity/differences.ts';

/** Every way in which a process that tsrunc runs in a container differs from one of runc. */
export const EXEC_DIFFERENCES: readonly Difference[] = [
  ...DIFFERENCES,
  {
    fact: /^fd\.[012]$/,
    why: 'in the foreground runc copies the streams through pipes of its own, tsrunc hands the caller’s on',
    holds: (tsrunc, runc) => runc === 'pipe:[N]' && (tsrunc?.startsWith('IO.') || tsrunc === '/dev/null'),
  },
  {
    fact: /^flags$/,
    why: 'those of the pipes',
    holds: (_, runc) => runc === 'flags:\t00\nflags:\t01\nflags:\t01',
  },
  {
    fact: /^limits\.Max open files$/,
    why: 'runc 1.1 replaces the soft limit by the one that Go has raised',
    holds: (tsrunc, runc) => hard(tsrunc) === hard(runc),
  },
  {
    fact: /^(status\.Umask|umask)$/,
    variant: /umask|^a container of a user/,
    why: 'runc 1.1 hands on the caller’s umask; as runc does since 1.2, tsrunc takes that of the process file or of the container',
    holds: (tsrunc) => tsrunc !== undefined && ['0000', '0022', '0027', '0077'].includes(tsrunc),
  },
  {
    fact: /^status\.Cpus_allowed$/,
    variant: /one CPU$/,
    why: 'runc 1.1 hands on the caller’s CPUs; runc since 1.4 and tsrunc reset them to those of the cpuset',
    holds: (_, runc) => runc === '1',
  },
  {
    fact: /^one\.oom_score_adj$/,
    variant: /-p with oomScoreAdj$/,
    why: 'runc ignores the value of a process file and takes the container’s',
    holds: (tsrunc) => tsrunc === '77',
  },
];

function hard(limit: string | undefined): string | undefined {
  return limit?.split(' ')[1];
}
