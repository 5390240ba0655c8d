import type { Engine } from '../../engine/engine.ts';
import { SIGKILL } from '../../syscalls/constants.ts';
import { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { StubPort } from '../../syscalls/stub/stub-port.ts';
import type { StubProcess } from '../creation.ts';

/** A stub that runs as `pid`: `socket` is our end of its control socket, `control` its own number of the other. */
export function stubProcess(engine: Engine, pid: number, socket: number, control: number): StubProcess {
  const port = new StubPort(engine.files, socket, control, engine.arch);
  return { pid, port, kernel: new RemoteKernel(port) };
}

/**
 * From here on the stub dies with its parent, even in a call that blocks. The round trip is what makes it certain: who
 * answers afterwards was armed while the parent lived. Changing credentials undoes it.
 */
export function arm({ kernel }: StubProcess): void {
  kernel.calls.prctl('PR_SET_PDEATHSIG', SIGKILL, 0, 0, 0);
  kernel.flush();
}
