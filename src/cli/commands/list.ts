import { isErrno } from '../../engine/errors.ts';
import { ContainerError, report } from '../../libcontainer/errors.ts';
import { list } from '../../libcontainer/list.ts';
import type { State } from '../../spec/state.ts';
import type { Context, Handler } from '../context.ts';
import { printable } from '../quote.ts';
import { flag, text } from '../values.ts';

/** Containers that cannot be read are named on standard error; the others are listed all the same. */
export const handler: Handler = (context, { options }) => {
  const format = text(options, 'format') ?? 'table';
  if (format !== 'table' && format !== 'json') throw new ContainerError('invalid-argument', 'invalid format option');
  const { states, failures } = hasRoot(context) ? list(context.host) : { states: [], failures: [] };
  for (const { id, error } of failures) context.printError(`load container ${id}: ${report(error).message}\n`);
  if (flag(options, 'quiet')) context.print(states.map(({ id }) => `${id}\n`).join(''));
  else context.print(format === 'table' ? table(states) : json(states));
};

/** The default directory appears with the first container. One that was asked for by name has to be there. */
function hasRoot({ engine, host, rootGiven }: Context): boolean {
  try {
    engine.files.stat(host.root);
    return true;
  } catch (error) {
    if (rootGiven || !isErrno(error, 'ENOENT')) throw error;
    return false;
  }
}

/** `null` for none: what Go makes of an empty list, and its readers expect. */
function json(states: readonly State[]): string {
  return `${JSON.stringify(states.length === 0 ? null : states)}\n`;
}

const titles = ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'];

/** Columns of at least 12 characters with at least 3 between, the last one as long as it is. */
function table(states: readonly State[]): string {
  const rows = states.map(({ id, pid, status, bundle, created, owner }) =>
    [id, `${pid}`, status, bundle, created, owner].map(printable),
  );
  const lines = [titles, ...rows];
  const widths = titles.map((_, column) => Math.max(12, ...lines.map((row) => characters(row[column]) + 3)));
  const pad = (cell: string, width: number): string => cell + ' '.repeat(width - characters(cell));
  return lines
    .map((row) => row.map((cell, i) => (i === titles.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join(''))
    .map((text) => `${text}\n`)
    .join('');
}

function characters(text = ''): number {
  return [...text].length;
}
