import type { Engine, Files, Native } from '../../engine/engine.ts';
import { LocalPort } from '../local-port.ts';
import type { RemotePort, SyscallPort } from '../port.ts';
import { StubPort } from '../stub/stub-port.ts';

/** All ways from the runtime to the kernel. Who takes them from here can be watched, and broken, call by call. */
export interface Ports {
  readonly files: Files;
  native(): Native;
  /** This process. */
  local(): SyscallPort;
  /** The stub at the other end of `socket`, which it knows as `control`. */
  remote(process: string, socket: number, control: number): RemotePort;
}

export function livePorts(engine: Engine): Ports {
  const { files, native, arch } = engine;
  return {
    files,
    native,
    local: () => new LocalPort(native, arch),
    remote: (_, socket, control) => new StubPort(files, socket, control, arch),
  };
}
