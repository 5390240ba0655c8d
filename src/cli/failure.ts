import { ContainerError, report } from '../libcontainer/errors.ts';

/** The failure of a verb with the prefix that runc's clients know. */
export function failed(verb: keyof typeof prefixes, error: unknown): ContainerError {
  const cause = expected(error);
  return new ContainerError(report(cause).code, prefixes[verb], { cause });
}

const prefixes = { create: 'tsrunc create failed', run: 'tsrunc run failed', exec: 'exec failed' } as const;

/** What nobody threw on purpose is a bug of ours, and says so. */
export function expected(error: unknown): unknown {
  const bug = report(error).code === 'internal' && !(error instanceof ContainerError);
  return bug ? new ContainerError('internal', 'internal error', { cause: error }) : error;
}
