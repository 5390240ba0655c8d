import { DataType, load, open } from 'ffi-rs';

/** The few calls that Node has no word for. Integers only, so that no C helper has to be compiled. */

const LIBRARY = 'libc.so.6';
const PR_SET_CHILD_SUBREAPER = 36;
const F_GET_SEALS = 1034;

let opened = false;

/** Makes this process the parent of what its dead children leave behind, as containerd's shim and conmon are. */
export function setSubreaper(on: boolean): void {
  call('prctl', [PR_SET_CHILD_SUBREAPER, on ? 1 : 0, 0, 0, 0]);
}

/** Collects a child that Node does not know of. */
export function reap(pid: number): void {
  call('waitpid', [pid, 0, 0]);
}

/** Names of the seals on an open memfd. */
export function sealsOf(fd: number): string[] {
  const bits = call('fcntl', [fd, F_GET_SEALS, 0]);
  return ['F_SEAL_SEAL', 'F_SEAL_SHRINK', 'F_SEAL_GROW', 'F_SEAL_WRITE'].filter((_, i) => bits >= 0 && (bits >> i) & 1);
}

function call(funcName: string, args: readonly number[]): number {
  if (!opened) open({ library: LIBRARY, path: LIBRARY });
  opened = true;
  return load({
    library: LIBRARY,
    funcName,
    retType: DataType.I32,
    paramsType: args.map(() => DataType.I64),
    paramsValue: [...args],
  });
}
