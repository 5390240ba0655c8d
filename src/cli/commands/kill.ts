import { ContainerError } from '../../libcontainer/errors.ts';
import { kill } from '../../libcontainer/kill.ts';
import { parseSignal } from '../../syscalls/signals.ts';
import type { Handler } from '../context.ts';
import { goQuote } from '../quote.ts';
import { flag } from '../values.ts';

export const handler: Handler = ({ host }, { arguments: [id = '', text = ''], options }) => {
  const signal = parseSignal(text === '' ? 'SIGTERM' : text);
  if (signal === undefined) throw new ContainerError('invalid-argument', `unknown signal ${goQuote(text)}`);
  kill(host, id, signal, { all: flag(options, 'all') });
};
