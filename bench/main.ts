import * as fs from 'node:fs';
import * as os from 'node:os';
import { type Bundles, countsOf, roundTrips } from './counts.ts';
import { measure } from './measure.ts';
import { Place, pureCgroup2, type Runtime, runtimes, withoutCgroups } from './place.ts';
import { chartOf, type Results, tableOf } from './report.ts';
import { scenarios } from './scenarios.ts';

/*
 * `make bench`: times tsrunc beside the runtimes that are installed, in turn, with one root filesystem and one config.
 * BENCH_TIMES is how often each is done, BENCH_ONLY a pattern for the scenarios. Writes BENCH_RESULTS/, bench/results/
 * without that.
 */
pureCgroup2();
const tsrunc = fs.realpathSync(process.env['TSRUNC'] ?? 'bin/tsrunc');
const repetitions = Number(process.env['BENCH_TIMES'] ?? 21);
const only = new RegExp(process.env['BENCH_ONLY'] ?? '');
const output = process.env['BENCH_RESULTS'] ?? 'bench/results';
const installed = runtimes(tsrunc);
const place = new Place(tsrunc);
try {
  const plain = place.bundle();
  const bundles: Bundles = {
    plain,
    sleeping: place.bundle(({ process }) => Object.assign(process, { args: ['/bin/sleep', '1000'] })),
    limited: (limit) => place.bundle(({ linux }) => Object.assign(linux, { resources: { memory: { limit } } })),
  };
  const all = installed.flatMap((runtime) => working(runtime, plain));
  const chosen = scenarios(place).filter(({ name }) => only.test(name));
  const results: Results = {
    machine: `${os.cpus().length} × ${os.cpus()[0]?.model.trim() ?? os.arch()}, Linux ${os.release()}`,
    date: new Date().toISOString().slice(0, 10),
    versions: Object.fromEntries(all.map(({ name, version }) => [name, version])),
    repetitions,
    times: Object.fromEntries(chosen.map((scenario) => [scenario.name, measure(place, all, scenario, repetitions)])),
    counts: Object.fromEntries(all.map((runtime) => [runtime.name, countsOf(place, runtime, bundles)])),
    roundTripsPerCreate: roundTrips(place, all[0] ?? never(), plain),
  };
  fs.mkdirSync(output, { recursive: true });
  fs.writeFileSync(`${output}/latest.json`, `${JSON.stringify(results, null, 2)}\n`);
  fs.writeFileSync(`${output}/latest.svg`, chartOf(results));
  console.log(tableOf(results));
  console.log(
    `\n${results.machine}; ${repetitions} times each; round trips per create: ${results.roundTripsPerCreate}`,
  );
} finally {
  place.clean(installed);
}

/** Some machines refuse a runtime what it needs. */
function working(runtime: Runtime, bundle: string): Runtime[] {
  const ways = runtime.name === 'crun' ? [runtime, withoutCgroups(runtime)] : [runtime];
  const way = ways.find((candidate) => works(candidate, bundle));
  if (way === undefined) console.error(`left out, for it cannot run a container here: ${runtime.version}`);
  return way === undefined ? [] : [way];
}

function works(runtime: Runtime, bundle: string): boolean {
  const id = place.id();
  try {
    place.call(runtime, ['run', '--bundle', bundle, id]);
    return true;
  } catch {
    // crun leaves its cgroup then.
    if (fs.existsSync(`/sys/fs/cgroup/${id}`)) fs.rmdirSync(`/sys/fs/cgroup/${id}`);
    return false;
  }
}

function never(): never {
  throw new Error('there is no tsrunc');
}
