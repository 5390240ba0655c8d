import type { Result } from '../../syscalls/batch.ts';
import { type cloneFlags, SIGKILL } from '../../syscalls/constants.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { cloneArgs } from '../../syscalls/structs.ts';
import { STUB_NAME } from '../../syscalls/stub/image.ts';
import { RemoteKernel } from '../../syscalls/stub/remote-kernel.ts';
import { cString } from '../../syscalls/utf8.ts';
import type { StubProcess } from '../creation.ts';
import { kernelOf } from '../kernel.ts';
import type { Machine } from '../machine.ts';
import { killProcess, reap } from '../signal.ts';

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

/** The control socket of a stub that is yet to be: the same pair of descriptors in the stub that it is cloned from. */
export interface ControlSocket {
  readonly ours: number;
  readonly theirs: number;
}

/**
 * A sibling of `parent`, and its copy but for what `flags` say. `dropped` are descriptors that only the copy needs; of
 * its control socket the parent must not keep its own, or the runtime would not see the copy's end of file.
 */
export function cloneStub(
  machine: Pick<Machine, 'ports'>,
  name: string,
  parent: StubProcess,
  socket: ControlSocket,
  {
    flags,
    cgroup,
    dropped = [],
  }: { flags: readonly (keyof typeof cloneFlags)[]; cgroup?: Result | number; dropped?: number[] },
): StubProcess {
  const { kernel } = parent;
  const { step, pending } = kernel;
  const all = ['CLONE_PARENT', ...flags] as const;
  const args = pending.struct(cloneArgs, { flags: all, cgroup });
  const words = (): string[] => [`{flags=${all.join('|')}}`];
  const pid = pending.add({ name: 'clone3', words }, [args, cloneArgs.size], { returnsTwice: socket.theirs, step });
  for (const fd of [socket.theirs, ...dropped]) kernel.calls.close(fd);
  const copyOf = (): StubProcess => stubProcess(machine, name, pid.value, socket.ours, socket.theirs);
  try {
    kernel.flush();
  } catch (error) {
    // Born before a later call of the batch failed: nobody else knows of it, and it would keep its cgroup busy.
    if (pid.known && !pid.failed) endStub(kernelOf(machine), copyOf());
    throw error;
  }

  const copy = copyOf();
  copy.kernel.step = step;
  copy.kernel.calls.close(parent.port.control);
  copy.kernel.calls.prctl('PR_SET_NAME', copy.kernel.pending.input(cString(STUB_NAME)), 0, 0, 0);
  return copy;
}

/** A stub that has done its work: it exits when its socket closes. */
export function dismiss(kernel: LocalKernel, { port, pid }: StubProcess): void {
  port.close();
  reap(kernel, pid);
}

/** Ends it, whatever it is doing. */
export function endStub(kernel: LocalKernel, { port, pid }: StubProcess): void {
  killProcess(kernel, pid);
  port.close();
  reap(kernel, pid);
}

/**
 * From here on the stub dies with its parent, even in a call that blocks. The round trip is what makes it certain: who
 * answers afterwards was armed while the parent lived. Changing credentials undoes it.
 */
export function arm({ kernel }: StubProcess): void {
  kernel.calls.prctl('PR_SET_PDEATHSIG', SIGKILL, 0, 0, 0);
  kernel.flush();
}
