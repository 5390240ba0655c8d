import * as fs from 'node:fs';
import * as path from 'node:path';
import { pageWith } from '../../../bench/page.ts';
import type { Results } from '../../../bench/report.ts';

const README = fs.readFileSync(path.join(__dirname, '../../../README.md'), 'utf8');
const SCENARIOS = [
  ...['run true', 'create', 'start', 'exec true', 'state', 'delete'],
  ...['run, 200 mounts', 'run, a seccomp profile, cached'],
];
const row = { tsrunc: { median: 151.26, low: 1, high: 2 }, runc: { median: 60.04, low: 1, high: 2 } };
const counts = { peakRss: 42_000, createdRss: 12, createdMemory: 100, smallestLimit: 200, megabytes: 161.2 };
const calls = { '--version': 1, create: 2, state: 3, start: 4, exec: 5, kill: 6, delete: 7, run: 900 };
const results: Results = {
  machine: '2 × a processor, Linux 6.0',
  date: '2030-01-02',
  repetitions: 21,
  versions: { tsrunc: 'tsrunc version 0.1.0', runc: 'runc version 1.1.5+ds1' },
  times: Object.fromEntries(SCENARIOS.map((name) => [name, row])),
  counts: { tsrunc: { ...counts, systemCalls: calls }, runc: { ...counts, systemCalls: undefined } },
  roundTripsPerCreate: 12,
};

test('the README has the last measurement, with machine and date, and keeps everything else', () => {
  const page = pageWith(README, results);
  expect(page).toContain('Medians of 21, in turn, on 2 × a processor, Linux 6.0, 2030-01-02:');
  expect(page).toContain('|  | tsrunc 0.1.0 | runc 1.1.5 |');
  expect(page).toContain('| `state` | 151 ms | 60 ms |');
  expect(page).toContain('| system calls of a `run` | 900 | – |');
  expect(pageWith(page, results)).toBe(page);
  expect(page.split('<!-- measured -->')[0]).toBe(README.split('<!-- measured -->')[0]);
  expect(page.split('<!-- end of measured -->')[1]).toBe(README.split('<!-- end of measured -->')[1]);
});

test('what was not measured is no measurement', () => {
  const { 'run true': _, ...others } = results.times;
  expect(() => pageWith(README, { ...results, times: others })).toThrow('run true was not measured');
});
