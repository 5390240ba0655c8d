import type { Engine } from '../../engine/engine.ts';
import { isErrno } from '../../engine/errors.ts';
import type { Config, IDMapping } from '../../spec/config.ts';
import type { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { keepsGroups } from '../annotations.ts';
import type { CreationFacts } from '../creation.ts';
import { mapByHelper } from './map-helpers.ts';

export interface IDMaps {
  readonly uids: readonly IDMapping[];
  readonly gids: readonly IDMapping[];
}

/** Those of the container's own user namespace. */
export function mapsOf({ linux }: Config): IDMaps {
  return { uids: linux?.uidMappings ?? [], gids: linux?.gidMappings ?? [] };
}

/** Writes the ID maps of the user namespace that `pid` is in: one write each, as the kernel demands (user_namespaces(7)). */
export function writeMaps(facts: CreationFacts, pid: number, { uids, gids }: IDMaps): void {
  const { engine, caller } = facts;
  if (!mayWrite(engine, `/proc/${pid}/uid_map`, uids)) mapByHelper(facts, 'newuidmap', pid, uids);
  if (mayWrite(engine, `/proc/${pid}/gid_map`, gids)) return;
  if (!isAlone(gids, caller.gid)) return mapByHelper(facts, 'newgidmap', pid, gids);
  // Who may not map groups freely must give up setgroups first: it could shed a group that forbids (CVE-2014-8989).
  writeFile(engine, `/proc/${pid}/setgroups`, 'deny');
  writeFile(engine, `/proc/${pid}/gid_map`, mapText(gids));
}

/** Whether setgroups is denied in the user namespace of `pid`. */
export function deniesGroups({ files, decode }: Engine, pid: number): boolean {
  return decode(files.read(`/proc/${pid}/setgroups`)).trim() === 'deny';
}

/** False if the kernel leaves that to privileges which we have not. A refused write counts for none. */
function mayWrite(engine: Engine, file: string, mappings: readonly IDMapping[]): boolean {
  try {
    writeFile(engine, file, mapText(mappings));
    return true;
  } catch (error) {
    if (isErrno(error, 'EPERM')) return false;
    throw error;
  }
}

/** What the kernel lets everybody map. */
function isAlone(mappings: readonly IDMapping[], id: number): boolean {
  const [first, ...others] = mappings;
  return others.length === 0 && first?.size === 1 && first.hostID === id;
}

function writeFile({ files, encode }: Engine, path: string, text: string): void {
  const fd = files.open(path, ['O_WRONLY']);
  try {
    files.write(fd, encode(text));
  } finally {
    files.close(fd);
  }
}

/** The form of the kernel's files. */
export function mapText(mappings: readonly IDMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}

/** Root of the user namespace that the process is in, and of no other. Where setgroups is denied there is none to shed. */
export function becomeRoot(kernel: RemoteKernel, config: Config): void {
  kernel.calls.setresgid(0, 0, 0);
  kernel.calls.setresuid(0, 0, 0);
  if (!keepsGroups(config)) kernel.may('EPERM').setgroups([]);
}
