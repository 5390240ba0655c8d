import { SIGKILL } from '../../syscalls/constants.ts';
import type { StubProcess } from '../creation.ts';
import { startContainerSteps } from '../hooks/start.ts';
import type { SeccompFilter } from '../seccomp/filter.ts';
import { loadFilter } from '../seccomp/steps.ts';
import { confinement, lowerCapabilities } from './confinement.ts';
import { closeDescriptors, execute } from './execute.ts';
import { limits } from './limits.ts';
import { prepareProgram, recallProgram, takeProgram } from './program.ts';
import type { StartFacts, Starting, StartStep } from './starting.ts';

/** From a parked stub to the container's program. What it gives up comes last, and in the order that the kernel forces. */
export function startRecipe({ process, config, filter, saved, looked }: StartFacts): StartStep[] {
  const { confined } = saved.tsrunc;
  const { startContainer = [] } = config.hooks ?? {};
  const setLimits = limits(process.rlimits ?? []);
  // Whoever comes from a confined init is confined.
  if (confined) return [recallProgram(confined), setLimits, ...startContainerSteps(startContainer), execute];
  return [
    looked ? takeProgram(looked) : prepareProgram,
    setLimits,
    ...startContainerSteps(startContainer, confine, filter),
    ...confinement,
    closeDescriptors,
    ...(filter ? [loadFilter(filter)] : []),
    execute,
  ];
}

/**
 * What create does of it for a filter whose listener has to reach its agent before start (config-linux.md,
 * "Seccomp"): all but execve, which is all that init must be able to do under the filter.
 */
export function confineRecipe(filter: SeccompFilter): StartStep[] {
  const mayUntie = filter.allows('prctl');
  return [
    prepareProgram,
    ...confinement,
    closeDescriptors,
    ...(mayUntie ? [tieToRuntime] : []),
    loadFilter(filter),
    ...(mayUntie ? [untieFromRuntime] : []),
    ...(filter.allows('capset') ? [lowerCapabilities] : []),
  ];
}

/** To a hook's process what is done to init. */
function confine(starting: Starting, stub: StubProcess): void {
  for (const step of confinement) step.do(starting.of(stub));
}

/** A call that the filter holds would keep init from seeing the end of its socket. New credentials had disarmed it. */
const tieToRuntime: StartStep = {
  name: 'tie init to the runtime',
  do: ({ init }) => void init.kernel.calls.prctl('PR_SET_PDEATHSIG', SIGKILL, 0, 0, 0),
};

const untieFromRuntime: StartStep = {
  name: 'untie init from the runtime',
  do: ({ init }) => void init.kernel.calls.prctl('PR_SET_PDEATHSIG', 0, 0, 0, 0),
};
