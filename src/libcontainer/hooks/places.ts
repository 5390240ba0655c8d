import type { Engine } from '../../engine/engine.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { stubImage } from '../../syscalls/stub/image.ts';
import { inheritedNofile } from '../caller.ts';
import type { StubProcess } from '../creation.ts';
import type { Log } from '../host.ts';
import { forkHook, spawnHook } from './process.ts';
import type { HookPlace } from './run.ts';

/** What it takes to run anything. */
export interface Machine {
  readonly engine: Engine;
  readonly kernel: LocalKernel;
  readonly log: Log;
}

/**
 * The runtime's namespaces, in the bundle: prestart, createRuntime, poststart, poststop. `use` runs the hooks there.
 * Without an environment of their own they have the runtime's.
 */
export function inRuntime(
  machine: Machine,
  { bundle, state }: { bundle: string; state: string },
  use: (place: HookPlace) => void,
): void {
  const { engine, kernel } = machine;
  const image = stubImage(kernel, engine.files, engine.arch, '/run');
  try {
    use({
      ...machine,
      state,
      env: Object.entries(engine.env).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`)),
      pid: engine.pid,
      begin: (streams) => spawnHook(machine, image, streams),
      prepare(stub) {
        restoreNofile(engine, stub);
        // It may be gone when the container is: poststop hooks run all the same.
        stub.kernel.may('ENOENT', 'ENOTDIR', 'EACCES').chdir(bundle);
      },
    });
  } finally {
    engine.files.close(image);
  }
}

/** The container's namespaces, as a child of init: createContainer, startContainer. */
export function inContainer(
  machine: Machine,
  init: StubProcess,
  facts: Pick<HookPlace, 'state' | 'env' | 'prepare' | 'last'>,
): HookPlace {
  return { ...machine, ...facts, pid: init.pid, begin: (streams) => forkHook(machine, init, streams) };
}

/** A process that inherits the soft limit that the engine raised closes a million descriptors before it begins. */
export function restoreNofile(engine: Engine, { kernel }: StubProcess): void {
  const limit = inheritedNofile(engine);
  if (limit) kernel.calls.prlimit64(0, 'RLIMIT_NOFILE', limit, 0);
}
