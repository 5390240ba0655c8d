import type { Engine } from '../../engine/engine.ts';
import { writeJson } from '../../spec/json.ts';
import type { HookState } from '../../spec/state.ts';
import { ContainerError } from '../errors.ts';
import type { SavedState } from '../store.ts';

/** The container as its hooks are told of it; what is true of it at any time. */
export type HookSubject = Omit<HookState, 'status' | 'pid'>;

/** What a hook reads from standard input (runtime.md, "State"): one line without blanks, since some hooks grep it. */
export function hookState(subject: HookSubject, status: HookState['status'], pid?: number): string {
  const { ociVersion, id, bundle, annotations = {} } = subject;
  const state: HookState = {
    ociVersion,
    id,
    status,
    ...(pid !== undefined && { pid }),
    bundle,
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  return writeJson(state);
}

/** As it was at create, whatever has happened to the bundle since. */
export function subjectOf({ id, tsrunc: { ociVersion, bundle, annotations } }: SavedState): HookSubject {
  return { ociVersion, id, bundle, annotations };
}

/** The PID of a process as it sees itself: a hook in its PID namespace has no use for ours. */
export function innermostPid({ files, decode }: Pick<Engine, 'files' | 'decode'>, pid: number): number {
  const status = decode(files.read(`/proc/${pid}/status`));
  const innermost = /^NSpid:.*\s(\d+)$/m.exec(status)?.[1];
  if (innermost === undefined) throw new ContainerError('host', `/proc/${pid}/status has no NSpid`);
  return Number(innermost);
}
