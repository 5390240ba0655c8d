import { stubImage } from '../../syscalls/stub/image.ts';
import { inheritedNofile } from '../caller.ts';
import type { StubProcess } from '../creation.ts';
import type { Machine } from '../machine.ts';
import { forkHook, type HookMaker, spawnHook } from './process.ts';
import type { HookPlace } from './program.ts';

/**
 * The runtime's namespaces, in the bundle: prestart, createRuntime, poststart, poststop. `use` runs the hooks there.
 * Without an environment of their own they have the runtime's.
 */
export function inRuntime(
  maker: HookMaker,
  { bundle, state }: { bundle: string; state: string },
  use: (place: HookPlace) => void,
): void {
  const { engine, kernel } = maker;
  const image = stubImage(kernel, engine.files, engine.arch, '/run');
  try {
    use({
      ...maker,
      state,
      env: Object.entries(engine.env).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`)),
      pid: engine.pid,
      begin: (streams) => spawnHook(maker, image, streams),
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
  maker: HookMaker,
  init: StubProcess,
  facts: Pick<HookPlace, 'state' | 'env' | 'prepare' | 'last'>,
): HookPlace {
  return { ...maker, ...facts, pid: init.pid, begin: (streams) => forkHook(maker, init, streams) };
}

/** A process that inherits the soft limit that the engine raised closes a million descriptors before it begins. */
export function restoreNofile(engine: Machine, { kernel }: StubProcess): void {
  const limit = inheritedNofile(engine);
  if (limit) kernel.calls.prlimit64(0, 'RLIMIT_NOFILE', limit, 0);
}
