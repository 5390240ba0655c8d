import type { Config } from '../../spec/config.ts';
import { errnoCode } from '../../syscalls/errno.ts';
import type { Caller } from '../caller.ts';
import type { CheckSite } from './site.ts';

/** `limited`: it works, and less is to be had than elsewhere. `unknown`: it could not be asked. */
export type Verdict = 'ok' | 'limited' | 'missing' | 'unknown';

export interface Answer {
  readonly verdict: Verdict;
  /** What was seen. */
  readonly found: string;
  /** The command that changes it, where something is lost and there is one. */
  readonly cure?: string | undefined;
}

/** One thing that containers may need of a machine. */
export interface Probe {
  readonly group: Group;
  readonly name: string;
  /** What there is not without it. */
  readonly lost: string;
  /** Whether there is no container without it: the one of the bundle, or else any that `tsrunc spec` describes. */
  readonly needed: (want: Want) => boolean;
  readonly look: (site: CheckSite) => Answer;
}

export type Group = 'system calls' | 'namespaces' | 'environment' | 'cgroups' | 'security' | 'programs' | 'mounts';

export interface Want {
  /** Undefined: no certain container is asked about. */
  readonly config: Config | undefined;
  readonly caller: Caller;
}

export const never = (): boolean => false;
export const always = (): boolean => true;

export function ok(found: string): Answer {
  return { verdict: 'ok', found };
}

export function missing(found: string, cure?: string): Answer {
  return { verdict: 'missing', found, cure };
}

export function limited(found: string, cure?: string): Answer {
  return { verdict: 'limited', found, cure };
}

export function unknown(found: string): Answer {
  return { verdict: 'unknown', found };
}

/** The name of the error that a call has failed with; undefined if it has not. */
export function failureOf(result: number): string | undefined {
  return result < 0 ? errnoCode(-result) : undefined;
}
