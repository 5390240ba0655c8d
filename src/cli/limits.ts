import type { OptionSpec, OptionValue } from '../engine/arguments.ts';
import type { Resources } from '../spec/config-linux.ts';
import { bytes, integer } from './sizes.ts';

/** An option of `update` that sets one limit. */
interface Limit extends OptionSpec {
  /** Empty text never comes here: it stands for an option that was not given. */
  resources(value: string): Resources;
}

export const limits: readonly Limit[] = [
  {
    ...number('blkio-weight', 'WEIGHT', 'block IO weight of the container, 10 to 1000; 0 changes nothing'),
    resources: (value) => ({ blockIO: { weight: Number(value) } }),
  },
  {
    ...text('cpu-period', 'USEC', 'period of the CPU quota in microseconds; 0 changes nothing'),
    resources: (value) => ({ cpu: { period: integer('cpu-period', value, 'unsigned') } }),
  },
  {
    ...text('cpu-quota', 'USEC', 'CPU time in a period, in microseconds; -1 is unlimited'),
    resources: (value) => ({ cpu: { quota: integer('cpu-quota', value, 'signed') } }),
  },
  {
    ...text('cpu-burst', 'USEC', 'CPU time that may be saved up beyond the quota, in microseconds'),
    resources: (value) => ({ cpu: { burst: integer('cpu-burst', value, 'unsigned') } }),
  },
  {
    ...text('cpu-share', 'SHARES', 'weight among other containers, 2 to 262144'),
    resources: (value) => ({ cpu: { shares: integer('cpu-share', value, 'unsigned') } }),
  },
  {
    ...text('cpu-rt-period', 'USEC', 'cgroup v1 only: ignored'),
    resources: (value) => ({ cpu: { realtimePeriod: integer('cpu-rt-period', value, 'unsigned') } }),
  },
  {
    ...text('cpu-rt-runtime', 'USEC', 'cgroup v1 only: ignored'),
    resources: (value) => ({ cpu: { realtimeRuntime: integer('cpu-rt-runtime', value, 'signed') } }),
  },
  { ...text('cpuset-cpus', 'LIST', 'CPUs to use: 0-2,7'), resources: (cpus) => ({ cpu: { cpus } }) },
  { ...text('cpuset-mems', 'LIST', 'memory nodes to use'), resources: (mems) => ({ cpu: { mems } }) },
  {
    ...text('cpu-idle', '0|1', '1: run only when nobody else wants the CPU (SCHED_IDLE)'),
    resources: (value) => ({ cpu: { idle: integer('cpu-idle', value, 'signed') } }),
  },
  {
    ...text('memory', 'BYTES', 'memory limit; 512m and 1.5GiB are understood, -1 is unlimited'),
    resources: (value) => ({ memory: { limit: bytes('memory', value) } }),
  },
  {
    ...text('memory-reservation', 'BYTES', 'memory that is taken away last'),
    resources: (value) => ({ memory: { reservation: bytes('memory-reservation', value) } }),
  },
  {
    ...text('memory-swap', 'BYTES', 'limit of memory and swap together; -1 is unlimited swap'),
    resources: (value) => ({ memory: { swap: bytes('memory-swap', value) } }),
  },
  {
    ...text('kernel-memory', 'BYTES', 'obsolete: ignored'),
    hidden: true,
    resources: (value) => ({ memory: { kernel: bytes('kernel-memory', value) } }),
  },
  {
    ...text('kernel-memory-tcp', 'BYTES', 'obsolete: ignored'),
    hidden: true,
    resources: (value) => ({ memory: { kernelTCP: bytes('kernel-memory-tcp', value) } }),
  },
  {
    ...number('pids-limit', 'N', 'how many processes there may be; -1 is unlimited'),
    resources: (value) => ({ pids: { limit: Number(value) } }),
  },
];

/** What the options that were given come to. */
export function resourcesFrom(options: Readonly<Record<string, OptionValue>>): Resources {
  let all: Resources = {};
  for (const { name, resources } of limits) {
    const value = options[name];
    if (value === undefined || value === '') continue;
    const { memory, cpu, pids, blockIO } = resources(String(value));
    all = {
      ...all,
      ...(memory && { memory: { ...all.memory, ...memory } }),
      ...(cpu && { cpu: { ...all.cpu, ...cpu } }),
      ...(pids && { pids }),
      ...(blockIO && { blockIO }),
    };
  }
  return all;
}

function text(name: string, value: string, help: string): OptionSpec {
  return { name, kind: 'string', value, help };
}

function number(name: string, value: string, help: string): OptionSpec {
  return { name, kind: 'number', value, help };
}
