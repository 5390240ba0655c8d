import { portedFiles } from './ported-files.ts';
import { portedNative } from './ported-native.ts';
import type { Ports } from './ports.ts';
import type { Sequence } from './sequence.ts';
import { WatchedPort, WatchedRemotePort } from './watched-port.ts';

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
