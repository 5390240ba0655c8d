import type { CPUAffinity } from '../../spec/config.ts';
import { nodeMask, resetAffinity } from '../init/attributes.ts';
import type { EnteringStep } from './entering.ts';

/** For the way into the cgroup, whose CPUs may be fewer: until there, the caller's would be used. */
export function initialAffinity(affinity: CPUAffinity | undefined): EnteringStep[] {
  return affinity?.initial ? [setAffinity('initial', affinity.initial)] : [];
}

/** Where nothing is asked for, the CPUs that the caller was confined to are not the process's; the cpuset says which are. */
export function finalAffinity({ initial, final }: CPUAffinity = {}): EnteringStep[] {
  if (final) return [setAffinity('final', final)];
  return initial ? [] : [resetAffinity];
}

function setAffinity(when: 'initial' | 'final', list: string): EnteringStep {
  return {
    name: `set the ${when} CPU affinity`,
    pointer: `/process/execCPUAffinity/${when}`,
    do: ({ facts, init }) => void facts.kernel.calls.sched_setaffinity(init.pid, nodeMask(list)),
    hint: ({ code }) => (code === 'EINVAL' ? 'is any of these CPUs there, and in the cpuset?' : undefined),
  };
}
