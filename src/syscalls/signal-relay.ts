import type { Engine } from '../engine/engine.ts';
import { bitsOf, dispositions, mmapProtections, sigactionFlags } from './constants.ts';
import { pipePair } from './descriptor-pair.ts';
import type { LocalKernel } from './local-port.ts';
import { nativeFunctions } from './native.ts';
import { assembleHandler, SIGSET_SIZE } from './signal-handler.ts';
import { writeField } from './struct.ts';
import { kernelSigaction } from './structs.ts';

/**
 * Turns signals into bytes of a pipe. A handler of a few instructions writes the signal's number: the engine
 * cannot register real-time signals, and its threads would take what a signalfd waits for. Returns the end to
 * read from; the handler stays for the rest of this process's life.
 */
export function relaySignals(engine: Engine, kernel: LocalKernel, numbers: readonly number[]): number {
  const [read, write] = pipePair(kernel);
  install(engine, kernel, write, numbers);
  // The engine starts with SIGUSR1 blocked, to keep it for its inspector.
  kernel.batch((batch, calls) => {
    calls.rt_sigprocmask('SIG_SETMASK', batch.input(new Uint8Array(SIGSET_SIZE)), 0, SIGSET_SIZE);
  });
  return read;
}

/** Gives signals that were relayed another disposition. */
export function unrelay(kernel: LocalKernel, disposition: keyof typeof dispositions, numbers: readonly number[]): void {
  for (const number of numbers) {
    kernel.calls.rt_sigaction(number, { handler: dispositions[disposition] }, 0, SIGSET_SIZE);
  }
}

/**
 * Puts the code into a page that is never writable and executable at once, and runs what in it installs the handler: one
 * by one, sixty calls of ours take more than half a millisecond. None of them can be refused.
 */
function install(engine: Engine, kernel: LocalKernel, fd: number, numbers: readonly number[]): void {
  const native = engine.native();
  const { code, restorer, install } = assembleHandler(fd, engine.arch);
  const { address, bytes } = native.map(PAGE);
  bytes.set(code);
  const table = new DataView(bytes.buffer, bytes.byteOffset + TABLE);
  const { fields, offsets, size } = kernelSigaction;
  writeField(table, offsets.handler, fields.handler, address);
  writeField(table, offsets.restorer, fields.restorer, address + restorer);
  writeField(table, offsets.flags, fields.flags, bitsOf(sigactionFlags, FLAGS));
  numbers.forEach((number, i) => {
    table.setUint32(size + 4 * i, number, true);
  });
  kernel.calls.mprotect(address, PAGE, bitsOf(mmapProtections, ['PROT_READ', 'PROT_EXEC']));
  // It calls its last argument with its first one: the only way to jump to an address of ours by name.
  native.call(nativeFunctions.bsearch, [address + TABLE, address + TABLE, 1, size, address + install]);
}

const FLAGS = ['SA_SIGINFO', 'SA_RESTORER', 'SA_ONSTACK', 'SA_RESTART'] as const;
const PAGE = 4096;
/** Where in the page the table is: behind the code. */
const TABLE = 1024;
