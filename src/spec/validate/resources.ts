import type { BlockIO, CPU, Integer, Memory, Resources } from '../config.ts';
import { joinPointer } from '../json.ts';
import { type Check, quote, type Violation } from './check.ts';
import { REF } from './ref.ts';

const RESOURCES = '/linux/resources';

/** Limits of the cgroup. A zero means "not set" in most fields, as engines write it for that. */
export const RESOURCE_CHECKS: readonly Check[] = [
  { ref: REF.memory, severity: 'error', find: of('memory', memoryBounds) },
  { ref: REF.memorySwap, severity: 'error', find: of('memory', memorySwap) },
  { ref: REF.swappiness, severity: 'error', find: of('memory', swappiness) },
  { ref: REF.cpuBurst, severity: 'error', find: of('cpu', cpuBurst) },
  { ref: REF.cpuIdle, severity: 'error', find: of('cpu', cpuIdle) },
  { ref: REF.cpuLimits, severity: 'error', find: of('cpu', cpuLimits) },
  { ref: REF.cpuset, severity: 'error', find: of('cpu', cpuset) },
  { ref: REF.blockIO, severity: 'error', find: of('blockIO', blockWeights) },
  { ref: REF.weightDevice, severity: 'error', find: of('blockIO', weightDevices) },
  { ref: REF.rdma, severity: 'error', find: of('rdma', rdma) },
  { ref: REF.unified, severity: 'error', find: of('unified', unifiedNames) },
  {
    ref: REF.cgroupV1Only,
    severity: 'warning',
    *find({ linux }) {
      for (const field of v1Only(linux?.resources ?? {})) {
        yield { pointer: `${RESOURCES}/${field}`, message: 'has no effect on cgroup v2' };
      }
    },
  },
];

function of<K extends keyof Resources>(
  field: K,
  test: (value: NonNullable<Resources[K]>, pointer: string) => Iterable<Violation>,
): Check['find'] {
  return ({ linux }) => {
    const value = linux?.resources?.[field];
    return value === undefined ? [] : test(value, `${RESOURCES}/${field}`);
  };
}

function* memoryBounds(memory: Memory, pointer: string): Iterable<Violation> {
  for (const field of ['limit', 'reservation', 'swap', 'kernel', 'kernelTCP'] as const) {
    const value = memory[field] ?? 0;
    if (value < -1)
      yield { pointer: `${pointer}/${field}`, message: `must be a number of bytes, or -1 for unlimited, is ${value}` };
  }
}

/** The field counts memory and swap together, cgroup v2 swap alone: without the one there is no other. */
function* memorySwap({ limit = 0, swap = 0 }: Memory, pointer: string): Iterable<Violation> {
  if (swap <= 0) return;
  if (limit === 0 || limit === -1) {
    yield { pointer: `${pointer}/swap`, message: 'needs a limit of memory: it is the limit of both together' };
  } else if (swap < limit) {
    const message = `must not be less than the limit of memory, as it is the limit of both together: ${swap} < ${limit}`;
    yield { pointer: `${pointer}/swap`, message };
  }
}

function* swappiness({ swappiness: value = 0 }: Memory, pointer: string): Iterable<Violation> {
  // What an engine makes of its own "-1: not set".
  if (value <= 100 || BigInt(value) === 0xffffffffffffffffn) return;
  yield { pointer: `${pointer}/swappiness`, message: `must be from 0 to 100, is ${value}` };
}

function* cpuBurst({ quota = 0, burst = 0 }: CPU, pointer: string): Iterable<Violation> {
  if (quota <= 0 || burst <= quota) return;
  yield { pointer: `${pointer}/burst`, message: `must not exceed the quota: ${burst} > ${quota}` };
}

function* cpuIdle({ idle = 0 }: CPU, pointer: string): Iterable<Violation> {
  if (idle < 0 || idle > 1) yield { pointer: `${pointer}/idle`, message: `must be 0 or 1, is ${idle}` };
}

function* cpuLimits({ quota = 0, period = 0 }: CPU, pointer: string): Iterable<Violation> {
  if (quota > 0 && quota < 1000) {
    yield { pointer: `${pointer}/quota`, message: `must be at least 1000 microseconds, is ${quota}` };
  }
  if (BigInt(period) !== 0n && (period < 1000 || period > 1000000)) {
    yield { pointer: `${pointer}/period`, message: `must be from 1000 to 1000000 microseconds, is ${period}` };
  }
}

function* cpuset(cpu: CPU, pointer: string): Iterable<Violation> {
  for (const field of ['cpus', 'mems'] as const) {
    const list = cpu[field] ?? '';
    if (/^[\d,\s:/-]*$/.test(list)) continue;
    yield { pointer: `${pointer}/${field}`, message: `must be a list such as 0-3,7, is ${quote(list)}` };
  }
}

function* blockWeights(block: BlockIO, pointer: string): Iterable<Violation> {
  const places: [string, Integer | undefined][] = [
    ['weight', block.weight],
    ['leafWeight', block.leafWeight],
    ...(block.weightDevice ?? []).map(({ weight }, index): [string, Integer | undefined] => [
      `weightDevice/${index}/weight`,
      weight,
    ]),
  ];
  for (const [place, weight = 0] of places) {
    if (weight === 0 || (weight >= 10 && weight <= 1000)) continue;
    yield { pointer: `${pointer}/${place}`, message: `must be from 10 to 1000, is ${weight}` };
  }
}

function* weightDevices({ weightDevice = [] }: BlockIO, pointer: string): Iterable<Violation> {
  for (const [index, { weight, leafWeight }] of weightDevice.entries()) {
    if (weight !== undefined || leafWeight !== undefined) continue;
    yield { pointer: `${pointer}/weightDevice/${index}`, message: 'must have a weight or a leafWeight' };
  }
}

function* rdma(devices: NonNullable<Resources['rdma']>, pointer: string): Iterable<Violation> {
  for (const [name, { hcaHandles, hcaObjects }] of Object.entries(devices)) {
    if (hcaHandles !== undefined || hcaObjects !== undefined) continue;
    yield { pointer: pointer + joinPointer(name), message: 'must have hcaHandles or hcaObjects' };
  }
}

function* unifiedNames(files: Readonly<Record<string, string>>, pointer: string): Iterable<Violation> {
  for (const name of Object.keys(files)) {
    if (name !== '' && name !== '.' && name !== '..' && !name.includes('/')) continue;
    yield { pointer: pointer + joinPointer(name), message: 'is not the name of a file in a cgroup' };
  }
}

/** What is set in earnest of the controls that cgroup v2 does not have. Engines write false and zeros unasked. */
function* v1Only({ memory = {}, cpu = {}, blockIO = {}, network = {} }: Resources): Iterable<string> {
  if ((memory.kernel ?? 0) > 0) yield 'memory/kernel';
  if ((memory.kernelTCP ?? 0) > 0) yield 'memory/kernelTCP';
  if ((memory.swappiness ?? -1) >= 0 && (memory.swappiness ?? 0) <= 100) yield 'memory/swappiness';
  if (memory.disableOOMKiller === true) yield 'memory/disableOOMKiller';
  if ((cpu.realtimeRuntime ?? 0) > 0) yield 'cpu/realtimeRuntime';
  if ((cpu.realtimePeriod ?? 0) > 0) yield 'cpu/realtimePeriod';
  if ((blockIO.leafWeight ?? 0) > 0) yield 'blockIO/leafWeight';
  if ((network.classID ?? 0) > 0) yield 'network/classID';
  if ((network.priorities ?? []).length > 0) yield 'network/priorities';
}
