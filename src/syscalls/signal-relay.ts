import type { Engine } from '../engine/engine.ts';
import { bitsOf, dispositions, mmapProtections } from './constants.ts';
import { pipePair } from './descriptor-pair.ts';
import type { LocalKernel } from './local-port.ts';
import { assembleHandler } from './signal-handler.ts';
import { kernelSigaction } from './structs.ts';

/**
 * Turns signals into bytes of a pipe. A handler of a few instructions writes the signal's number: the engine
 * cannot register real-time signals, and its threads would take what a signalfd waits for. Returns the end to
 * read from; the handler stays for the rest of this process's life.
 */
export function relaySignals(engine: Engine, kernel: LocalKernel, numbers: readonly number[]): number {
  const [read, write] = pipePair(kernel);
  const { handler, restorer } = install(engine, kernel, write);
  kernel.batch((batch, calls) => {
    // The engine starts with SIGUSR1 blocked, to keep it for its inspector.
    calls.rt_sigprocmask('SIG_SETMASK', batch.input(new Uint8Array(SIGSET_SIZE)), 0, SIGSET_SIZE);
    const flags = ['SA_SIGINFO', 'SA_RESTORER', 'SA_ONSTACK', 'SA_RESTART'];
    const action = batch.struct(kernelSigaction, { handler, restorer, flags });
    for (const number of numbers) calls.rt_sigaction(number, action, 0, SIGSET_SIZE);
  });
  return read;
}

/** Gives signals that were relayed another disposition. */
export function unrelay(kernel: LocalKernel, disposition: keyof typeof dispositions, numbers: readonly number[]): void {
  for (const number of numbers) {
    kernel.calls.rt_sigaction(number, { handler: dispositions[disposition] }, 0, SIGSET_SIZE);
  }
}

/** Puts the code into a page that is never writable and executable at once. */
function install(engine: Engine, kernel: LocalKernel, fd: number): { handler: number; restorer: number } {
  const { code, restorer } = assembleHandler(fd, engine.arch);
  const page = engine.native().map(PAGE);
  page.bytes.set(code);
  kernel.calls.mprotect(page.address, PAGE, bitsOf(mmapProtections, ['PROT_READ', 'PROT_EXEC']));
  return { handler: page.address, restorer: page.address + restorer };
}

const PAGE = 4096;
const SIGSET_SIZE = 8;
