import { isErrno } from '../../engine/errors.ts';
import { ContainerError } from '../errors.ts';
import type { CgroupDirectory } from './directory.ts';
import type { CgroupHost } from './manager.ts';

/**
 * Freezes a cgroup and waits until every process in it stands still. If one does not (it sleeps where no
 * signal reaches it), the others are let go again.
 */
export function freeze(directory: CgroupDirectory, host: CgroupHost): void {
  setFreeze(directory, '1');
  const deadline = host.engine.monotonic() + TIMEOUT;
  for (let delay = 1; !standsStill(directory); delay = Math.min(2 * delay, MAX_DELAY)) {
    if (host.engine.monotonic() > deadline) {
      setFreeze(directory, '0');
      throw new ContainerError('timeout', `${directory.path} did not freeze within 10 s: ${directory.occupants()}`);
    }
    host.system.sleep(delay);
  }
}

export function thaw(directory: CgroupDirectory): void {
  setFreeze(directory, '0');
}

/** Whether it was told to freeze. False for a cgroup that is gone. */
export function isFrozen(directory: CgroupDirectory): boolean {
  return directory.tryRead('cgroup.freeze')?.trim() === '1';
}

/** Whether nothing in it can run, because of itself or of a cgroup above it. */
export function standsStill(directory: CgroupDirectory): boolean {
  return directory.count('cgroup.events', 'frozen') === 1;
}

function setFreeze(directory: CgroupDirectory, value: '0' | '1'): void {
  try {
    directory.write('cgroup.freeze', value);
  } catch (error) {
    const gone = isErrno(error, 'ENOENT', 'ENODEV');
    if (gone && value === '0') return;
    throw new ContainerError('cgroup', `${value === '1' ? 'freeze' : 'thaw'} ${directory.path}`, { cause: error });
  }
}

/** Nanoseconds. */
const TIMEOUT = 10_000_000_000n;
/** Milliseconds. */
const MAX_DELAY = 16;
