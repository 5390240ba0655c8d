import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Place, Runtime } from './place.ts';

/** What does not depend on the machine's mood, and so may be held to a bound. Undefined where it cannot be told here. */
export interface Counts {
  /** By command: system calls in all its processes, the container's program included. Undefined without strace. */
  readonly systemCalls: Readonly<Record<Command, number>> | undefined;
  /** Of `run`, in KiB: the largest of its processes. */
  readonly peakRss: number | undefined;
  /** Of the init of a created container, in KiB. */
  readonly createdRss: number;
  /** In the cgroup of a created container, in KiB. */
  readonly createdMemory: number | undefined;
  /** The smallest memory limit with which `run true` succeeds, in KiB. */
  readonly smallestLimit: number | undefined;
  /** Of the executable, in MB. */
  readonly megabytes: number;
}

export const commands = ['--version', 'create', 'state', 'start', 'exec', 'kill', 'delete', 'run'] as const;
export type Command = (typeof commands)[number];

export interface Bundles {
  /** Its program does nothing. */
  readonly plain: string;
  /** Its program sleeps. */
  readonly sleeping: string;
  /** A bundle like `plain` with a memory limit in bytes. */
  limited(limit: number): string;
}

export function countsOf(place: Place, runtime: Runtime, bundles: Bundles): Counts {
  const created = whileCreated(place, runtime, bundles.sleeping);
  return {
    systemCalls: has('strace') ? systemCalls(place, runtime, bundles) : undefined,
    peakRss: peakRss(place, runtime, bundles.plain),
    createdRss: created.rss,
    createdMemory: created.memory,
    smallestLimit: created.memory === undefined ? undefined : smallestLimit(place, runtime, bundles),
    megabytes: Math.round(fs.statSync(resolved(runtime.path)).size / 1e5) / 10,
  };
}

/**
 * System calls of tsrunc's own code for a command: without those that every start of its engine makes, which are nearly
 * all that `--version` makes.
 */
export function ownCalls({ systemCalls: calls }: Counts, command: Command): number | undefined {
  return calls && calls[command] - calls['--version'];
}

/** Between tsrunc and a container that is being created: what `--debug` says. */
export function roundTrips(place: Place, runtime: Runtime, bundle: string): number {
  const log = path.join(place.directory, 'debug');
  place.call(runtime, ['--debug', '--log', log, 'run', '--bundle', bundle, place.id()]);
  const said = /(\d+) round trips/.exec(fs.readFileSync(log, 'utf8'))?.[1];
  if (said === undefined) throw new Error('--debug does not say how many round trips there were');
  return Number(said);
}

function systemCalls(place: Place, runtime: Runtime, bundles: Bundles): Record<Command, number> {
  const id = place.id();
  const line: Readonly<Record<Command, readonly string[]>> = {
    '--version': ['--version'],
    create: ['create', '--bundle', bundles.sleeping, id],
    state: ['state', id],
    start: ['start', id],
    exec: ['exec', id, '/bin/true'],
    kill: ['kill', id, 'KILL'],
    delete: ['delete', '--force', id],
    run: ['run', '--bundle', bundles.plain, place.id()],
  };
  const entries = commands.map((command) => [command, systemCallsOf(place, runtime, line[command])] as const);
  return Object.fromEntries(entries) as Record<Command, number>;
}

/** Of all processes. */
function systemCallsOf(place: Place, runtime: Runtime, args: readonly string[]): number {
  const log = path.join(place.directory, 'strace');
  place.call(runtime, args, args[0] === 'create' ? ['sh', '-c', UNTIL_WRITTEN, log, log] : STRACE(log));
  const lines = fs.readFileSync(log, 'utf8').split('\n');
  fs.rmSync(log);
  return lines.filter((line) => /^\d+ +\w+\(/.test(line)).length;
}

const STRACE = (log: string): readonly string[] => ['strace', '-f', '-qq', '-o', log];

/** A created init waits for ever, and strace for it: it is let go of when half a second has passed without a call. */
const UNTIL_WRITTEN = `
  log=$1; shift
  strace -I 1 -f -qq -o "$log" "$@" & tracer=$!
  size=0; sleep 0.5
  while [ "$size" != "$(stat -c %s "$log")" ]; do size=$(stat -c %s "$log"); sleep 0.5; done
  kill -TERM $tracer; wait $tracer; exit 0`;

function whileCreated(place: Place, runtime: Runtime, bundle: string): { rss: number; memory: number | undefined } {
  const id = place.id();
  const pidFile = path.join(place.directory, 'pid');
  place.call(runtime, ['create', '--bundle', bundle, '--pid-file', pidFile, id]);
  const pid = Number(fs.readFileSync(pidFile, 'utf8'));
  const rss = Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const cgroup = /^0::(.*)$/m.exec(fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
  const file = path.join('/sys/fs/cgroup', cgroup, 'memory.current');
  const memory = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) / 1024 : undefined;
  place.call(runtime, ['delete', '--force', id]);
  return { rss, memory };
}

/** By halves, between nothing and 64 MiB, to 16 KiB. */
function smallestLimit(place: Place, runtime: Runtime, bundles: Bundles): number {
  let [low, high] = [0, 4096];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const limit = middle * 16 * 1024;
    try {
      place.call(runtime, ['run', '--bundle', bundles.limited(limit), place.id()]);
      high = middle;
    } catch {
      low = middle;
    }
  }
  return high * 16;
}

function peakRss(place: Place, runtime: Runtime, bundle: string): number | undefined {
  const output = path.join(place.directory, 'time');
  if (!fs.existsSync('/usr/bin/time')) return undefined;
  place.call(runtime, ['run', '--bundle', bundle, place.id()], ['/usr/bin/time', '-f', '%M', '-o', output]);
  return Number(fs.readFileSync(output, 'utf8'));
}
function has(program: string): boolean {
  return spawnSync(program, ['-V'], { stdio: 'ignore' }).status === 0;
}

function resolved(program: string): string {
  if (program.includes('/')) return program;
  const places = (process.env['PATH'] ?? '').split(':').map((directory) => path.join(directory, program));
  return places.find((file) => fs.existsSync(file)) ?? program;
}
