import type { IOPriority, Linux, MemoryPolicy, Process, Scheduler } from '../../spec/config.ts';
import {
  bitsOf,
  IOPRIO_CLASS_SHIFT,
  ioprioClasses,
  memoryPolicyFlags,
  memoryPolicyModes,
  schedulerPolicies,
} from '../../syscalls/constants.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { schedAttr } from '../../syscalls/structs.ts';
import type { StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import type { RecipeContext, Step } from '../recipe.ts';

/** Any process that is prepared by a stub: a container's init, or a later one beside it. */
interface Attributed extends RecipeContext {
  readonly init: StubProcess;
  readonly facts: { readonly kernel: LocalKernel };
}

type AttributeStep = Step<Attributed>;

/**
 * How the process is scheduled, and where its memory comes from. What one process may set of another is set by the
 * runtime, whose privileges a user namespace does not have.
 */
export function attributeSteps(process: Process | undefined, linux: Linux | undefined): AttributeStep[] {
  const { scheduler, ioPriority } = process ?? {};
  const { personality, memoryPolicy } = linux ?? {};
  return [
    ...(scheduler ? [schedulerStep(scheduler)] : []),
    ...(ioPriority ? [ioPriorityStep(ioPriority)] : []),
    ...(personality ? [personalityStep(personality.domain)] : []),
    ...(memoryPolicy ? [memoryPolicyStep(memoryPolicy)] : []),
  ];
}

/**
 * The CPUs that the caller was confined to are not the container's: its cpuset says where it may run. In the cgroup,
 * since that is what the kernel intersects the mask with.
 */
export const resetAffinity: AttributeStep = {
  name: 'reset the CPU affinity',
  do({ init, facts, log }) {
    const { pid } = init;
    const result = facts.kernel.may('*').sched_setaffinity(pid, new Uint8Array(AFFINITY_BYTES).fill(0xff));
    if (result < 0) log.debug(`the CPU affinity stays the caller's: sched_setaffinity failed with ${-result}`);
  },
};

/** More CPUs than any kernel is built for; it ignores the bits of those that are not there. */
const AFFINITY_BYTES = 1024;

function schedulerStep(scheduler: Scheduler): AttributeStep {
  const { policy, flags = [], nice = 0, priority = 0, runtime = 0, deadline = 0, period = 0 } = scheduler;
  return {
    name: `set the scheduling policy ${policy}`,
    pointer: '/process/scheduler',
    do({ init, facts }) {
      if (!Object.hasOwn(schedulerPolicies, policy)) throw new ContainerError('host', 'Linux has no such policy');
      const attributes = {
        size: schedAttr.size,
        sched_policy: [policy],
        sched_flags: flags,
        sched_nice: nice,
        sched_priority: priority,
        sched_runtime: runtime,
        sched_deadline: deadline,
        sched_period: period,
      };
      facts.kernel.calls.sched_setattr(init.pid, attributes, 0);
    },
    hint: (error) => schedulerHint(error.code, policy),
  };
}

function schedulerHint(code: string, policy: Scheduler['policy']): string | undefined {
  if (code === 'EPERM' && policy === 'SCHED_DEADLINE') {
    return 'a deadline task must be allowed on all CPUs: a cpuset, as of linux.resources.cpu.cpus, forbids it';
  }
  if (code === 'EPERM') return 'it takes CAP_SYS_NICE, and with group scheduling a cpu.rt_runtime_us of the cgroup';
  if (code === 'EBUSY') return 'there is not enough bandwidth left for such a deadline task';
  return code === 'E2BIG' || code === 'EINVAL' ? 'does this kernel know all of the flags and values?' : undefined;
}

function ioPriorityStep({ class: name, priority = 0 }: IOPriority): AttributeStep {
  return {
    name: `set the I/O priority ${name} ${priority}`,
    pointer: '/process/ioPriority',
    do({ init, facts }) {
      const value = (ioprioClasses[name] << IOPRIO_CLASS_SHIFT) | priority;
      facts.kernel.calls.ioprio_set('IOPRIO_WHO_PROCESS', init.pid, value);
    },
    hint: (error) => (error.code === 'EPERM' ? 'IOPRIO_CLASS_RT takes CAP_SYS_NICE or CAP_SYS_ADMIN' : undefined),
  };
}

/** The specification defines no flags, so the domain is all of it. */
function personalityStep(domain: 'LINUX' | 'LINUX32'): AttributeStep {
  return {
    name: `set the personality ${domain}`,
    pointer: '/linux/personality',
    do: ({ init }) => void init.kernel.calls.personality(`PER_${domain}`),
  };
}

function memoryPolicyStep({ mode, flags = [], nodes = '' }: MemoryPolicy): AttributeStep {
  return {
    name: `set the memory policy ${mode}`,
    pointer: '/linux/memoryPolicy',
    do({ init }) {
      const bits = bitsOf(memoryPolicyModes, [mode]) | bitsOf(memoryPolicyFlags, flags);
      init.kernel.calls.set_mempolicy(bits, nodeMask(nodes));
    },
    hint: (error) => (error.code === 'EINVAL' ? 'are the nodes there, and does this kernel know the mode?' : undefined),
  };
}

/** `0-3,7` → a bit for each. */
export function nodeMask(list: string): Uint8Array {
  const ranges = list.split(',').flatMap((part): [number, number][] => {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    return first === undefined ? [] : [[Number(first), Number(last)]];
  });
  const highest = Math.max(-1, ...ranges.map(([, last]) => last));
  if (highest >= MAX_NODES) throw new ContainerError('invalid-config', `no machine has a memory node ${highest}`);
  const mask = new Uint8Array(8 * Math.ceil((highest + 1) / 64));
  for (const [first, last] of ranges) {
    for (let node = first; node <= last; node++) mask[node >> 3] = (mask[node >> 3] ?? 0) | (1 << (node & 7));
  }
  return mask;
}

/** The kernel's own bound is 1024. */
const MAX_NODES = 1024;
