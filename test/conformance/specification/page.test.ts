import { but, may, must, type Section, section, should } from './demand.ts';
import { faultsOf } from './faults.ts';
import { conformancePage } from './page.ts';
import { sections } from './sections.ts';

const files: Readonly<Record<string, string>> = {
  'unit/a.test.ts': "test('it works', () => {});\ntest.each(rows)(`as it says`, () => {});",
  'unit/rows.ts': 'name: "a row"',
};
const ENTRY = section('config.md', 'configRoot', must('it works', 'unit/a: it works'));

/** What is wrong besides that the other sections are not there. */
function faults(...list: readonly Section[]): string[] {
  return faultsOf(list, (file) => files[file]).filter((fault) => !fault.includes(': REF.'));
}

test('a table whose tests are there has no fault', () => {
  const rows = [must('each row', 'unit/rows.ts: a row'), must('a text', 'unit/a: as ')];
  expect(faults(ENTRY, section('config.md', 'configHooks', ...rows))).toEqual([]);
});

test('a test that is not there is a fault, and so is a demand without a test', () => {
  const demands = [must('a', 'unit/a: it fails'), must('b', 'unit/b: it works'), must('c'), but('later', must('d'))];
  expect(faults(section('config.md', 'configRoot', ...demands))).toEqual([
    'config.md#configRoot: a: there is no test "unit/a: it fails"',
    'config.md#configRoot: b: there is no test "unit/b: it works"',
    'config.md#configRoot: c: no test shows it',
    'config.md#configRoot: d: no test shows it',
  ]);
});

test('what is recommended needs a test or a reason, what is permitted a choice', () => {
  const demands = [should('a'), but('why', should('b')), may('c', 'we do')];
  expect(faults(section('config.md', 'configRoot', ...demands))).toEqual(['config.md#configRoot: a: no test shows it']);
});

test('every rule that the code cites is in the table', () => {
  const rest = sections.filter(({ anchor }) => anchor !== 'configHostname');
  const cited = (list: readonly Section[]): string[] =>
    faultsOf(list, () => undefined).filter((f) => f.includes(': REF.'));
  expect(cited(sections)).toEqual([]);
  expect(cited(rest)).toEqual(['config.md#configHostname: REF.hostname (MUST) is not in the table']);
});

test('every anchor has one section', () => {
  const places = sections.map(({ file, anchor }) => `${file}#${anchor}`);
  expect(new Set(places).size).toBe(places.length);
});

test('the page is the prose of a template and the tables that it names', () => {
  const page = conformancePage('Before\n\n{{demands config.md}}\n\nAfter', [ENTRY]);
  expect(page).toMatch(/^Before\n\n### \[configRoot\]\(https:\/\/\S+v1\.3\.0\/config\.md#configRoot\)\n\n\| Level \|/);
  expect(page).toMatch(/\n\| MUST \| it works \| `unit\/a: it works` \| \|\n\nAfter$/);
  expect(() => conformancePage('{{nothing}}', [])).toThrow('{{nothing}}');
});
