import { loadBundle } from '../bundle.ts';
import { create } from '../create.ts';
import type { Host } from '../host.ts';
import type { CreateOptions, Foreground } from '../options.ts';
import { Recorder, type Recording } from '../recorder.ts';
import { start } from '../start.ts';
import { SOCKET } from '../store.ts';
import { watchedMachine } from '../watched-machine.ts';
import { imaginedMachine } from './imagined-machine.ts';
import type { BusCall } from './imagined-systemd.ts';

/**
 * What `create` and then `start` of the bundle would do here, step by step and call by call, found by doing it in
 * imagination: the host is looked at, and nothing is changed. No privilege is needed. Throws what they would throw
 * before they do anything. Where a call's result decides what follows, the kernel is imagined to have no objection.
 */
export function plan(host: Host, id: string, options: CreateOptions): Recording {
  const { engine, log } = host;
  const { rootfs, config } = loadBundle(engine, log, options.bundle);
  const imagined = imaginedMachine(engine, rootfs, (call) => recordBusCall(recorder, call));
  const recorder: Recorder = new Recorder(imagined);
  const machine = watchedMachine(imagined, recorder.sequence);
  const there = { ...host, engine: machine, log: recorder.listeningTo(log) };
  create(there, id, config.process?.terminal && !options.consoleSocket ? { ...options, foreground: nobody } : options);
  imagined.files.open(`${host.root}/${id}/${SOCKET}`, ['O_CREAT', 'O_WRONLY']);
  start(there, id);
  return recorder.recording();
}

/** Has a terminal be wanted, and does nothing with it. */
const nobody: Foreground = { expectTerminal: () => undefined, takeMaster: () => undefined };

/** Among the system calls that carry it, in the words of systemd. */
function recordBusCall({ sequence }: Recorder, { member, words }: BusCall): void {
  const call = { number: sequence.next(), process: 'systemd', name: member, words: () => words };
  sequence.report(call, 0, { start: sequence.clock(), duration: 0 });
}
