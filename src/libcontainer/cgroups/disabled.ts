import { ContainerError } from '../errors.ts';
import type { Cgroup } from './manager.ts';

/** No cgroup: the container's processes stay in the runtime's. For `--cgroup-manager disabled`. */
export class NoCgroup implements Cgroup {
  readonly directory = undefined;
  readonly unit = undefined;

  create(): void {}
  builderLeft(): void {}
  undo(): void {}
  update(): never {
    throw new ContainerError('cgroup', NONE);
  }
  add(): void {}
  kill(): void {}
  statistics(): never {
    throw new ContainerError('cgroup', NONE);
  }
  watch(): never {
    throw new ContainerError('cgroup', NONE);
  }
  freeze(): void {
    throw new ContainerError('cgroup', NONE);
  }
  thaw(): void {
    throw new ContainerError('cgroup', NONE);
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

  fact(): undefined {}
}

const NONE = 'the container has no cgroup of its own';
