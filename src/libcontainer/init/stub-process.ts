import { SIGKILL } from '../../syscalls/constants.ts';
import { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import type { StubProcess } from '../creation.ts';
import type { Machine } from '../machine.ts';

/**
 * A stub that runs as `pid`: `socket` is our end of its control socket, `control` its own number of the other. `name` is
 * what a trace calls it.
 */
export function stubProcess(
  { ports }: Pick<Machine, 'ports'>,
  name: string,
  pid: number,
  socket: number,
  control: number,
): StubProcess {
  const port = ports.remote(name, socket, control);
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
