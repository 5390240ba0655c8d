import type { Engine } from '../engine/engine.ts';
import { isErrno } from '../engine/errors.ts';
import type { State } from '../spec/state.ts';
import type { Host } from './host.ts';
import { stateIn } from './state.ts';
import { isId, StateDirectory } from './store.ts';

export interface Listing {
  readonly states: readonly State[];
  /** Containers whose state cannot be read. The others are there all the same. */
  readonly failures: readonly { readonly id: string; readonly error: unknown }[];
}

/** All containers under the state directory, in the order of their IDs. */
export function list(host: Host): Listing {
  const states: State[] = [];
  const failures: { id: string; error: unknown }[] = [];
  const owners = new Owners(host.engine);
  for (const id of host.engine.files.readdir(host.root).sort()) {
    const path = `${host.root}/${id}`;
    try {
      const stat = host.engine.files.lstat(path);
      if (stat.kind !== 'directory' || !isId(id)) continue;
      states.push({ ...stateIn(host, StateDirectory.open(host.engine, host.root, id)), owner: owners.name(stat.uid) });
    } catch (error) {
      // Deleted between the two looks.
      if (!isErrno(error, 'ENOENT')) failures.push({ id, error });
    }
  }
  return { states, failures };
}

/** User names from /etc/passwd, read when the first is asked for. */
class Owners {
  private names: Map<number, string> | undefined;

  constructor(private readonly engine: Engine) {}

  name(uid: number): string {
    this.names ??= this.read();
    return this.names.get(uid) ?? `#${uid}`;
  }

  private read(): Map<number, string> {
    try {
      const lines = this.engine.decode(this.engine.files.read('/etc/passwd')).split('\n');
      return new Map(lines.map((line) => line.split(':')).map(([name = '', , uid]) => [Number(uid), name]));
    } catch {
      return new Map();
    }
  }
}
