import type { Config } from '../spec/config.ts';
import type { Resources } from '../spec/config-linux.ts';
import type { Cgroup } from './cgroups/manager.ts';
import { mergeResources } from './cgroups/merge.ts';
import { cgroupOf } from './container-cgroup.ts';
import { ContainerError } from './errors.ts';
import type { Host } from './host.ts';
import { type Schemas, schemaChange } from './intel-rdt/update.ts';
import { kernelOf } from './kernel.ts';
import { statusOf } from './status.ts';
import { StateDirectory } from './store.ts';

/**
 * Changes limits of a container that has processes, and its configuration with them. What is not given stays as it
 * is. If anything is refused, everything is as it was before.
 */
export function update(host: Host, id: string, resources: Resources, schemas: Schemas = {}): void {
  const directory = StateDirectory.open(host.engine, host.root, id);
  // Before the lock too: a create that is under way holds it, and may be waiting for a hook that called us.
  look(host, directory);
  directory.locked(kernelOf(host.engine), () => {
    const cgroup = look(host, directory);
    const config = directory.loadConfig();
    const { resources: merged, changes } = mergeResources(config.linux?.resources ?? {}, resources);
    const changeSchemas = schemaChange(host.engine, id, config.linux?.intelRdt, schemas);
    inOrder([
      () => cgroup.update(changes),
      changeSchemas,
      () => {
        directory.saveConfig(updated(config, merged, schemas));
        return () => undefined;
      },
    ]);
  });
}

function look(host: Host, directory: StateDirectory): Cgroup {
  const saved = directory.load();
  if (!saved) throw new ContainerError('does-not-exist', 'container does not exist');
  const cgroup = cgroupOf(host, kernelOf(host.engine), saved);
  const status = statusOf(host.engine, directory, saved, cgroup);
  if (status === 'stopped' || status === 'creating') throw new ContainerError('not-running', 'container not running');
  return cgroup;
}

/** Each gives what takes it back, which happens, last first, if one after it fails. */
function inOrder(actions: readonly (() => () => void)[]): void {
  const undo: (() => void)[] = [];
  try {
    for (const action of actions) undo.unshift(action());
  } catch (error) {
    for (const back of undo) attempt(back);
    throw error;
  }
}

/** What failed first is what is told. */
function attempt(back: () => void): void {
  try {
    back();
  } catch {}
}

function updated(config: Config, resources: Resources, { l3CacheSchema, memBwSchema }: Schemas): Config {
  const intelRdt = {
    ...config.linux?.intelRdt,
    ...(l3CacheSchema && { l3CacheSchema }),
    ...(memBwSchema && { memBwSchema }),
  };
  return { ...config, linux: { ...config.linux, resources, ...(config.linux?.intelRdt && { intelRdt }) } };
}
