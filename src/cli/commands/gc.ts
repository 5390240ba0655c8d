import { report } from '../../libcontainer/errors.ts';
import { gc } from '../../libcontainer/gc.ts';
import type { Handler } from '../context.ts';
import { printable } from '../quote.ts';
import { flag, oneOf, text } from '../values.ts';

export const handler: Handler = ({ host, print, printError }, { options }) => {
  const format = oneOf(['text', 'json'], text(options, 'format') ?? 'text', 'format');
  const dryRun = flag(options, 'dry-run');
  const { leftovers, failures } = gc(host, { dryRun });
  if (format === 'json') print(`${JSON.stringify({ removed: !dryRun, leftovers }, null, 2)}\n`);
  else
    print(
      leftovers
        .map(
          ({ kind, name, why }) =>
            `${dryRun ? 'would remove' : 'removed'} ${kind} ${printable(name)}: ${printable(why)}\n`,
        )
        .join(''),
    );
  for (const { leftover, error } of failures) {
    printError(`${leftover.kind} ${printable(leftover.name)}: ${printable(report(error).message)}\n`);
  }
  return failures.length === 0 ? 0 : 1;
};
