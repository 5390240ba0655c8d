import type { Engine } from '../../engine/engine.ts';
import type { IDMapping } from '../../spec/config.ts';
import type { CreationFacts } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { type Ending, statusWords } from '../hooks/ending.ts';
import { inRuntime } from '../hooks/places.ts';
import { runProgram } from '../hooks/program.ts';

/** The file that says which IDs a helper gives to whom (subuid(5), subgid(5)). */
export const mapHelpers = { newuidmap: '/etc/subuid', newgidmap: '/etc/subgid' } as const;

export type MapHelper = keyof typeof mapHelpers;

/** Has a helper of the host's, which is privileged, write a map that the administrator allows the caller. */
export function mapByHelper(facts: CreationFacts, name: MapHelper, pid: number, mappings: readonly IDMapping[]): void {
  const path = findHelper(facts.engine, name);
  if (path === undefined) throw notFound(name);
  const numbers = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size]);
  const args = [name, ...[pid, ...numbers].map(String)];
  facts.log.debug(args.join(' '));
  inRuntime(facts, { bundle: '/', state: '' }, (place) => {
    const ending = runProgram({ path, args }, place);
    if (ending.status !== 0) throw failed(name, args, ending);
  });
}

/** Where a program of the host's is; undefined: no directory of PATH has it. */
export function findHelper({ env, files }: Pick<Engine, 'env' | 'files'>, name: string): string | undefined {
  const directories = (env.PATH ?? '').split(':').filter((directory) => directory.startsWith('/'));
  return directories.map((directory) => `${directory}/${name}`).find((path) => isProgram(files, path));
}

function isProgram(files: Pick<Engine['files'], 'stat'>, path: string): boolean {
  try {
    const { kind, mode } = files.stat(path);
    return kind === 'file' && (mode & 0o111) !== 0;
  } catch {
    // As a shell: what cannot be looked at is not there.
    return false;
  }
}

function notFound(name: MapHelper): ContainerError {
  return new ContainerError('host', `${name}: executable file not found in $PATH`, {
    hint: 'to map more than one’s own ID without privileges takes the package uidmap',
  });
}

function failed(name: MapHelper, args: readonly string[], { status, stderr }: Ending): ContainerError {
  const words = typeof status === 'number' ? statusWords(status) : status;
  return new ContainerError('host', `${args.join(' ')}: ${words}, stderr: ${stderr}`, {
    hint: `does ${mapHelpers[name]} give these IDs to the caller, and is ${name} setuid root, as the package uidmap has it?`,
  });
}
