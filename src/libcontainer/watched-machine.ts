import type { Sequence } from '../syscalls/ports/sequence.ts';
import { watchedPorts } from '../syscalls/ports/watched-ports.ts';
import type { Machine } from './machine.ts';

/** The machine with every call through `sequence`: file operations, system calls of this process and of the stubs. */
export function watchedMachine(machine: Machine, sequence: Sequence): Machine {
  const ports = watchedPorts({ files: machine.files, native: machine.native, ...machine.ports }, sequence);
  return { ...machine, files: ports.files, native: () => ports.native(), ports };
}
