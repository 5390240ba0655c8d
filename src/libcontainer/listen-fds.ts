import type { Engine } from '../engine/engine.ts';
import type { Process } from '../spec/config.ts';
import type { SavedState } from './store.ts';

/** Sockets that systemd has opened for the container: descriptors from 3 on (sd_listen_fds(3)). */
export interface Listening {
  readonly fds: number;
  readonly names?: string;
}

/** Undefined if there are none, or if they were meant for another process and its environment came down to us. */
export function listening({ env, pid }: Pick<Engine, 'env' | 'pid'>): Listening | undefined {
  const { LISTEN_FDS: fds = '', LISTEN_PID, LISTEN_FDNAMES: names } = env;
  if (LISTEN_PID !== String(pid) || !/^[1-9]\d{0,3}$/.test(fds)) return undefined;
  return { fds: Number(fds), ...(names !== undefined && { names }) };
}

/** The process with the variables that tell it of them. */
export function listeningProcess(
  engine: Pick<Engine, 'files' | 'decode'>,
  process: Process,
  { init_process_pid: pid, tsrunc: { listening: given } }: SavedState,
): Process {
  if (!given) return process;
  const { fds, names } = given;
  const variables = [
    `LISTEN_FDS=${fds}`,
    `LISTEN_PID=${ownPid(engine, pid)}`,
    ...(names === undefined ? [] : [`LISTEN_FDNAMES=${names}`]),
  ];
  return { ...process, env: [...(process.env ?? []), ...variables] };
}

/** How the process knows itself: its PID in the innermost of its namespaces. */
function ownPid({ files, decode }: Pick<Engine, 'files' | 'decode'>, pid: number): string {
  const [, ids = ''] = /^NSpid:\s+(.*)$/m.exec(decode(files.read(`/proc/${pid}/status`))) ?? [];
  return ids.trim().split(/\s+/).at(-1) ?? '1';
}
