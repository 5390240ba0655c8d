import type { Engine } from '../engine/engine.ts';
import type { Config, IDMapping, Mount } from '../spec/config.ts';
import { isMapped, unmappedUser } from '../spec/validate/mappings.ts';
import type { Caller } from './caller.ts';
import { namespaceOf } from './creation.ts';
import { ContainerError } from './errors.ts';
import type { Log } from './host.ts';
import { findHelper, type MapHelper, mapHelpers } from './init/map-helpers.ts';
import { mappingsOf, type SubIDs, subIDsOf, textOf, userName } from './sub-ids.ts';

/**
 * Who may not make namespaces gets a user namespace in which that is allowed, though the configuration has none (crun
 * does so; runc refuses). Root of the container is the caller; what /etc/subuid and /etc/subgid give it are the others.
 */
export function withUserNamespace({ engine, log }: Place, caller: Caller, config: Config): Config {
  if (namespaceOf(config, 'user') !== 'host' || (caller.uid === 0 && caller.isAdmin)) return config;
  const name = userName(engine, caller.uid);
  const uidMappings = mappingsOf(caller.uid, ranges(engine, 'newuidmap', caller.uid, name));
  const gidMappings = mappingsOf(caller.gid, ranges(engine, 'newgidmap', caller.uid, name));
  const list = (mappings: readonly IDMapping[]) =>
    mappings.map(({ containerID, hostID, size }) => `${containerID}:${hostID}:${size}`).join(',');
  log.debug(`the caller is not root: user namespace with uids ${list(uidMappings)}, gids ${list(gidMappings)}`);
  const { linux = {}, mounts = [] } = config;
  const made: Config = {
    ...config,
    mounts: mounts.map((mount) => mappedOnly(mount, gidMappings)),
    linux: { ...linux, namespaces: [...(linux.namespaces ?? []), { type: 'user' }], uidMappings, gidMappings },
  };
  refuseUnmapped(made);
  return made;
}

interface Place {
  readonly engine: Pick<Engine, 'env' | 'files' | 'decode'>;
  readonly log: Pick<Log, 'debug'>;
}

/** None that nobody could write to the maps. */
function ranges(engine: Place['engine'], helper: MapHelper, uid: number, name: string | undefined): SubIDs[] {
  if (findHelper(engine, helper) === undefined) return [];
  return subIDsOf(textOf(engine, mapHelpers[helper]), uid, name);
}

/** The usual group of terminals, 5, may not be mapped, and then the kernel refuses the file system. */
function mappedOnly(mount: Mount, gids: readonly IDMapping[]): Mount {
  if (mount.type !== 'devpts' || mount.options === undefined) return mount;
  const options = mount.options.filter((option) => {
    const gid = /^gid=(\d+)$/.exec(option)?.[1];
    return gid === undefined || isMapped(Number(gid), gids);
  });
  return { ...mount, options };
}

function refuseUnmapped(config: Config): void {
  for (const { pointer, message } of unmappedUser(config)) {
    throw new ContainerError('invalid-config', `${pointer}: ${message}`, {
      pointer,
      hint: 'without root the container has root and what /etc/subuid and /etc/subgid give to the caller',
    });
  }
}
