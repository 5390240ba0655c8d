import { ContainerError } from '../../libcontainer/errors.ts';
import { processes, processTable } from '../../libcontainer/ps.ts';
import type { Handler } from '../context.ts';
import { text } from '../values.ts';

export const handler: Handler = ({ host, print }, { arguments: [id = '', ...psOptions], options }) => {
  const format = text(options, 'format') ?? 'table';
  if (format !== 'table' && format !== 'json') throw new ContainerError('invalid-argument', 'invalid format option');
  const pids = processes(host, id);
  if (format === 'json') return print(json(pids));
  print(
    processTable(host, pids, psOptions.length > 0 ? psOptions : ['-ef'])
      .map((line) => `${line}\n`)
      .join(''),
  );
};

/** `null` for none, as in `list`. */
function json(pids: readonly number[]): string {
  return `${JSON.stringify(pids.length === 0 ? null : pids)}\n`;
}
