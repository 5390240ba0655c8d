import type { Config, IntelRdt } from '../../spec/config.ts';
import type { CreationStep } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import { RdtGroup, removeGroups, resctrlRoot } from './group.ts';

const POINTER = '/linux/intelRdt';

/**
 * `find` comes before the state file, which has to name what will have to be removed, `make` before init, and `join` as
 * soon as there is one.
 */
export function intelRdtSteps({ linux }: Config): Record<'find' | 'make' | 'join', CreationStep[]> {
  const rdt = linux?.intelRdt;
  if (!rdt) return { find: [], make: [], join: [] };
  const found: { group?: RdtGroup } = {};
  return { find: [findStep(rdt, found)], make: [makeStep(found)], join: [joinStep(found)] };
}

function findStep(rdt: IntelRdt, found: { group?: RdtGroup }): CreationStep {
  return {
    name: 'find the class of service',
    pointer: POINTER,
    do(creation) {
      const root = resctrlRoot(creation.engine);
      if (root === undefined) {
        throw new ContainerError('host', 'intelRdt is specified in config, but Intel RDT is not enabled', {
          hint: 'the CPU and the kernel must have it, and resctrl be mounted: mount -t resctrl resctrl /sys/fs/resctrl',
        });
      }
      found.group = new RdtGroup(creation.engine, root, creation.facts.id, rdt);
      creation.rdtGroups = found.group.temporary;
    },
  };
}

function makeStep(found: { group?: RdtGroup }): CreationStep {
  return {
    name: 'make the class of service',
    pointer: POINTER,
    do: () => found.group?.make(),
    undo: ({ engine, rdtGroups }) => removeGroups(engine, rdtGroups),
  };
}

function joinStep(found: { group?: RdtGroup }): CreationStep {
  return {
    name: 'join the class of service',
    pointer: POINTER,
    do: ({ init }) => found.group?.add(init.pid),
  };
}
