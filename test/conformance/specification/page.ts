import { refUrl } from '../../../src/spec/validate/ref.ts';
import type { Demand, Section } from './demand.ts';
import { type FieldRow, fieldTables } from './fields.ts';

/** docs/conformance.md: the prose of `template`, and in it the tables that `{{…}}` name. */
export function conformancePage(template: string, sections: readonly Section[]): string {
  return template.replace(/\{\{(.*)\}\}/g, (_, name: string) => {
    const [kind, which = ''] = name.split(' ');
    if (kind === 'fields' && isFieldTable(which)) return fieldTable(fieldTables[which]);
    if (kind === 'demands')
      return sections
        .filter(({ file }) => file === which)
        .map(demandTable)
        .join('\n\n');
    throw new Error(`the template asks for {{${name}}}`);
  });
}

function isFieldTable(name: string): name is keyof typeof fieldTables {
  return Object.hasOwn(fieldTables, name);
}

function fieldTable(rows: readonly FieldRow[]): string {
  const lines = rows.map(({ fields, state, remarks }) => [fields.map(code).join(', '), state, remarks]);
  return table(['Field', 'State', 'Remarks'], lines);
}

function demandTable({ file, anchor, demands }: Section): string {
  const url = refUrl({ file, anchor, level: 'MUST' });
  const rows = demands.map(({ level, what, tests, remark }) => [level, what, shown(tests), remark ?? '']);
  return `### [${anchor}](${url})\n\n${table(['Level', 'What', 'Shown by', 'Remarks'], rows)}`;
}

function shown(tests: Demand['tests']): string {
  return tests.map((test) => code(test.replaceAll('|', '\\|'))).join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `|${cells.map((cell) => (cell ? ` ${cell} ` : ' ')).join('|')}|`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
