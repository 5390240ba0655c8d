import * as fs from 'node:fs';
import { pageWith, table } from './figures.ts';

const some = [
  { verb: 'create', fault: 'EIO', calls: 300, failures: 0 },
  { verb: 'create', fault: 'SIGKILL', calls: 301, failures: 1 },
];

test('the table has a row a verb, and the sum', () => {
  const lines = table(some).split('\n');
  expect(lines).toContain('| create | 300 calls, 0 failures | – | 301 calls, 1 failures |');
  expect(lines.at(-1)).toBe('In all 601 faults, and 1 failures.');
});

test('the page takes a new table in place of the old one, and keeps the rest', () => {
  const page = fs.readFileSync('docs/reliability.md', 'utf8');
  const once = pageWith(page, some);
  expect(once).toContain('| create | 300 calls');
  expect(pageWith(once, some)).toBe(once);
  const around = (text: string): string => text.replace(/<!-- figures -->[\s\S]*<!-- end/, '');
  expect(around(once)).toBe(around(page));
});
