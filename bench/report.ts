import { type Counts, commands } from './counts.ts';
import type { Row } from './measure.ts';

export interface Results {
  readonly machine: string;
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly repetitions: number;
  /** By scenario. */
  readonly times: Readonly<Record<string, Row>>;
  readonly counts: Readonly<Record<string, Counts>>;
  readonly roundTripsPerCreate: number;
}

/** As a table of Markdown: medians in milliseconds, and how many times as long tsrunc takes as the others. */
export function tableOf({ times, counts, versions }: Results): string {
  const names = Object.keys(versions);
  const others = names.filter((name) => name !== 'tsrunc');
  const header = ['', ...names.map((name) => `${name} (ms)`), ...others.map((name) => `tsrunc / ${name}`)];
  const rows = Object.entries(times).map(([scenario, row]) => [
    scenario,
    ...names.map((name) => spread(row[name])),
    ...others.map((name) => ratio(row['tsrunc']?.median, row[name]?.median)),
  ]);
  const count = (title: string, of: (counts: Counts) => number | undefined): string[] => {
    const values = new Map(Object.entries(counts).map(([name, counted]) => [name, of(counted)]));
    return [
      title,
      ...names.map((name) => String(values.get(name) ?? '–')),
      ...others.map((name) => ratio(values.get('tsrunc'), values.get(name))),
    ];
  };
  return [
    header,
    header.map(() => '---'),
    ...rows,
    ...commands.map((command) => count(`system calls of \`${command}\``, (of) => of.systemCalls?.[command])),
    count('peak RSS of `run` (KiB)', (of) => of.peakRss),
    count('RSS of a created init (KiB)', (of) => of.createdRss),
    count('memory of a created cgroup (KiB)', (of) => of.createdMemory),
    count('smallest memory limit (KiB)', (of) => of.smallestLimit),
    count('size (MB)', (of) => of.megabytes),
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function spread(times: Row[string] | undefined): string {
  return times ? `${times.median.toFixed(1)} (${times.low.toFixed(1)}–${times.high.toFixed(1)})` : '–';
}

function ratio(ours: number | undefined, theirs: number | undefined): string {
  return ours === undefined || theirs === undefined ? '–' : (ours / theirs).toFixed(2);
}

/** Bars of the medians, one group for each scenario. */
export function chartOf({ times, versions, machine, date }: Results): string {
  const names = Object.keys(versions);
  const scenarios = Object.entries(times);
  const longest = Math.max(...scenarios.flatMap(([, row]) => names.map((name) => row[name]?.median ?? 0)));
  const group = names.length * BAR + GAP;
  const bars = scenarios.flatMap(([scenario, row], i) => {
    const top = TOP + i * group;
    const label = `<text x="${LEFT - 8}" y="${top + (names.length * BAR) / 2 + 4}" text-anchor="end">${scenario}</text>`;
    const own = names.map((name, j) => {
      const median = row[name]?.median;
      if (median === undefined) return '';
      const width = (median / longest) * WIDTH;
      const y = top + j * BAR;
      return (
        `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[j]}"/>` +
        `<text x="${(LEFT + width + 4).toFixed(1)}" y="${y + BAR - 4}">${median.toFixed(1)}</text>`
      );
    });
    return [label, ...own];
  });
  const legend = names.map(
    (name, j) =>
      `<rect x="${LEFT + j * 90}" y="30" width="10" height="10" fill="${COLOURS[j]}"/>` +
      `<text x="${LEFT + j * 90 + 14}" y="39">${name}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 80}" height="${TOP + scenarios.length * group}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="8" y="18" font-size="13">Medians in milliseconds: ${machine}, ${date}</text>`,
    ...legend,
    ...bars,
    '</svg>\n',
  ].join('\n');
}

const LEFT = 190;
const TOP = 54;
const WIDTH = 480;
const BAR = 14;
const GAP = 10;
const COLOURS = ['#2563eb', '#9ca3af', '#f59e0b'];
