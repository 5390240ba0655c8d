import type { Engine } from '../engine/engine.ts';
import { ContainerError } from '../libcontainer/errors.ts';

/** The effective user and group, read from /proc: a system call of our own would cost loading the FFI. */
export function effectiveIds(engine: Engine): { readonly uid: number; readonly gid: number } {
  const status = engine.decode(engine.files.read('/proc/self/status'));
  return { uid: effective(status, 'Uid'), gid: effective(status, 'Gid') };
}

/** The second of real, effective, saved and file system ID. */
function effective(status: string, field: 'Uid' | 'Gid'): number {
  const id = new RegExp(`^${field}:\\s+\\d+\\s+(\\d+)`, 'm').exec(status)?.[1];
  if (id === undefined) throw new ContainerError('host', `/proc/self/status has no ${field} line`);
  return Number(id);
}
