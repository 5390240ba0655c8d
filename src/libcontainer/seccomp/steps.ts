import type { Engine } from '../../engine/engine.ts';
import type { Config } from '../../spec/config.ts';
import type { Seccomp } from '../../spec/config-linux.ts';
import type { HookState } from '../../spec/state.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import type { CreationStep } from '../creation.ts';
import type { Log } from '../host.ts';
import type { Starting } from '../init/starting.ts';
import type { Step } from '../recipe.ts';
import { replaceFile, type SavedState, type StateDirectory } from '../store.ts';
import { ProgramCache } from './cache.ts';
import { compile } from './compile.ts';
import { SeccompFilter } from './filter.ts';
import { Libseccomp } from './libseccomp.ts';
import { sendListener } from './listener.ts';
import { checkProfile } from './profile.ts';

/**
 * The profile becomes a program at create, which is when its mistakes are reported, and is kept with the
 * container: what was accepted is what start loads, whatever becomes of the machine's libseccomp.
 */
export function prepareFilter(profile: Seccomp): CreationStep {
  return {
    name: 'prepare the seccomp filter',
    pointer: '/linux/seccomp',
    do: ({ facts, state }) => keepFilter(facts, state, profile),
  };
}

/** Compiles the profile, and leaves it for {@link filterOf}. */
export function keepFilter(facts: Compiling, state: StateDirectory, profile: Seccomp): void {
  const { engine, log, kernel } = facts;
  checkProfile(kernel, profile);
  const cache = new ProgramCache({ engine, log, root: state.root });
  const program = cache.program(profile, () => {
    const library = Libseccomp.load(engine, kernel);
    return { program: compile(facts, library, profile), library: library.file };
  });
  replaceFile(engine, pathIn(state), program, 0o600);
}

interface Compiling {
  readonly engine: Engine;
  readonly kernel: LocalKernel;
  readonly log: Log;
}

/** What {@link keepFilter} left for this container. */
export function filterOf(engine: Engine, state: StateDirectory, config: Config): SeccompFilter | undefined {
  const profile = config.linux?.seccomp;
  return profile && new SeccompFilter(profile, engine.files.read(pathIn(state)), engine.arch);
}

/**
 * Loads the filter. Behind it come execve alone and, if that fails, the stub's write: no profile needs to
 * allow what a runtime does.
 */
export function loadFilter(filter: SeccompFilter): Step<Starting> {
  return {
    name: 'load the seccomp filter',
    pointer: '/linux/seccomp',
    do({ init, facts }) {
      const { kernel } = init;
      const listener = filter.load(kernel);
      if (!filter.notifies) return;
      const { engine, saved } = facts;
      const { listenerPath = '', listenerMetadata } = filter.profile;
      const path = listenerPath.startsWith('/') ? listenerPath : `${saved.tsrunc.bundle}/${listenerPath}`;
      const agent = { path, metadata: listenerMetadata, state: stateFor(saved, init.pid) };
      sendListener(engine, facts.kernel, init, kernel.value(listener), agent);
      // Ours is not the one to answer by: once the agent's is closed, held calls are to fail and not to wait.
      if (filter.mayPass('close')) kernel.may('*').close(listener);
    },
    hint: ({ code }) => hints[code],
  };
}

/** Another process of a container is not the one that is being created. */
function stateFor({ id, init_process_pid, tsrunc }: SavedState, pid: number): HookState {
  const { ociVersion, bundle, annotations, phase } = tsrunc;
  const own = init_process_pid === pid;
  return {
    ociVersion,
    id,
    status: own ? phase : 'running',
    pid: init_process_pid,
    bundle,
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}

const hints: Readonly<Record<string, string>> = {
  EACCES: 'without noNewPrivileges it takes CAP_SYS_ADMIN in the user namespace of the container',
  EINVAL: 'was the kernel built with CONFIG_SECCOMP_FILTER?',
  ENOSYS: 'was the kernel built with CONFIG_SECCOMP_FILTER?',
};

function pathIn(state: StateDirectory): string {
  return `${state.path}/seccomp.bpf`;
}
