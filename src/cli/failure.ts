import { ContainerError, report } from '../libcontainer/errors.ts';

/** The failure of `create` or `run` with the prefix that runc's clients know. */
export function failed(verb: 'create' | 'run', error: unknown): ContainerError {
  const cause = expected(error);
  return new ContainerError(report(cause).code, `tsrunc ${verb} failed`, { cause });
}

/** What nobody threw on purpose is a bug of ours, and says so. */
export function expected(error: unknown): unknown {
  const bug = report(error).code === 'internal' && !(error instanceof ContainerError);
  return bug ? new ContainerError('internal', 'internal error', { cause: error }) : error;
}
