import type { Engine } from '../../engine/engine.ts';
import type { Hooks } from '../../spec/config.ts';
import type { Creation, CreationStep } from '../creation.ts';
import { inContainer, inRuntime, restoreNofile } from './places.ts';
import { runPoststop } from './poststop.ts';
import { runHooks } from './run.ts';
import { type HookSubject, hookState, innermostPid } from './state.ts';

/** The hooks of a create: the container is mounted, and its init has still the runtime's root. */
export function createHookSteps(hooks: Hooks = {}): CreationStep[] {
  const { prestart = [], createRuntime = [], createContainer = [] } = hooks;
  return [
    ...(prestart.length ? [runtimeStep('prestart', hooks)] : []),
    ...(createRuntime.length ? [runtimeStep('createRuntime', hooks)] : []),
    ...(createContainer.length ? [containerStep(hooks)] : []),
  ];
}

/**
 * First of all steps, so that its undo is the last: a create that fails once there is a process ends as a delete does,
 * with the poststop hooks (runtime.md, "Lifecycle", steps 12 and 13).
 */
export function poststopAfterFailure(hooks: Hooks = {}): CreationStep[] {
  const { poststop = [] } = hooks;
  if (poststop.length === 0) return [];
  return [
    {
      name: 'remember the poststop hooks',
      pointer: '/hooks/poststop',
      do: () => undefined,
      undo(creation) {
        if (creation.hasInit) runPoststop(creation.facts, subjectOf(creation), poststop);
      },
    },
  ];
}

function runtimeStep(kind: 'prestart' | 'createRuntime', hooks: Hooks): CreationStep {
  return {
    name: `run the ${kind} hooks`,
    pointer: `/hooks/${kind}`,
    do(creation) {
      const { facts, init } = creation;
      // They find the mounts in init's mount namespace, not in a batch that waits.
      init.kernel.flush();
      const state = hookState(subjectOf(creation), 'creating', init.pid);
      inRuntime(facts, { bundle: facts.options.bundle, state }, (place) => runHooks(kind, hooks[kind] ?? [], place));
      creation.foresight.forget();
    },
  };
}

function containerStep({ createContainer = [] }: Hooks): CreationStep {
  return {
    name: 'run the createContainer hooks',
    pointer: '/hooks/createContainer',
    do(creation) {
      const { facts, init, engine, config } = creation;
      const place = inContainer(facts, init, {
        state: hookState(subjectOf(creation), 'creating', innermostPid(engine, init.pid)),
        env: config.process?.env ?? [],
        prepare(stub) {
          const { calls } = stub.kernel;
          calls.fchdir(creation.root);
          // Init has given its own up for the time that it makes mount points.
          calls.umask(ownUmask(engine));
          restoreNofile(engine, stub);
        },
      });
      runHooks('createContainer', createContainer, place);
      creation.foresight.forget();
    },
  };
}

function subjectOf({ facts, config }: Creation): HookSubject {
  const { ociVersion, annotations } = config;
  return { ociVersion, id: facts.id, bundle: facts.options.bundle, ...(annotations && { annotations }) };
}

function ownUmask({ files, decode }: Engine): number {
  const umask = /^Umask:\s+([0-7]+)$/m.exec(decode(files.read('/proc/self/status')))?.[1];
  return Number.parseInt(umask ?? '022', 8);
}
