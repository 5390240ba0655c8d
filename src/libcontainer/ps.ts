import { readAll } from '../engine/read-all.ts';
import { pipePair } from '../syscalls/descriptor-pair.ts';
import { spawn } from '../syscalls/spawn.ts';
import { cgroupOf } from './container-cgroup.ts';
import { ContainerError } from './errors.ts';
import type { Host } from './host.ts';
import { kernelOf } from './kernel.ts';
import { exitStatus, reap } from './signal.ts';
import { StateDirectory } from './store.ts';

/** The processes of a container, sub-cgroups included, as the runtime's PID namespace numbers them. */
export function processes(host: Host, id: string): number[] {
  const saved = StateDirectory.open(host.engine, host.root, id).load();
  if (!saved) throw new ContainerError('does-not-exist', 'container does not exist');
  return cgroupOf(host, kernelOf(host.engine), saved).pids();
}

/** The lines that the machine's ps, called with `options`, has about `pids`, its title line first. */
export function processTable(host: Host, pids: readonly number[], options: readonly string[]): string[] {
  const [title = '', ...lines] = outputOfPs(host, options).split('\n');
  const column = words(title).indexOf('PID');
  if (column < 0) throw new ContainerError('host', "couldn't find PID field in ps output");
  return [title, ...lines.filter((line) => line !== '' && pids.includes(pidIn(line, column)))];
}

function pidIn(line: string, column: number): number {
  const word = words(line)[column] ?? '';
  if (!/^[0-9]+$/.test(word)) throw new ContainerError('host', `unable to parse pid: ${JSON.stringify(word)}`);
  return Number(word);
}

function words(line: string): string[] {
  return line.trim().split(/\s+/);
}

/** What it writes, complaints included. */
function outputOfPs({ engine }: Host, options: readonly string[]): string {
  const kernel = kernelOf(engine);
  const { files } = engine;
  const [output, theirs] = pipePair(kernel);
  const nothing = files.open('/dev/null', ['O_RDONLY']);
  try {
    const pid = spawn(kernel, engine.native(), {
      file: 'ps',
      search: true,
      argv: ['ps', ...options],
      env: Object.entries(engine.env).map(([name, value]) => `${name}=${value}`),
      descriptors: [
        [nothing, 0],
        [theirs, 1],
        [theirs, 2],
      ],
    });
    files.close(theirs);
    const text = engine.decode(readAll(files, output));
    const status = exitStatus(reap(kernel, pid) ?? 0);
    if (status !== 0)
      throw new ContainerError('host', `ps ${options.join(' ')}: exit status ${status}: ${text.trim()}`);
    return text;
  } finally {
    files.close(nothing);
    files.close(output);
  }
}
