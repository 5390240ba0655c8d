import type { Config } from '../../spec/config.ts';
import { namespacePaths } from '../create.ts';
import { namespaceOf } from '../creation.ts';
import { namespaces } from '../namespaces.ts';
import { processFacts } from '../process.ts';
import type { SavedState } from '../store.ts';
import { streamNames } from './descriptors.ts';
import type { Restoration } from './restoration.ts';

/** state.json of a container that is being restored, and once it has an init of one that runs. */
export function savedState({ facts, cgroup, pid }: Restoration, config: Config): SavedState {
  const { engine, options } = facts;
  const annotations = config.annotations ?? {};
  const startOf = (process: number): number => processFacts(engine, process)?.startTime ?? 0;
  return {
    id: facts.id,
    init_process_pid: pid,
    init_process_start: pid ? startOf(pid) : 0,
    created: facts.created,
    rootless: facts.caller.uid !== 0,
    config: {
      rootfs: facts.rootfs,
      labels: [`bundle=${options.bundle}`, ...Object.entries(annotations).map(([key, value]) => `${key}=${value}`)],
    },
    cgroup_paths: cgroup.directory ? { '': cgroup.directory } : {},
    namespace_paths: pid ? namespacePaths(config, pid) : {},
    ...(pid && !config.process?.terminal && { external_descriptors: streamNames(engine) }),
    tsrunc: {
      ociVersion: config.ociVersion,
      bundle: options.bundle,
      annotations,
      phase: pid ? 'created' : 'creating',
      creator: { pid: engine.pid, startTime: startOf(engine.pid) },
      // No process of it ever was a stub.
      stub: { dev: 0, ino: 0 },
      parked: { control: -1, socket: -1 },
      preserveFds: 0,
      ...(cgroup.unit && { unit: cgroup.unit }),
      callerNofile: facts.callerNofile,
    },
  };
}

/** While criu still holds the processes: whoever sees them run can ask for their state. */
export function publishState(restoration: Restoration): void {
  const config = withTimeNamespace(restoration);
  if (config !== restoration.facts.config) restoration.state.saveConfig(config);
  restoration.state.save(savedState(restoration, config));
}

/** criu puts what it restores into a time namespace, so that no clock of theirs goes back: `exec` has to join it. */
function withTimeNamespace({ facts, pid }: Restoration): Config {
  const { config, engine } = facts;
  const { file } = namespaces.time;
  const inode = (process: number | 'self'): number => engine.files.stat(`/proc/${process}/ns/${file}`).ino;
  if (namespaceOf(config, 'time') !== 'host' || inode(pid) === inode('self')) return config;
  const { linux = {} } = config;
  return { ...config, linux: { ...linux, namespaces: [...(linux.namespaces ?? []), { type: 'time' }] } };
}
