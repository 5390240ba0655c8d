import type { MemoryPolicy, Scheduler } from '../config.ts';
import { type Check, quote, type Violation } from './check.ts';
import { REF } from './ref.ts';

const SCHEDULER = '/process/scheduler';
const POLICY = '/linux/memoryPolicy';

/** When and where the process runs, on CPUs and on memory nodes. */
export const SCHEDULING_CHECKS: readonly Check[] = [
  {
    ref: REF.scheduler,
    severity: 'error',
    needs: [`${SCHEDULER}/policy`],
    find: ({ process }) => checkScheduler(process?.scheduler),
  },
  {
    ref: REF.ioPriority,
    severity: 'error',
    *find({ process }) {
      const priority = process?.ioPriority?.priority ?? 0;
      if (priority >= 0 && priority <= 7) return;
      yield { pointer: '/process/ioPriority/priority', message: `must be from 0 to 7, is ${priority}` };
    },
  },
  {
    ref: REF.cpuAffinity,
    severity: 'error',
    *find({ process }) {
      for (const when of ['initial', 'final'] as const) {
        const list = process?.execCPUAffinity?.[when] ?? '';
        if (list === '' || isList(list)) continue;
        yield {
          pointer: `/process/execCPUAffinity/${when}`,
          message: `must be a list such as 0-3,7, is ${quote(list)}`,
        };
      }
    },
  },
  {
    ref: REF.memoryPolicy,
    severity: 'error',
    needs: [`${POLICY}/mode`],
    find: ({ linux }) => checkNodes(linux?.memoryPolicy),
  },
  {
    ref: REF.memoryPolicyFlags,
    severity: 'error',
    *find({ linux }) {
      const flags = linux?.memoryPolicy?.flags ?? [];
      if (!flags.includes('MPOL_F_STATIC_NODES') || !flags.includes('MPOL_F_RELATIVE_NODES')) return;
      const message = 'MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other';
      yield { pointer: `${POLICY}/flags`, message };
    },
  },
];

function* checkScheduler(scheduler: Scheduler | undefined): Iterable<Violation> {
  if (scheduler === undefined) return;
  const { policy, nice = 0, priority = 0 } = scheduler;
  if ((policy === 'SCHED_OTHER' || policy === 'SCHED_BATCH') && (nice < -20 || nice > 19)) {
    yield { pointer: `${SCHEDULER}/nice`, message: `must be from -20 to 19, is ${nice}` };
  }
  const realtime = policy === 'SCHED_FIFO' || policy === 'SCHED_RR';
  if (priority !== 0 && !realtime) {
    yield { pointer: `${SCHEDULER}/priority`, message: `is for SCHED_FIFO and SCHED_RR only, not for ${policy}` };
  } else if (realtime && (priority < 1 || priority > 99)) {
    yield { pointer: `${SCHEDULER}/priority`, message: `must be from 1 to 99 for ${policy}, is ${priority}` };
  }
  for (const field of ['runtime', 'deadline', 'period'] as const) {
    // Written with a zero by engines that always write it.
    if (BigInt(scheduler[field] ?? 0) === 0n || policy === 'SCHED_DEADLINE') continue;
    yield { pointer: `${SCHEDULER}/${field}`, message: `is for SCHED_DEADLINE only, not for ${policy}` };
  }
}

function* checkNodes(policy: MemoryPolicy | undefined): Iterable<Violation> {
  if (policy === undefined) return;
  const { mode, nodes = '' } = policy;
  const pointer = `${POLICY}/nodes`;
  if (nodes !== '' && !isList(nodes)) {
    yield { pointer, message: `must be a list such as 0-3,7, is ${quote(nodes)}` };
  } else if (nodes !== '' && (mode === 'MPOL_DEFAULT' || mode === 'MPOL_LOCAL')) {
    yield { pointer, message: `must be empty for ${mode}` };
  } else if (nodes === '' && mode !== 'MPOL_DEFAULT' && mode !== 'MPOL_LOCAL' && mode !== 'MPOL_PREFERRED') {
    yield { pointer, message: `must name at least one node for ${mode}` };
  }
}

/** `0-3,7`; a range does not run backwards. */
function isList(text: string): boolean {
  return text.split(',').every((part) => {
    const range = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    return range !== null && Number(range[1]) <= Number(range[2] ?? range[1]);
  });
}
