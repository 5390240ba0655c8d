import type { Counts } from './counts.ts';
import type { Results } from './report.ts';

/** What the README says of the last whole measurement. */
const TIMES: Readonly<Record<string, string>> = {
  'run true': '`run` of a program that does nothing',
  create: '`create`',
  start: '`start`',
  'exec true': '`exec`',
  state: '`state`',
  delete: '`delete --force`',
  'run, 200 mounts': '`run` with 200 mounts',
  'run, a seccomp profile, cached': '`run` with a seccomp profile, not the first with it',
};

const COUNTS: readonly (readonly [title: string, of: (counts: Counts) => number | undefined, unit: string])[] = [
  ['memory of what waits in a created container', ({ createdRss }) => createdRss, 'KiB'],
  ['memory of the runtime itself during `run`, at the most', ({ peakRss }) => peakRss, 'KiB'],
  ['system calls of a `run`', ({ systemCalls }) => systemCalls?.run, ''],
  ['size of the executable', ({ megabytes }) => megabytes, 'MB'],
];

const [BEGIN, END] = ['<!-- measured -->\n', '<!-- end of measured -->'];

/** The page with these results in place of those that it has. */
export function pageWith(text: string, results: Results): string {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page lacks ${BEGIN.trim()} or ${END}`);
  return `${before}${BEGIN}${block(results)}\n${END}${after}`;
}

function block({ times, counts, versions, machine, date, repetitions }: Results): string {
  const names = Object.keys(versions);
  const timed = Object.entries(TIMES).map(([scenario, title]) => {
    const row = times[scenario];
    if (row === undefined) throw new Error(`${scenario} was not measured`);
    return [title, ...names.map((name) => of(row[name]?.median, 'ms'))];
  });
  const counted = COUNTS.map(([title, field, unit]) => [
    title,
    ...names.map((name) => of(counts[name] && field(counts[name]), unit)),
  ]);
  const header = ['', ...names.map((name) => shortened(versions[name] ?? name))];
  const rows = [header, header.map(() => '---'), ...timed, ...counted].map((cells) => `| ${cells.join(' | ')} |`);
  return [`Medians of ${repetitions}, in turn, on ${machine}, ${date}:`, '', ...rows].join('\n');
}

function of(value: number | undefined, unit: string): string {
  return value === undefined || Number.isNaN(value) ? '–' : `${Number(value.toPrecision(3))} ${unit}`.trim();
}

/** `runc version 1.1.5+ds1` is runc 1.1.5 to whoever compares. */
function shortened(version: string): string {
  return version.replace(' version', '').replace(/[+~].*/, '');
}
