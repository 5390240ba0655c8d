import type { Verdict } from '../libcontainer/validate.ts';
import type { Problem } from '../spec/problem.ts';
import { refUrl } from '../spec/validate/ref.ts';
import { printable } from './quote.ts';

/** As a compiler: `file:line:column: error: what`, the line, a caret, the hint; and a count at the end. */
export function problemsAsText({ path, text, problems }: Verdict): string {
  const lines = text.split('\n');
  const blocks = problems.map((problem) => {
    const { severity, line, column, pointer, message, hint } = problem;
    const where = `${path}:${line}:${column}: ${severity}: ${pointer === '' ? '' : `${pointer}: `}${message}`;
    const url = problem.ref && refUrl(problem.ref);
    return [
      printable(where),
      ...excerpt(lines[line - 1] ?? '', line, column),
      ...(hint === undefined ? [] : [`      = ${printable(hint)}`]),
      ...(url === undefined ? [] : [`      = ${url}`]),
      '',
    ].join('\n');
  });
  return `${blocks.map((block) => `${block}\n`).join('')}${path}: ${count(problems)}\n`;
}

const WIDTH = 100;

/** The line and a caret below the column; of a very long line what is around it. */
function excerpt(line: string, number: number, column: number): string[] {
  const from = column > WIDTH ? column - 1 - WIDTH / 2 : 0;
  const shown = line.slice(from, from + WIDTH).replace(/\t/g, ' ');
  const margin = `${number}`.padStart(5);
  const caret = ' '.repeat(printable(shown.slice(0, column - 1 - from)).length);
  return [`${margin} | ${printable(shown)}`, `      | ${caret}^`];
}

function count(problems: readonly Problem[]): string {
  const of = (severity: Problem['severity']): number =>
    problems.filter((problem) => problem.severity === severity).length;
  const parts = [plural(of('error'), 'error'), plural(of('warning'), 'warning')].filter((part) => part !== '');
  return parts.length === 0 ? 'no problems found' : parts.join(', ');
}

function plural(number: number, word: string): string {
  return number === 0 ? '' : `${number} ${word}${number === 1 ? '' : 's'}`;
}

export function problemsAsJson({ problems }: Verdict): string {
  const list = problems.map(({ ref, ...problem }) => {
    const reference = ref && refUrl(ref);
    return { ...problem, ...(reference !== undefined && { reference }) };
  });
  return `${JSON.stringify({ problems: list }, null, 2)}\n`;
}
