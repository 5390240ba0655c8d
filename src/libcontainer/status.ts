import type { Engine } from '../engine/engine.ts';
import type { Cgroup } from './cgroups/manager.ts';
import { executableOf, isAlive } from './process.ts';
import { type SavedState, SOCKET, type StateDirectory } from './store.ts';

/** runtime.md, "State", and runc's `paused`. */
export type Status = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** What a container is doing now. The state file only says what was made; the kernel says what is true. */
export function statusOf(
  engine: Engine,
  directory: StateDirectory,
  saved: SavedState,
  cgroup: Pick<Cgroup, 'isFrozen'>,
): Status {
  const { phase, creator } = saved.tsrunc;
  if (phase === 'creating') return isAlive(engine, creator.pid, creator.startTime) ? 'creating' : 'stopped';
  if (!isAlive(engine, saved.init_process_pid, saved.init_process_start)) return 'stopped';
  if (cgroup.isFrozen()) return 'paused';
  return isStub(engine, directory, saved) ? 'created' : 'running';
}

/** Init still runs the stub. Where we may not look at its executable, the socket that start removes tells. */
export function isStub(engine: Engine, directory: StateDirectory, saved: SavedState): boolean {
  const executable = executableOf(engine.files, saved.init_process_pid);
  if (!executable) return directory.has(SOCKET);
  return executable.dev === saved.tsrunc.stub.dev && executable.ino === saved.tsrunc.stub.ino;
}
