import type { Engine } from '../engine/engine.ts';
import { livePorts } from '../syscalls/ports/ports.ts';
import type { Sequence } from '../syscalls/ports/sequence.ts';
import { watchedPorts } from '../syscalls/ports/watched-ports.ts';
import type { Machine } from './machine.ts';

/** A machine whose every call goes through `sequence`: file operations, system calls of this process and of the stubs. */
export function watchedMachine(engine: Engine, sequence: Sequence): Machine {
  const ports = watchedPorts(livePorts(engine), sequence);
  return { ...engine, files: ports.files, native: () => ports.native(), ports };
}
