import { ContainerError } from '../../libcontainer/errors.ts';
import { events, statistics } from '../../libcontainer/events.ts';
import { writeJson } from '../../spec/json.ts';
import type { Handler } from '../context.ts';
import { parseDuration } from '../duration.ts';
import { goQuote } from '../quote.ts';
import { flag, text } from '../values.ts';

/** One line of JSON for each event. */
export const handler: Handler = ({ host, print }, { arguments: [id = ''], options }) => {
  const given = text(options, 'interval') ?? '5s';
  const interval = parseDuration(given);
  if (interval === undefined) {
    throw new ContainerError('invalid-argument', `invalid value ${goQuote(given)} for flag -interval: parse error`);
  }
  if (interval <= 0n) throw new ContainerError('invalid-argument', 'duration interval must be greater than 0');
  if (flag(options, 'stats')) print(`${writeJson(statistics(host, id))}\n`);
  else events(host, id, interval, (event) => print(`${writeJson(event)}\n`));
};
