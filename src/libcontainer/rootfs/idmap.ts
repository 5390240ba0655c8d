import type { IDMapping, Mount } from '../../spec/config.ts';
import { socketPair } from '../../syscalls/descriptor-pair.ts';
import { stubImage } from '../../syscalls/stub/image.ts';
import { spawnStub } from '../../syscalls/stub/spawn.ts';
import { type Creation, namespaceOf } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { type IDMaps, mapText, writeMaps } from '../init/id-maps.ts';
import { stubProcess } from '../init/stub-process.ts';
import { killProcess, reap } from '../signal.ts';
import type { ParsedOptions } from './parse-options.ts';

/**
 * Has `use` map a mount's IDs. mount_setattr takes the maps from a user namespace, so that is what it gets, as a
 * descriptor of ours: the container's own if the mount has no maps or the same, else one that is made for it.
 */
export function withUserNamespace<T>(
  creation: Creation,
  mount: Mount,
  idmap: ParsedOptions['idmap'],
  use: (userNamespace: number) => T,
): T {
  const { files } = creation.engine;
  const maps = mapsOf(creation, mount, idmap);
  const fd =
    maps === undefined || areContainers(creation, maps)
      ? userNamespaceOf(creation, creation.init.pid)
      : make(creation, maps);
  try {
    return use(fd);
  } finally {
    files.close(fd);
  }
}

export function isIdmapped({ uidMappings = [], gidMappings = [] }: Mount, { idmap }: ParsedOptions): boolean {
  return idmap !== undefined || uidMappings.length > 0 || gidMappings.length > 0;
}

/** Undefined: the container's. What the option itself says counts before what stands beside it. */
function mapsOf(creation: Creation, mount: Mount, idmap: ParsedOptions['idmap']): IDMaps | undefined {
  if (idmap?.mappings !== undefined) return parseMaps(idmap.mappings, creation.config.linux ?? {});
  const { uidMappings: uids = [], gidMappings: gids = [] } = mount;
  if (uids.length || gids.length) return { uids, gids };
  if (namespaceOf(creation.config, 'user') !== 'host') return undefined;
  throw new ContainerError('invalid-config', 'the mount has no uidMappings, and the container no user namespace');
}

function areContainers({ config }: Creation, { uids, gids }: IDMaps): boolean {
  const text = (mappings: readonly IDMapping[] = []) => mapText(mappings);
  return (
    namespaceOf(config, 'user') === 'new' &&
    text(uids) === text(config.linux?.uidMappings) &&
    text(gids) === text(config.linux?.gidMappings)
  );
}

/**
 * crun's `uids=0-1000-10#10-2000-5;gids=@0-0-10`: the first ID in the file system, the ID that it appears as, how
 * many. With `@` the second is one of the container's user namespace.
 */
export function parseMaps(
  text: string,
  container: Partial<Record<'uidMappings' | 'gidMappings', readonly IDMapping[]>>,
): IDMaps {
  const maps: { uids: readonly IDMapping[]; gids: readonly IDMapping[] } = { uids: [], gids: [] };
  for (const part of text.split(';').filter((piece) => piece !== '')) {
    const [, kind, list = ''] = /^(uids|gids)=(.*)$/.exec(part) ?? [];
    if (kind !== 'uids' && kind !== 'gids') throw malformed(part);
    const outer = (kind === 'uids' ? container.uidMappings : container.gidMappings) ?? [];
    maps[kind] = list.split('#').map((range) => parseRange(range, outer));
  }
  return maps;
}

function parseRange(range: string, outer: readonly IDMapping[]): IDMapping {
  const [, relative, first, second, count] = /^(@?)(\d{1,10})-(\d{1,10})-(\d{1,10})$/.exec(range) ?? [];
  if (count === undefined) throw malformed(range);
  const containerID = Number(first);
  const around = outer.find(
    (entry) => containerID >= entry.containerID && containerID < entry.containerID + entry.size,
  );
  const shift = relative && around ? around.hostID - around.containerID : 0;
  return { containerID, hostID: Number(second) + shift, size: Number(count) };
}

function malformed(text: string): ContainerError {
  return new ContainerError('invalid-config', `idmap=: ${JSON.stringify(text)} is no mapping`, {
    hint: 'the form is uids=FIRST-AS-COUNT#…;gids=…',
  });
}

/** A process of its own goes into a new user namespace, and lives until the namespace has a descriptor. */
function make(creation: Creation, maps: IDMaps): number {
  const { engine, facts } = creation;
  const image = stubImage(facts.kernel, engine.files, engine.arch, creation.state.path);
  const [ours, theirs] = socketPair(facts.kernel);
  const pid = spawnStub(facts.kernel, engine.native(), image, [theirs]);
  for (const fd of [image, theirs]) engine.files.close(fd);
  const { port, kernel } = stubProcess(engine, 'idmap', pid, ours, theirs);
  try {
    kernel.calls.unshare(['CLONE_NEWUSER']);
    kernel.flush();
    writeMaps(facts, pid, maps);
    return userNamespaceOf(creation, pid);
  } finally {
    port.close();
    killProcess(facts.kernel, pid);
    reap(facts.kernel, pid);
  }
}

function userNamespaceOf({ engine }: Creation, pid: number): number {
  return engine.files.open(`/proc/${pid}/ns/user`, ['O_RDONLY']);
}
