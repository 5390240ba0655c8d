import type { BlockIO, CPU, Integer, Memory, Resources } from '../../spec/config-linux.ts';

/** What an update of limits comes to. */
export interface Merged {
  /** All that is configured from now on. */
  readonly resources: Resources;
  /** What is to be written: the update, and what the kernel or a conversion wants together with it. */
  readonly changes: Resources;
}

/**
 * Lays `update` over the limits that a container has: what is absent, or zero where zero means that, stays. Device
 * rules are left out: what others have added to them, for a GPU, would be lost.
 */
export function mergeResources(saved: Resources, update: Resources): Merged {
  const { memory, cpu, blockIO } = update;
  const mergedMemory = memory && mergeMemory(saved.memory, memory);
  const mergedCpu = cpu && mergeCpu(saved.cpu, cpu);
  const { devices: _, ...rest } = update;
  return {
    resources: {
      ...mergeRest(saved, update),
      ...(mergedMemory && { memory: mergedMemory }),
      ...(mergedCpu && { cpu: mergedCpu }),
      ...(blockIO && { blockIO: mergeBlockIO(saved.blockIO, blockIO) }),
    },
    changes: {
      ...rest,
      ...(mergedMemory && { memory: memoryChanges(memory, mergedMemory) }),
      ...(mergedCpu && { cpu: cpuChanges(cpu, mergedCpu) }),
    },
  };
}

/** The fields that are lists or maps by themselves. */
function mergeRest(saved: Resources, { pids, hugepageLimits, network, rdma, unified }: Resources): Resources {
  return {
    ...saved,
    ...(pids && { pids: { ...saved.pids, ...pids } }),
    ...(hugepageLimits && {
      hugepageLimits: upsert(saved.hugepageLimits, hugepageLimits, ({ pageSize }) => pageSize),
    }),
    ...(network && { network: { ...saved.network, ...network } }),
    ...(rdma && { rdma: { ...saved.rdma, ...rdma } }),
    ...(unified && { unified: { ...saved.unified, ...unified } }),
  };
}

/** Unlimited memory with no word on swap means unlimited swap, whatever its limit was. */
function mergeMemory(saved: Memory | undefined, update: Memory): Memory {
  const { checkBeforeUpdate: _, ...given } = update;
  const { swap, ...merged } = overlay<Memory>(saved, given);
  const dropped = isUnlimited(update.limit) && !isSet(update.swap);
  return { ...merged, ...(swap !== undefined && !dropped && { swap }) };
}

/** Swap is counted together with memory: the one makes no file's value without the other. */
function memoryChanges(update: Memory, { limit, swap }: Memory): Memory {
  if (!isSet(update.limit) && !isSet(update.swap)) return update;
  return { ...update, ...(limit !== undefined && { limit }), ...(swap !== undefined && { swap }) };
}

/** An idle cgroup has no shares, and has the default ones when it is idle no more. For burst and idle zero is a value. */
function mergeCpu(saved: CPU | undefined, update: CPU): CPU {
  const { burst, idle } = update;
  const { shares, ...merged } = overlay(saved, update);
  const dropped = idle !== undefined && !isSet(update.shares);
  return {
    ...merged,
    ...(burst !== undefined && { burst }),
    ...(idle !== undefined && { idle }),
    ...(shares !== undefined && !dropped && { shares }),
  };
}

/** Quota and period are one file. */
function cpuChanges(update: CPU, { quota, period }: CPU): CPU {
  if (!isSet(update.quota) && !isSet(update.period)) return update;
  return { ...update, ...(quota !== undefined && { quota }), ...(period !== undefined && { period }) };
}

function mergeBlockIO(saved: BlockIO | undefined, update: BlockIO): BlockIO {
  const merged = overlay(saved, update);
  for (const list of throttleLists) {
    const devices = update[list];
    if (devices) Object.assign(merged, { [list]: upsert(saved?.[list], devices, deviceOf) });
  }
  const { weightDevice } = update;
  return { ...merged, ...(weightDevice && { weightDevice: upsert(saved?.weightDevice, weightDevice, deviceOf) }) };
}

const throttleLists = [
  'throttleReadBpsDevice',
  'throttleWriteBpsDevice',
  'throttleReadIOPSDevice',
  'throttleWriteIOPSDevice',
] as const;

function deviceOf({ major, minor }: { readonly major: Integer; readonly minor: Integer }): string {
  return `${major}:${minor}`;
}

/** What has the same key is changed where it stands, as far as it is given; what is new comes last. */
function upsert<T extends object>(saved: readonly T[] = [], update: readonly T[], keyOf: (item: T) => string): T[] {
  const items = new Map(saved.map((item) => [keyOf(item), item]));
  for (const item of update) items.set(keyOf(item), { ...items.get(keyOf(item)), ...item });
  return [...items.values()];
}

/** The members of both; what `update` leaves at zero or empty stays as `saved` has it. */
function overlay<T extends object>(saved: T | undefined, update: T): T {
  const merged = { ...saved, ...update };
  for (const key in saved) {
    const value = update[key];
    if (value === undefined || value === 0 || value === 0n || value === '') merged[key] = saved[key];
  }
  return merged;
}

function isSet(value: Integer | undefined): boolean {
  return value !== undefined && BigInt(value) !== 0n;
}

function isUnlimited(value: Integer | undefined): boolean {
  return value !== undefined && BigInt(value) === -1n;
}
