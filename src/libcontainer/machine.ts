import type { Engine } from '../engine/engine.ts';
import { livePorts, type Ports } from '../syscalls/ports/ports.ts';

/** The engine, and the ports through which everything that the runtime asks the kernel for goes. */
export interface Machine extends Engine {
  readonly ports: Pick<Ports, 'local' | 'remote'>;
}

export function liveMachine(engine: Engine): Machine {
  return { ...engine, ports: livePorts(engine) };
}
