import { ContainerError } from '../errors.ts';
import type { Cgroup } from './manager.ts';

/** No cgroup: the container's processes stay in the runtime's. For `--cgroup-manager disabled`. */
export class NoCgroup implements Cgroup {
  readonly directory = undefined;

  create(): void {}
  undo(): void {}
  update(): never {
    throw new ContainerError('cgroup', NO_CGROUP);
  }
  add(): void {}
  kill(): void {}
  freeze(): void {
    throw new ContainerError('cgroup', NO_CGROUP);
  }
  thaw(): void {
    throw new ContainerError('cgroup', NO_CGROUP);
  }
  remove(): void {}

  pids(): number[] {
    return [];
  }

  isFrozen(): boolean {
    return false;
  }

  oomKills(): number {
    return 0;
  }
}

export const NO_CGROUP = 'the container has no cgroup of its own';
