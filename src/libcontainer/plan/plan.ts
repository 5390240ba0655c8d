import { loadBundle } from '../bundle.ts';
import { create } from '../create.ts';
import { ContainerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { CreateOptions, Foreground } from '../options.ts';
import { Recorder, type Recording } from '../recorder.ts';
import { start } from '../start.ts';
import { SOCKET } from '../store.ts';
import { watchedMachine } from '../watched-machine.ts';
import { imaginedMachine } from './imagined-machine.ts';

/**
 * What `create` and then `start` of the bundle would do here, step by step and call by call, found by doing it in
 * imagination: the host is looked at, and nothing is changed. No privilege is needed. Throws what they would throw
 * before they do anything. Where a call's result decides what follows, the kernel is imagined to have no objection.
 */
export function plan(host: Host, id: string, options: CreateOptions): Recording {
  const { engine, log } = host;
  refuseSystemd(host);
  const { rootfs, config } = loadBundle(engine, log, options.bundle);
  const imagined = imaginedMachine(engine, rootfs);
  const recorder = new Recorder(imagined);
  const machine = watchedMachine(imagined, recorder.sequence);
  const there = { ...host, engine: machine, log: recorder.listeningTo(log) };
  create(there, id, config.process?.terminal && !options.consoleSocket ? { ...options, foreground: nobody } : options);
  imagined.files.open(`${host.root}/${id}/${SOCKET}`, ['O_CREAT', 'O_WRONLY']);
  start(there, id);
  return recorder.recording();
}

/** Has a terminal be wanted, and does nothing with it. */
const nobody: Foreground = { expectTerminal: () => undefined, takeMaster: () => undefined };

/** Where the cgroup will be is for systemd to say, and none answers in imagination. */
function refuseSystemd({ cgroupManager }: Host): void {
  if (cgroupManager !== 'systemd') return;
  throw new ContainerError('unsupported', 'plan cannot ask systemd for a cgroup that nobody is to make', {
    hint: 'leave out --systemd-cgroup: the other steps are the same',
  });
}
