import * as fs from 'node:fs';
import * as path from 'node:path';
import { timesOf } from './measure.ts';
import { Place, pureCgroup2 } from './place.ts';

/*
 * `make scale`: what commands cost beside 1, 10, 100 and 1,000 created containers, and what is left when they have been
 * deleted. SCALE is the list of numbers. The last line of the output is JSON.
 */
pureCgroup2();
const tsrunc = fs.realpathSync(process.env['TSRUNC'] ?? 'bin/tsrunc');
const sizes = (process.env['SCALE'] ?? '1 10 100 1000').split(' ').map(Number);
const runtime = { name: 'tsrunc', path: tsrunc, version: '' };
const place = new Place(tsrunc);
const prefix = place.id();
const bundle = place.bundle(({ process }) => Object.assign(process, { args: ['/bin/sleep', '1000'] }));
let next = 0;

try {
  // `list` of a root that is not there is an error, as with runc.
  fs.mkdirSync(place.root(runtime));
  const empty = median(9, () => place.call(runtime, ['list']));
  const rows = sizes.map((size) => {
    const create = ofTheLast(() => grow(size));
    const list = median(9, () => place.call(runtime, ['list']));
    const state = median(9, () => place.call(runtime, ['state', `${prefix}-0`]));
    const memory = residentOf(inits());
    const remove = median(size < 9 ? 1 : 9, () => place.call(runtime, ['delete', '--force', `${prefix}-${--next}`]));
    return { size, create, state, list, listEach: (list - empty) / size, remove, rssEach: memory / size };
  });
  while (next > 0) place.call(runtime, ['delete', '--force', `${prefix}-${--next}`]);
  print(rows, empty);
  console.log(JSON.stringify({ rows, empty, left: leftovers() }));
} finally {
  place.clean([runtime]);
}

/** Creates containers until there are `size`; the time of each in milliseconds. */
function grow(size: number): number[] {
  const times: number[] = [];
  while (next < size) {
    times.push(timed(() => place.call(runtime, ['create', '--bundle', bundle, `${prefix}-${next}`])));
    next++;
  }
  return times;
}

/** The median of the last nine: those that had nearly all the others beside them. */
function ofTheLast(work: () => number[]): number {
  return timesOf(work().slice(-9)).median;
}

function median(times: number, work: () => void): number {
  return timesOf(Array.from({ length: times }, () => timed(work))).median;
}

function timed(work: () => void): number {
  const begin = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

/** By the state files, since the PIDs of other containers of this machine are none of ours. */
function inits(): number[] {
  const root = place.root(runtime);
  const files = fs.readdirSync(root).map((id) => path.join(root, id, 'state.json'));
  return files
    .filter((file) => fs.existsSync(file))
    .map((file) => JSON.parse(fs.readFileSync(file, 'utf8')).init_process_pid);
}

/** In KiB. */
function residentOf(pids: readonly number[]): number {
  const rss = (pid: number) => Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return pids.reduce((sum, pid) => sum + rss(pid), 0);
}

/** What bears our name, or should not be there. */
function leftovers(): string[] {
  const cgroups = fs.readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' });
  const mounts = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return [
    ...fs.readdirSync(place.root(runtime)).filter((name) => name.startsWith(prefix)),
    ...[...cgroups, ...mounts].filter((name) => name.includes(prefix)),
  ];
}

function print(rows: readonly Readonly<Record<string, number>>[], empty: number): void {
  console.log(
    '| containers | create (ms) | state (ms) | list (ms) | list, each (ms) | delete (ms) | RSS of an init (KiB) |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  console.log(`| 0 | | | ${empty.toFixed(1)} | | | |`);
  for (const row of rows) {
    const cells = Object.entries(row).map(([name, value]) =>
      value.toFixed(name === 'size' ? 0 : name === 'listEach' ? 3 : 1),
    );
    console.log(`| ${cells.join(' | ')} |`);
  }
}
