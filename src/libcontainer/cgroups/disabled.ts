import type { Linux } from '../../spec/config-linux.ts';
import { ContainerError } from '../errors.ts';
import type { Log } from '../host.ts';
import type { Cgroup } from './manager.ts';
import { cgroupWrites } from './resources.ts';

/** No cgroup: the container's processes stay in the runtime's. For `--cgroup-manager disabled`. */
export class NoCgroup implements Cgroup {
  readonly directory = undefined;
  readonly unit = undefined;

  create(_linux?: Linux): void {}
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

/** No cgroup, because of `reason`. That is good for a container without limits only. */
export class Unlimited extends NoCgroup {
  constructor(
    private readonly log: Log,
    private readonly reason: ContainerError,
  ) {
    super();
  }

  override create(linux?: Linux): void {
    const limit = cgroupWrites(linux?.resources ?? {}).find(({ optional }) => !optional);
    if (limit) {
      const { file, pointer } = limit;
      throw new ContainerError('cgroup', `${file} cannot be set`, { pointer, cause: this.reason });
    }
    this.log.debug(`the container shares the runtime's cgroup: ${this.reason.message}`);
  }
}

const NONE = 'the container has no cgroup of its own';
