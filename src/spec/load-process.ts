import type { Config, Process } from './config.ts';
import { loadAs, within } from './load.ts';
import type { Fault, Problem } from './problem.ts';
import { checkSemantics } from './validate/semantic.ts';
import { OCI_VERSION } from './version.ts';

export interface LoadedProcess {
  /** Absent if the text is not JSON or does not fit the schema. */
  readonly process: Process | undefined;
  readonly problems: readonly Problem[];
}

/** Reads and validates a file that holds what is `/process` in a config.json. Pointers start from the file's own root. */
export function loadProcess(bytes: Uint8Array, decode: (bytes: Uint8Array) => string): LoadedProcess {
  const { config, problems } = loadAs(bytes, decode, {
    whole: (process) => ({ ociVersion: OCI_VERSION, process }),
    place: PLACE,
  });
  return { process: config?.process, problems };
}

/** What is wrong with a process that fits the schema. */
export function processFaults(process: Process): Fault[] {
  const config: Config = { ociVersion: OCI_VERSION, process };
  return within(PLACE, checkSemantics(config, [])).filter(({ severity }) => severity === 'error');
}

const PLACE = '/process';
