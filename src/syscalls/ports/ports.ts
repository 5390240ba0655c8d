import type { Engine, Files, Native } from '../../engine/engine.ts';
import { LocalPort } from '../local-port.ts';
import type { RemotePort, SyscallPort } from '../port.ts';
import { StubPort } from '../stub/stub-port.ts';
import { portedFiles } from './ported-files.ts';
import { portedNative } from './ported-native.ts';
import type { Sequence } from './sequence.ts';
import { WatchedPort, WatchedRemotePort } from './watched-port.ts';

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

/** The same, every call through `sequence`. A stub's own reads and writes of its socket are not calls of anybody's. */
export function watchedPorts(live: Ports, sequence: Sequence): Ports {
  return {
    files: portedFiles(live.files, sequence, RUNTIME),
    native: () => portedNative(live.native(), sequence, RUNTIME),
    local: () => new WatchedPort(live.local(), sequence, RUNTIME),
    remote: (process, socket, control) =>
      new WatchedRemotePort(live.remote(process, socket, control), sequence, process),
  };
}

const RUNTIME = 'runtime';
