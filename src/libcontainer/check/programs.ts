import { hasNoBus, managerFor } from '../cgroups/systemd/places.ts';
import { Systemd } from '../cgroups/systemd/systemd.ts';
import { report } from '../errors.ts';
import { findHelper, type MapHelper, mapHelpers } from '../init/map-helpers.ts';
import { subIDsOf, textOf, userName } from '../sub-ids.ts';
import { type Answer, limited, missing, never, ok, type Probe, type Want } from './probe.ts';
import type { CheckSite } from './site.ts';

/** More than one ID takes the privileged helpers, unless root writes the maps. */
function needsHelpers({ config, caller }: Want): boolean {
  if (caller.isAdmin) return false;
  const { uidMappings = [], gidMappings = [] } = config?.linux ?? {};
  return [uidMappings, gidMappings].some((maps) => maps.length > 1 || maps.some(({ size }) => size > 1));
}

const helpers = Object.keys(mapHelpers) as MapHelper[];

/** Programs and services beside us. */
export const PROGRAM_PROBES: readonly Probe[] = [
  ...helpers.map(
    (name): Probe => ({
      group: 'programs',
      name,
      lost: 'who is not root has containers with one user only',
      needed: needsHelpers,
      look: (site) => helper(site, name),
    }),
  ),
  ...helpers.map(
    (name): Probe => ({
      group: 'programs',
      name: mapHelpers[name],
      lost: 'who is not root has containers with one user only',
      needed: needsHelpers,
      look: (site) => subIDs(site, name),
    }),
  ),
  {
    group: 'programs',
    name: 'systemd',
    lost: 'no --systemd-cgroup',
    needed: never,
    look: systemd,
  },
  {
    group: 'programs',
    name: 'criu',
    lost: 'no checkpoint and restore',
    needed: never,
    look({ engine }) {
      const path = findHelper(engine, 'criu');
      return path === undefined ? missing('not in PATH', 'apt-get install criu, or dnf install criu') : ok(path);
    },
  },
];

function helper({ engine }: CheckSite, name: MapHelper): Answer {
  const path = findHelper(engine, name);
  if (path === undefined) return missing('not in PATH', 'apt-get install uidmap, or dnf install shadow-utils');
  const { mode, uid } = engine.files.stat(path);
  if (mode & SETUID && uid === 0) return ok(`${path}, setuid root`);
  // Where distributions give it file capabilities instead, they are in an extended attribute.
  const capability = name === 'newuidmap' ? 'cap_setuid' : 'cap_setgid';
  return limited(`${path} is not setuid root: perhaps it has ${capability}`, `setcap ${capability}=ep ${path}`);
}

const SETUID = 0o4000;

function subIDs({ engine, caller }: CheckSite, name: MapHelper): Answer {
  if (caller.uid === 0 && caller.isAdmin) return ok('root needs none');
  const file = mapHelpers[name];
  const user = userName(engine, caller.uid);
  const ranges = subIDsOf(textOf(engine, file), caller.uid, user);
  const count = ranges.reduce((sum, range) => sum + range.count, 0);
  const who = user ?? String(caller.uid);
  const option = name === 'newuidmap' ? '--add-subuids' : '--add-subgids';
  const cure = `usermod ${option} 100000-165535 ${who}`;
  if (count === 0) return missing(`has nothing for ${who}`, cure);
  return count < USUAL ? limited(`${count} for ${who}`, cure) : ok(`${count} for ${who}`);
}

/** What images count on: nobody is 65534. */
const USUAL = 65_536;

function systemd({ cgroupHost }: CheckSite): Answer {
  const manager = managerFor(cgroupHost);
  const there = new Systemd(cgroupHost, manager);
  try {
    return ok(`version ${there.version}, by its ${manager} bus`);
  } catch (error) {
    const cure =
      manager === 'user' ? 'loginctl enable-linger, and log in again' : 'boot with systemd as the first process';
    return missing(hasNoBus(error) ? `there is no ${manager} bus` : report(error).message, cure);
  } finally {
    there.close();
  }
}
