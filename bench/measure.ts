import type { Place, Runtime } from './place.ts';
import type { Scenario } from './scenarios.ts';

/** Milliseconds: the median, and the quarters below and above it. */
export interface Times {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** By runtime. */
export type Row = Readonly<Record<string, Times>>;

/**
 * Times in turn, one of each runtime after the other: what the machine does meanwhile slows all of them. The first time
 * does not count, for caches are cold.
 */
export function measure(place: Place, all: readonly Runtime[], scenario: Scenario, times: number): Row {
  const taken = new Map(all.map((runtime) => [runtime.name, [] as number[]]));
  const repetitions = Math.max(1, Math.round(times * (scenario.share ?? 1)));
  for (let i = 0; i <= repetitions; i++) {
    for (const runtime of all) {
      const time = once(place, runtime, scenario);
      if (i > 0) taken.get(runtime.name)?.push(time);
    }
  }
  return Object.fromEntries([...taken].map(([name, list]) => [name, timesOf(list)]));
}

function once(place: Place, runtime: Runtime, scenario: Scenario): number {
  const id = place.id();
  scenario.prepare?.(runtime, id);
  const begin = process.hrtime.bigint();
  scenario.run(runtime, id);
  const taken = Number(process.hrtime.bigint() - begin) / 1e6;
  scenario.tidy?.(runtime, id);
  return taken;
}

export function timesOf(list: readonly number[]): Times {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}
