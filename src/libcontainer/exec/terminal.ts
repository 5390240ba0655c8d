import type { Process } from '../../spec/config.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import { handOver, type Receiver, sendPidfd, TERMINAL } from '../init/console.ts';
import { giveStreams } from '../init/streams.ts';
import { controlTerminal, openTerminal, wearTerminal } from '../init/terminal.ts';
import type { EnteringStep } from './entering.ts';

/**
 * The streams of the process: a terminal of the container's devpts, opened while the stub is in the mount namespace and
 * still its root, or those of the caller. /dev/console stays what it is.
 */
export function streamSteps(process: Process, to: Receiver): EnteringStep[] {
  return [process.terminal ? wear(process, to) : own(process, to)];
}

function wear(process: Process, to: Receiver): EnteringStep {
  return {
    name: 'give the process a terminal',
    pointer: TERMINAL,
    do({ facts, init }) {
      const { kernel } = init;
      const root = kernel.calls.openat(AT_FDCWD, '/', ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0);
      const terminal = openTerminal(kernel, root, process.consoleSize);
      kernel.calls.close(root);
      wearTerminal(kernel, terminal, process.user?.uid ?? 0);
      handOver(facts, init, terminal, to);
    },
  };
}

function own(process: Process, { foreground }: Receiver): EnteringStep {
  return {
    name: 'give the streams to the process’s user',
    pointer: '/process/user/uid',
    do({ facts }) {
      giveStreams({ ...facts, pid: facts.saved.init_process_pid }, process.user?.uid ?? 0, foreground !== undefined);
    },
  };
}

/** Once the process leads a session. */
export function controlSteps(process: Process): EnteringStep[] {
  if (!process.terminal) return [];
  return [
    { name: 'make it the controlling terminal', pointer: TERMINAL, do: ({ init }) => controlTerminal(init.kernel) },
  ];
}

export function pidfdSteps(pidfdSocket: string | undefined): EnteringStep[] {
  if (!pidfdSocket) return [];
  return [
    {
      name: `send a pidfd of the process to ${pidfdSocket}`,
      do: ({ facts, init }) => sendPidfd(facts, init.pid, pidfdSocket, 'setns'),
    },
  ];
}
