import type { Engine } from '../../engine/engine.ts';
import type { Process } from '../../spec/config.ts';
import { fileTypes, S_IFMT } from '../../syscalls/constants.ts';
import type { LocalKernel } from '../../syscalls/local-port.ts';
import { readField } from '../../syscalls/struct.ts';
import { statx } from '../../syscalls/structs.ts';
import { takeDescriptor } from '../../syscalls/stub/rights.ts';
import type { Creation, CreationStep, StubProcess } from '../creation.ts';
import { ContainerError } from '../errors.ts';
import type { CreateOptions } from '../options.ts';
import { moveOnto } from '../rootfs/attach.ts';
import { openTarget } from '../rootfs/target.ts';
import { sendDescriptor } from '../send-descriptor.ts';
import { controlTerminal, openTerminal, type Terminal, wearTerminal } from './terminal.ts';

/** A terminal that nobody could ever use is refused before anything is made, and so is a receiver of none. */
export function checkTerminal(terminal: boolean, { consoleSocket, foreground }: Receiver): void {
  if (terminal && !foreground && !consoleSocket) {
    throw new ContainerError('invalid-argument', `${TERMINAL}: ${NOBODY}`, { pointer: TERMINAL });
  }
  if (consoleSocket && (foreground || !terminal)) {
    throw new ContainerError('invalid-argument', 'cannot use console socket if runc will not detach or allocate tty');
  }
  if (terminal) foreground?.expectTerminal();
}

/** While mount points can still be made, and the devpts is mounted. */
export function consoleSteps(process: Process | undefined): CreationStep[] {
  if (!process?.terminal) return [];
  return [
    {
      name: 'give init a terminal',
      pointer: TERMINAL,
      do(creation) {
        const { init, root, facts } = creation;
        const terminal = openTerminal(init.kernel, root, process.consoleSize);
        mountConsole(creation, terminal);
        wearTerminal(init.kernel, terminal, process.user?.uid ?? 0);
        controlTerminal(init.kernel);
        handOver(facts, init, terminal, facts.options);
      },
    },
  ];
}

/** Its receiver need not fear that the PID is reused. */
export function pidfdSteps({ pidfdSocket }: CreateOptions): CreationStep[] {
  if (!pidfdSocket) return [];
  return [
    {
      name: `send a pidfd of init to ${pidfdSocket}`,
      do: ({ facts, init }) => sendPidfd(facts, init.pid, pidfdSocket, 'standard'),
    },
  ];
}

/** `how` the process came into the container, in runc's words: as its init, or later. */
export function sendPidfd({ engine, kernel }: Ours, pid: number, path: string, how: 'standard' | 'setns'): void {
  const pidfd = kernel.calls.pidfd_open(pid, 0);
  try {
    sendDescriptor(engine, kernel, path, pidfd, engine.encode(how));
  } finally {
    engine.files.close(pidfd);
  }
}

/** Gives the master to who is to have it. The stub must not keep it: it would hold its own terminal open for ever. */
export function handOver({ engine, kernel }: Ours, stub: StubProcess, { master }: Terminal, to: Receiver): void {
  const ours = takeDescriptor(kernel, stub.kernel, stub.port, master);
  stub.kernel.calls.close(master);
  stub.kernel.flush();
  if (to.foreground) return to.foreground.takeMaster(ours);
  try {
    if (to.consoleSocket) sendDescriptor(engine, kernel, to.consoleSocket, ours, engine.encode(MULTIPLEXER));
  } catch (error) {
    throw new ContainerError('host', `send the terminal to the console socket ${to.consoleSocket}`, { cause: error });
  } finally {
    engine.files.close(ours);
  }
}

interface Ours {
  readonly engine: Engine;
  readonly kernel: LocalKernel;
}

export type Receiver = Pick<CreateOptions, 'consoleSocket' | 'foreground'>;

/** config-linux.md, "Default Devices": /dev/console is bound to the terminal. By descriptor, whatever lies there by name. */
function mountConsole(creation: Creation, { peer }: Terminal): void {
  const { kernel } = creation.init;
  const target = openTarget(kernel, creation.root, '/dev/console', 'file', ['O_NOFOLLOW']);
  const facts = kernel.output(statx.size);
  kernel.calls.statx(target, '', ['AT_EMPTY_PATH'], ['STATX_BASIC_STATS'], facts);
  kernel.flush();
  const type = readField(statx, 'stx_mode', facts.bytes) & S_IFMT;
  if (type !== fileTypes.S_IFREG && type !== fileTypes.S_IFCHR) {
    throw new ContainerError('invalid-config', '/dev/console in the rootfs is neither a file nor a character device');
  }
  const tree = kernel.calls.open_tree(peer, '', ['AT_EMPTY_PATH', 'OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC']);
  moveOnto(creation, tree, target);
  kernel.calls.close(tree);
  kernel.calls.close(target);
}

export const TERMINAL = '/process/terminal';
/** runc's words, for whoever looks for them. */
const NOBODY = 'cannot allocate tty if runc will detach without setting console socket';
/** What runc calls it: the receiver wants a name, and has no use for one. */
export const MULTIPLEXER = '/dev/ptmx';
