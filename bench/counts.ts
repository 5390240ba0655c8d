import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Place, Runtime } from './place.ts';

/** What does not depend on the machine's mood, and so may be held to a bound. Undefined where it cannot be told here. */
export interface Counts {
  /** System calls of `run` in all its processes, the container's program included. */
  readonly systemCalls: number | undefined;
  /** Of `run`, in KiB: the largest of its processes. */
  readonly peakRss: number | undefined;
  /** Of what waits in a created container, in KiB. */
  readonly createdRss: number;
  /** Of the executable, in MB. */
  readonly megabytes: number;
}

export function countsOf(place: Place, runtime: Runtime, bundle: string): Counts {
  return {
    systemCalls: systemCalls(place, runtime, bundle),
    peakRss: peakRss(place, runtime, bundle),
    createdRss: createdRss(place, runtime, bundle),
    megabytes: Math.round(fs.statSync(resolved(runtime.path)).size / 1e5) / 10,
  };
}

/** Between tsrunc and a container that is being created: what `--debug` says. */
export function roundTrips(place: Place, runtime: Runtime, bundle: string): number {
  const log = path.join(place.directory, 'debug');
  place.call(runtime, ['--debug', '--log', log, 'run', '--bundle', bundle, place.id()]);
  const said = /(\d+) round trips/.exec(fs.readFileSync(log, 'utf8'))?.[1];
  if (said === undefined) throw new Error('--debug does not say how many round trips there were');
  return Number(said);
}

/** The last line of `strace -c` is the sum. */
function systemCalls(place: Place, runtime: Runtime, bundle: string): number | undefined {
  const summary = path.join(place.directory, 'strace');
  if (!has('strace')) return undefined;
  place.call(runtime, ['run', '--bundle', bundle, place.id()], ['strace', '-f', '-c', '-o', summary]);
  const total = fs.readFileSync(summary, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  return Number(/^\s*100\.00\s+\S+\s+\S+\s+(\d+)/.exec(total)?.[1]);
}

function peakRss(place: Place, runtime: Runtime, bundle: string): number | undefined {
  const output = path.join(place.directory, 'time');
  if (!fs.existsSync('/usr/bin/time')) return undefined;
  place.call(runtime, ['run', '--bundle', bundle, place.id()], ['/usr/bin/time', '-f', '%M', '-o', output]);
  return Number(fs.readFileSync(output, 'utf8'));
}

function createdRss(place: Place, runtime: Runtime, bundle: string): number {
  const [id, file] = [place.id(), path.join(place.directory, 'pid')];
  place.call(runtime, ['create', '--bundle', bundle, '--pid-file', file, id]);
  const memory = fs.readFileSync(`/proc/${fs.readFileSync(file, 'utf8')}/smaps_rollup`, 'utf8');
  place.call(runtime, ['delete', '--force', id]);
  return Number(/^Rss: +(\d+) kB$/m.exec(memory)?.[1]);
}

function has(program: string): boolean {
  return spawnSync(program, ['-V'], { stdio: 'ignore' }).status === 0;
}

function resolved(program: string): string {
  if (program.includes('/')) return program;
  const places = (process.env['PATH'] ?? '').split(':').map((directory) => path.join(directory, program));
  return places.find((file) => fs.existsSync(file)) ?? program;
}
