import type { Result } from '../../syscalls/batch.ts';
import type { cloneFlags } from '../../syscalls/constants.ts';
import type { Cgroup } from '../cgroups/manager.ts';
import { type StartFacts, Starting } from '../init/starting.ts';
import { type ControlSocket, cloneStub, dismiss } from '../init/stub-process.ts';
import type { NamespaceType } from '../namespaces.ts';
import { processFacts } from '../process.ts';
import type { Step } from '../recipe.ts';

/**
 * What the steps of an exec work on: as for a start, but the process is not there yet. It is approached by stubs, each
 * the copy of the one before, since some things count for children only: {@link Starting.init} is the last of them.
 */
export class Entering extends Starting {
  /** For the stubs to come. The first has the other ends. */
  readonly sockets: ControlSocket[] = [];
  /** Namespaces of the container that we are not in, as descriptors of the stub. */
  readonly namespaces = new Map<NamespaceType, Result>();
  /** The root of the container's init, where the mount namespace does not tell. */
  root: Result | undefined;
  private readonly oomKillsBefore: number;
  private roundTripsBefore = 0;

  constructor(
    facts: StartFacts,
    override readonly cgroup: Cgroup,
  ) {
    super(facts, cgroup);
    this.oomKillsBefore = cgroup.oomKills();
  }

  /** With all stubs so far. */
  get roundTrips(): number {
    return this.roundTripsBefore + this.init.kernel.roundTrips;
  }

  /** What ran out of memory before was not this process. */
  override obituary(): string | undefined {
    return this.cgroup.oomKills() > this.oomKillsBefore ? super.obituary() : undefined;
  }

  /** Goes on with a copy of the stub. */
  continueIn(name: string, flags: readonly (keyof typeof cloneFlags)[] = [], cgroup?: Result): void {
    const { engine, kernel } = this.facts;
    const [socket, ...others] = this.sockets;
    if (!socket) throw new Error('there is no socket for another stub');
    const dropped = others.map(({ theirs }) => theirs);
    const previous = this.init;
    this.init = cloneStub(engine, name, previous, socket, { flags, dropped, ...(cgroup && { cgroup }) });
    this.sockets.shift();
    if (cgroup) this.init.kernel.calls.close(cgroup);
    this.origin = { ...this.origin, startTime: processFacts(engine, this.init.pid)?.startTime ?? 0 };
    this.roundTripsBefore += previous.kernel.roundTrips;
    dismiss(kernel, previous);
  }
}

export type EnteringStep = Step<Entering>;
