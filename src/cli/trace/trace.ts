import type { Engine } from '../../engine/engine.ts';
import { ContainerError } from '../../libcontainer/errors.ts';
import type { Log } from '../../libcontainer/host.ts';
import { liveMachine, type Machine } from '../../libcontainer/machine.ts';
import { Recorder } from '../../libcontainer/recorder.ts';
import { watchedMachine } from '../../libcontainer/watched-machine.ts';
import { chromeTrace } from './chrome.ts';
import { htmlTrace } from './html.ts';
import { textTrace } from './table.ts';

/** A command that is being traced: to be run with this machine and this log. */
export interface Trace {
  readonly engine: Machine;
  readonly log: Log;
  /** Never throws: a trace that cannot be written must not fail a container. */
  write(): void;
}

/** Records what is done with the machine, until it is written to `file`, whose suffix names the format. */
export function traceTo(engine: Engine, log: Log, file: string): Trace {
  const format = formats.find(([suffix]) => file.endsWith(suffix))?.[1];
  if (!format) throw new ContainerError('invalid-argument', 'a trace is a .json, .html or .txt file');
  const recorder = new Recorder(engine);
  // Opened now: a handler may change the directory, and what cannot be written is better known before.
  const fd = openFile(engine, file);
  return {
    engine: watchedMachine(liveMachine(engine), recorder.sequence),
    log: recorder.listeningTo(log),
    write: () => {
      try {
        engine.files.write(fd, engine.encode(format(recorder.recording())));
      } catch {
        log.warn(`the trace could not be written to ${file}`);
      }
    },
  };
}

const formats = [
  ['.json', chromeTrace],
  ['.html', htmlTrace],
  ['.txt', textTrace],
] as const;

function openFile({ files }: Engine, file: string): number {
  try {
    return files.open(file, ['O_WRONLY', 'O_CREAT', 'O_TRUNC'], 0o644);
  } catch (cause) {
    throw new ContainerError('host', 'cannot open the trace', { cause });
  }
}
